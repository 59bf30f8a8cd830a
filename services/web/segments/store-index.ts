import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { LRUCache } from 'lru-cache';
import type { Logger } from 'pino';
import type { BestSequence } from '../../../cutter/segments/best-sequence.ts';
import { parseHourFolder, type Segment } from '../../../cutter/segments/name.ts';
import { absent, entriesOf, statsOf } from '../../../cutter/segments/on-disk.ts';
import {
	findBestSequence,
	hourFolders,
	type ListHour,
	listHour,
	type SegmentStore,
	storeFolder,
} from '../../../cutter/segments/store.ts';

/** Segments that are remembered: some five days of 2 s each, in 50 MB. */
const MOST_SEGMENTS = 250_000;

/**
 * A folder that changed less than this (ms) before it was read may have changed again at the same tick of the file
 * system's clock: what was read of it is not taken for good.
 */
const CLOCK_OF_FILES = 100;

interface KnownHour {
	segments: readonly Segment[];
	/** Of the folder, as it was before it was read. */
	changedAt: number;
	readAt: number;
}

/** What a store holds, from its first segment on. 90 kHz ticks since the epoch. */
export interface Extent {
	start: number;
	/** Where the segment that ends last ends: the live edge while it is recorded. */
	end: number;
}

/**
 * What lies in the segment store of this node. Hour folders are read again only when they have changed: a new segment is
 * seen by the next request, and twelve hours that did not change cost a stat each.
 */
export class StoreIndex {
	readonly #base: string;
	readonly #roots: readonly string[];
	readonly #log: Logger;
	readonly #hours = new LRUCache<string, KnownHour>({
		maxSize: MOST_SEGMENTS,
		sizeCalculation: ({ segments }) => segments.length + 1,
	});
	readonly #reading = new Map<string, Promise<readonly Segment[]>>();

	/** `linksTo`: further folders that links in the store may lead into. */
	constructor(base: string, log: Logger, linksTo: readonly string[] = []) {
		this.#base = base;
		this.#roots = [base, ...linksTo];
		this.#log = log;
	}

	/** The channels, by name. */
	async channels(): Promise<string[]> {
		return await this.#folders(this.#base);
	}

	/** The qualities of a channel, by name; none when there is no such channel. */
	async qualities(channel: string): Promise<string[]> {
		if (!(await this.channels()).includes(channel)) return [];
		return await this.#folders(path.join(this.#base, channel));
	}

	/** Where a quality of a channel lies; undefined when there is none. Names are only ever compared with what is there. */
	async store(channel: string, quality: string): Promise<SegmentStore | undefined> {
		if (!(await this.qualities(channel)).includes(quality)) return undefined;
		return { base: this.#base, channel, quality };
	}

	/** The best sequence of [start, end) (ticks). */
	async sequence(store: SegmentStore, start: number, end: number): Promise<BestSequence> {
		return await findBestSequence(store, start, end, this.#log, this.#listHour);
	}

	/**
	 * Stands for the segments of [start, end) (ticks) without reading them: as long as it is the same, so are they.
	 * Undefined while one of their folders has just changed, and may change once more unseen.
	 */
	async stamp(store: SegmentStore, start: number, end: number): Promise<string | undefined> {
		const folder = storeFolder(store);
		const stamps: string[] = [];
		for (const hour of await hourFolders(folder, start, end)) {
			const stats = await statsOf(path.join(folder, hour));
			if (stats === undefined) continue;
			if (Math.abs(Date.now() - stats.mtimeMs) <= CLOCK_OF_FILES) return undefined;
			stamps.push(`${hour} ${stats.ino} ${stats.mtimeMs}`);
		}
		return stamps.join('\n');
	}

	/** The segment of this name in this hour folder; undefined when there is none that may be had. */
	async find(store: SegmentStore, hour: string, name: string): Promise<Segment | undefined> {
		if (parseHourFolder(hour) === undefined) return undefined;
		const file = `${path.join(storeFolder(store), hour)}/${name}`;
		const segments = await this.#listHour(path.dirname(file));
		const found = segments.find((segment) => segment.path === file);
		return found !== undefined && (await this.#isInside(found.path)) ? found : undefined;
	}

	/** From where to where a store reaches; undefined when it is empty. */
	async extent(store: SegmentStore): Promise<Extent | undefined> {
		const folder = storeFolder(store);
		const hours = (await entriesOf(folder))
			.map((entry) => entry.name)
			.filter((name) => parseHourFolder(name) !== undefined)
			.toSorted();
		const first = await this.#firstWithSegments(folder, hours);
		const last = await this.#firstWithSegments(folder, hours.toReversed());
		if (first === undefined || last === undefined) return undefined;
		const ends = last.map(({ start, duration }) => start + duration);
		return { start: least(first.map(({ start }) => start)), end: -least(ends.map((end) => -end)) };
	}

	/** Lists an hour folder, from memory when it has not changed. */
	readonly #listHour: ListHour = async (folder) => {
		const stats = await statsOf(folder);
		if (stats === undefined) {
			this.#hours.delete(folder);
			return [];
		}
		const known = this.#hours.get(folder);
		const isSettled = known !== undefined && known.readAt - known.changedAt > CLOCK_OF_FILES;
		if (isSettled && known.changedAt === stats.mtimeMs) return known.segments;
		let reading = this.#reading.get(folder);
		if (reading === undefined) {
			reading = this.#read(folder, stats.mtimeMs).finally(() => this.#reading.delete(folder));
			this.#reading.set(folder, reading);
		}
		return await reading;
	};

	async #read(folder: string, changedAt: number): Promise<readonly Segment[]> {
		const readAt = Date.now();
		if (!(await this.#isInside(folder))) return [];
		const segments = (await listHour(folder, this.#log)).sort((a, b) => a.start - b.start);
		this.#hours.set(folder, { segments, changedAt, readAt });
		return segments;
	}

	async #firstWithSegments(
		folder: string,
		hours: readonly string[],
	): Promise<readonly Segment[] | undefined> {
		for (const hour of hours) {
			const segments = await this.#listHour(path.join(folder, hour));
			if (segments.length > 0) return segments;
		}
		return undefined;
	}

	/** The folders in a folder that are no hidden ones. */
	async #folders(folder: string): Promise<string[]> {
		const names: string[] = [];
		for (const entry of await entriesOf(folder)) {
			if (entry.name.startsWith('.')) continue;
			const isLink = entry.isSymbolicLink() && (await isFolder(path.join(folder, entry.name)));
			if ((entry.isDirectory() || isLink) && (await this.#isInside(path.join(folder, entry.name))))
				names.push(entry.name);
		}
		return names.toSorted();
	}

	/** Whether a path, all links followed, lies within the store or where its links may lead. */
	async #isInside(file: string): Promise<boolean> {
		const real = await realpath(file).catch(absent);
		if (real === undefined) return false;
		for (const root of this.#roots) {
			const folder = await realpath(root).catch(absent);
			if (folder !== undefined && (real === folder || real.startsWith(`${folder}${path.sep}`))) return true;
		}
		this.#log.warn({ file }, 'Left out of the segment server: a link that leads out of the store');
		return false;
	}
}

async function isFolder(file: string): Promise<boolean> {
	return (await statsOf(file))?.isDirectory() ?? false;
}

function least(numbers: readonly number[]): number {
	return numbers.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
}
