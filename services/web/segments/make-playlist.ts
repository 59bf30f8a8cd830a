import { createHash, randomUUID } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { splitIntoRuns } from '../../../cutter/cut/source/run.ts';
import type { SequenceSegment } from '../../../cutter/segments/best-sequence.ts';
import { statsOf } from '../../../cutter/segments/on-disk.ts';
import type { SegmentStore } from '../../../cutter/segments/store.ts';
import { TICKS_PER_SECOND, ticksFromDate } from '../../../cutter/segments/ticks.ts';
import { findClockJumps } from './clock-jumps.ts';
import { frameRateOf } from './frame-rate.ts';
import { LIMITS } from './limits.ts';
import { LiveList } from './live-list.ts';
import { type MediaPlaylist, type PlaylistEntry, targetDurationOf, type Variant } from './playlist.ts';
import type { SegmentFactsReader } from './segment-facts.ts';
import type { Extent, StoreIndex } from './store-index.ts';

/** What is to be played: wall time in ticks. Without an end it is live; without a start, the last minutes of that. */
export interface Played {
	start: number | undefined;
	end: number | undefined;
}

/** So long after its end (ticks) a range counts as complete even if nothing was recorded at its end. */
const SETTLED = 60 * TICKS_PER_SECOND;

/** Recorders whose clock is ahead of ours are followed so far (ticks). */
const AHEAD = 600 * TICKS_PER_SECOND;

const LIVE_WINDOW = LIMITS.liveMinutes * 60 * TICKS_PER_SECOND;

/** Growing lists that are remembered: players, by their different starts. */
const MOST_LISTS = 500;

/** Segments that are asked about the bandwidth of a quality. */
const SAMPLE = 5;

/** Decides what playlists say, from what lies in the store at the moment. */
export class PlaylistMaker {
	readonly #index: StoreIndex;
	readonly #facts: SegmentFactsReader;
	/** Another version of this program may write playlists in other words: its tags are its own. */
	readonly #begun = randomUUID();
	readonly #lists = new LRUCache<string, LiveList>({ max: MOST_LISTS });

	constructor(index: StoreIndex, facts: SegmentFactsReader) {
		this.#index = index;
		this.#facts = facts;
	}

	/** The playlist of one quality; undefined when there is nothing to play. */
	async media(store: SegmentStore, played: Played): Promise<MediaPlaylist | undefined> {
		const now = Date.now();
		const extent = await this.#index.extent(store);
		if (extent === undefined) return undefined;
		const { start, end } = played;
		const from = start ?? Math.min(extent.end, end ?? extent.end) - LIVE_WINDOW;
		const to = end ?? Math.max(ticksFromDate(new Date(now)) + AHEAD, extent.end);
		const entries = await this.#entries(store, from, to);
		const complete = isComplete(extent, end, now);
		const key = keyOf(store, played);
		if (complete && !this.#lists.has(key)) {
			if (entries.length === 0) return undefined;
			const targetDuration = targetDurationOf(entries);
			const numbers = { mediaSequence: 0, discontinuitySequence: 0, targetDuration };
			return { entries, type: 'VOD', ...numbers, ended: true };
		}
		const list = this.#lists.get(key) ?? new LiveList();
		const slides = start === undefined && end === undefined;
		const [first] = entries;
		// In seconds, numbers go on rising when this server is started again.
		const number = slides && first ? Math.floor(first.segment.start / TICKS_PER_SECOND) : 0;
		if (!list.isBegun && first === undefined) return undefined;
		list.update(entries, complete ? Number.POSITIVE_INFINITY : now, number);
		if (slides) list.dropBefore(extent.end - LIVE_WINDOW);
		this.#lists.set(key, list);
		return { ...list.playlist(slides ? 'live' : 'EVENT'), ended: complete };
	}

	/**
	 * An entity tag of what `media` answers, for a past range: for as long as it is the same, so is the playlist. It costs
	 * a look at each hour's folder. Undefined when there is none: what grows, or has just changed, is to be asked for anew.
	 */
	async tag(store: SegmentStore, played: Played): Promise<string | undefined> {
		const { start, end } = played;
		const key = keyOf(store, played);
		if (start === undefined || end === undefined || this.#lists.has(key)) return undefined;
		const extent = await this.#index.extent(store);
		if (extent === undefined || !isComplete(extent, end, Date.now())) return undefined;
		const stamp = await this.#index.stamp(store, start, end);
		if (stamp === undefined) return undefined;
		const hash = createHash('sha256').update(`${this.#begun}\n${key}\n${stamp}`);
		return `W/"${hash.digest('base64url')}"`;
	}

	/** What a master playlist says of a quality; undefined when it has nothing to play. `query` begins with `?` or is empty. */
	async variant(store: SegmentStore, { start, end }: Played, query: string): Promise<Variant | undefined> {
		const extent = await this.#index.extent(store);
		if (extent === undefined) return undefined;
		const to = Math.min(end ?? extent.end, extent.end);
		const from = Math.max(start ?? to - LIVE_WINDOW, extent.start);
		const last = await this.#index.sequence(store, Math.max(from, to - LIVE_WINDOW), to);
		const { segments } = last.segments.length > 0 ? last : await this.#index.sequence(store, from, to);
		const sample = segments.slice(-SAMPLE);
		const newest = sample.at(-1);
		if (newest === undefined) return undefined;
		const rates = (await Promise.all(sample.map(bitRate))).filter((rate) => rate !== undefined);
		const facts = await this.#facts.facts(newest.path);
		const frames = facts && frameRateOf(facts.pictures)?.rate;
		return {
			uri: `${encodeURIComponent(store.quality)}/media.m3u8${query}`,
			peakBandwidth: Math.max(1, ...rates),
			averageBandwidth: Math.max(1, rates.reduce((sum, rate) => sum + rate, 0) / Math.max(1, rates.length)),
			resolution: facts?.size,
			frameRate: frames && frames.numerator / frames.denominator,
			codecs: facts?.codecs,
			name: store.quality,
		};
	}

	async #entries(store: SegmentStore, start: number, end: number): Promise<PlaylistEntry[]> {
		if (!(start < end)) return [];
		const sequence = await this.#index.sequence(store, start, end);
		const entries: PlaylistEntry[] = [];
		for (const { segments } of splitIntoRuns(sequence, start, end)) {
			const jumps = await findClockJumps(segments, (n) => this.#facts.head(segments[n]!.path));
			for (const [n, segment] of segments.entries())
				entries.push({ segment, discontinuity: n === 0 ? entries.length > 0 : jumps.has(n) });
		}
		return entries;
	}
}

/** Whether nothing more is to come of a range that ends at `end` (ticks; undefined: never). `now`: ms. */
function isComplete(extent: Extent, end: number | undefined, now: number): boolean {
	return end !== undefined && (extent.end >= end || ticksFromDate(new Date(now)) >= end + SETTLED);
}

function keyOf({ channel, quality }: SegmentStore, { start, end }: Played): string {
	return JSON.stringify([channel, quality, start, end]);
}

/** Bits per second; undefined when the segment is gone. */
async function bitRate({ path, duration }: SequenceSegment): Promise<number | undefined> {
	const stats = await statsOf(path);
	return stats && (stats.size * 8 * TICKS_PER_SECOND) / duration;
}
