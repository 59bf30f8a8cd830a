import { LRUCache } from 'lru-cache';
import type { SequenceSegment } from '../../../cutter/segments/best-sequence.ts';
import { BUCKET_TICKS, bucketsOf, type DrawnPeaks, drawPeaks, type Peaks } from './peaks.ts';
import { readSamples } from './segment-sound.ts';

/** Peaks that are remembered, 400 bytes for each second: more than a day. */
const MOST_BYTES = 48 * 1024 * 1024;

/**
 * Samples that are remembered, 16,000 bytes for each second: eight minutes, more than twice the longest range that may be asked
 * for in buckets of less than 10 ms. Only such need them.
 */
const MOST_SAMPLE_BYTES = 8 * 1024 * 1024;

/** So many segments are decoded by one ffmpeg: to start it takes as long as to decode the sound of some ten. */
const BATCH = 30;

export interface Waveform extends DrawnPeaks {
	/** Whether all that there is was read. Else ask again: what was read is remembered. */
	complete: boolean;
}

export interface WaveformTools {
	ffmpeg: string;
	signal: AbortSignal;
	/** No more is decoded after so long (ms). */
	budgetMs: number;
}

/** Reads the sound of segments, and remembers its peaks. */
export class WaveformReader {
	readonly #peaks = rememberUpTo(MOST_BYTES);
	readonly #samples = rememberUpTo(MOST_SAMPLE_BYTES);

	/** The peaks of [start, end) (ticks) in `count` buckets. `segments`: those of the range, in order. */
	async read(
		segments: readonly SequenceSegment[],
		range: { start: number; end: number; count: number },
		tools: WaveformTools,
	): Promise<Waveform> {
		const { start, end, count } = range;
		const known = (end - start) / count < BUCKET_TICKS ? this.#samples : this.#peaks;
		const deadline = performance.now() + tools.budgetMs;
		const found = new Map<string, Peaks>();
		for (const { path } of segments) {
			const peaks = known.get(path);
			if (peaks !== undefined) found.set(path, peaks);
		}
		for (let at = 0; at < segments.length && performance.now() < deadline; ) {
			const batch = nextBatch(segments, at, (path) => found.has(path));
			if (batch.length === 0) break;
			at = segments.indexOf(batch[0]!);
			const samples = await readSamples(batch, tools);
			for (const [n, one] of samples.entries()) {
				const { path } = batch[n]!;
				const buckets = bucketsOf(one);
				if (known === this.#samples) this.#samples.set(path, one);
				this.#peaks.set(path, buckets);
				found.set(path, known === this.#samples ? one : buckets);
			}
			at += Math.max(1, samples.length);
		}
		const complete = segments.every(({ path }) => found.has(path));
		return { ...drawPeaks(shown(segments, found), start, end, count), complete };
	}
}

/** The first segments from `at` on that are not known and follow each other. */
function nextBatch(
	segments: readonly SequenceSegment[],
	at: number,
	isKnown: (path: string) => boolean,
): SequenceSegment[] {
	let from = at;
	while (from < segments.length && isKnown(segments[from]!.path)) from++;
	let to = from;
	while (to < segments.length && to - from < BATCH && !isKnown(segments[to]!.path)) {
		if (to > from && Math.abs(segments[to]!.start - endOf(segments[to - 1]!)) > LARGEST_GAP) break;
		to++;
	}
	return segments.slice(from, to);
}

/** A longer hole (1 s, in ticks) would be decoded as silence. */
const LARGEST_GAP = 90_000;

function endOf({ start, duration }: SequenceSegment): number {
	return start + duration;
}

/** What is known of each segment, at its wall time. */
function* shown(segments: readonly SequenceSegment[], found: ReadonlyMap<string, Peaks>): Generator<Peaks> {
	for (const { path, start } of segments) {
		const peaks = found.get(path);
		if (peaks !== undefined) yield { ...peaks, start: start + peaks.start };
	}
}

function rememberUpTo(bytes: number): LRUCache<string, Peaks> {
	return new LRUCache<string, Peaks>({
		maxSize: bytes,
		sizeCalculation: ({ min, max }) => 200 + min.byteLength + (max === min ? 0 : max.byteLength),
	});
}
