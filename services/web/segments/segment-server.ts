import type { Logger } from 'pino';
import { findFfmpeg } from '../../../cutter/cut/encode/ffmpeg.ts';
import type { SegmentStore } from '../../../cutter/segments/store.ts';
import { Problem } from '../problem.ts';
import { BoundedWork, type WorkLimits } from './bounded-work.ts';
import { PlaylistMaker } from './make-playlist.ts';
import { SegmentFactsReader } from './segment-facts.ts';
import { StoreIndex } from './store-index.ts';
import { WaveformReader } from './waveform.ts';

export interface SegmentServerOptions {
	/** The folder of the segment store. */
	base: string;
	/** Further folders that links in the store may lead into. */
	linksTo?: readonly string[];
	/** Template images for thumbnails: names and their paths. */
	templates: Readonly<Record<string, string>>;
	/** A folder with room for cuts that are downloaded. */
	spoolFolder: string;
	log: Logger;
	/** The programs; by default those that `findFfmpeg` finds, when they are first needed. */
	tools?: { ffmpeg: string; ffprobe: string };
	/** Other limits than the usual ones. */
	work?: Partial<Record<WorkKind, Partial<WorkLimits>>>;
}

/** Kinds of work, each with places of its own: a long cut keeps nobody from seeing a frame. */
export type WorkKind = 'pictures' | 'readings' | 'cuts';

const WORK: Record<WorkKind, WorkLimits> = {
	pictures: { name: 'pictures and previews', concurrency: 2, waiting: 16, timeoutMs: 20_000 },
	readings: { name: 'waveforms and lists of pictures', concurrency: 2, waiting: 16, timeoutMs: 30_000 },
	cuts: { name: 'cuts', concurrency: 1, waiting: 4, timeoutMs: 15 * 60_000 },
};

/** What the routes of the segment server work with. */
export class SegmentServer {
	readonly index: StoreIndex;
	readonly facts = new SegmentFactsReader();
	readonly waveforms = new WaveformReader();
	readonly playlists: PlaylistMaker;
	readonly work: Readonly<Record<WorkKind, BoundedWork>>;
	readonly templates: Readonly<Record<string, string>>;
	readonly spoolFolder: string;
	readonly log: Logger;
	#tools: Promise<{ ffmpeg: string; ffprobe: string }> | undefined;

	constructor({ base, linksTo, templates, spoolFolder, log, tools, work = {} }: SegmentServerOptions) {
		if (tools !== undefined) this.#tools = Promise.resolve(tools);
		this.index = new StoreIndex(base, log, linksTo);
		this.playlists = new PlaylistMaker(this.index, this.facts);
		this.templates = templates;
		this.spoolFolder = spoolFolder;
		this.log = log;
		const lane = (kind: WorkKind) => new BoundedWork({ ...WORK[kind], ...work[kind] });
		this.work = { pictures: lane('pictures'), readings: lane('readings'), cuts: lane('cuts') };
	}

	/** The programs. A node without them still serves playlists and segments. */
	async tools(): Promise<{ ffmpeg: string; ffprobe: string }> {
		this.#tools ??= findFfmpeg();
		return await this.#tools.catch((error: Error) => {
			this.#tools = undefined;
			throw new Problem(503, error.message);
		});
	}

	/**
	 * The store of a quality of a channel.
	 *
	 * @throws Problem 404 that says which there are
	 */
	async store({ channel, quality }: { channel: string; quality: string }): Promise<SegmentStore> {
		const store = await this.index.store(channel, quality);
		if (store !== undefined) return store;
		const qualities = await this.qualities(channel);
		throw new Problem(
			404,
			`The channel ${channel} has no quality “${quality}” on this node. It has: ${named(qualities)}.`,
		);
	}

	/**
	 * The qualities of a channel.
	 *
	 * @throws Problem 404 that says which channels there are
	 */
	async qualities(channel: string): Promise<string[]> {
		const channels = await this.index.channels();
		if (channels.includes(channel)) return await this.index.qualities(channel);
		throw new Problem(404, `This node has no channel “${channel}”. It has: ${named(channels)}.`);
	}
}

function named(names: readonly string[]): string {
	return names.join(', ') || 'none';
}
