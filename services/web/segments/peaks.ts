import { TICKS_PER_SECOND } from '../../../cutter/segments/ticks.ts';

/** Samples per second that sound is reduced to before it is looked at: speech and music still show their shape. */
export const SAMPLE_RATE = 8_000;

/** Samples in one bucket of what is remembered of every segment: 10 ms. */
const BUCKET = 80;
const TICKS_PER_SAMPLE = TICKS_PER_SECOND / SAMPLE_RATE;

/** Ticks of one remembered bucket. What asks for less needs the samples themselves. */
export const BUCKET_TICKS = BUCKET * TICKS_PER_SAMPLE;

/** The sound of a stretch of time: the least and the greatest sample of each bucket, -32768 to 32767. */
export interface Peaks {
	/** Wall time of the first bucket, or ticks after a segment's start. May be a fraction of a tick. */
	start: number;
	/** Ticks per bucket. */
	step: number;
	min: Int16Array;
	max: Int16Array;
}

/** The samples themselves as peaks. */
export function peaksOfSamples(start: number, samples: Int16Array): Peaks {
	return { start, step: TICKS_PER_SAMPLE, min: samples, max: samples };
}

/** Samples in buckets of 10 ms. The last one may be of less. */
export function bucketsOf({ start, min: samples }: Peaks): Peaks {
	const count = Math.ceil(samples.length / BUCKET);
	const min = new Int16Array(count);
	const max = new Int16Array(count);
	for (let bucket = 0; bucket < count; bucket++) {
		let [least, greatest] = [32767, -32768];
		const end = Math.min(samples.length, (bucket + 1) * BUCKET);
		for (let at = bucket * BUCKET; at < end; at++) {
			const sample = samples[at]!;
			if (sample < least) least = sample;
			if (sample > greatest) greatest = sample;
		}
		min[bucket] = least;
		max[bucket] = greatest;
	}
	return { start, step: BUCKET_TICKS, min, max };
}

/** Peaks of any range in `count` equal buckets, as parts of full scale from -1 to 1; null where there is no sound. */
export interface DrawnPeaks {
	min: (number | null)[];
	max: (number | null)[];
}

/**
 * Reduces parts in the order of time to `count` buckets over [start, end) (ticks). A bucket that is finer than the parts
 * are takes the part's bucket at its place.
 */
export function drawPeaks(parts: Iterable<Peaks>, start: number, end: number, count: number): DrawnPeaks {
	const step = (end - start) / count;
	const least = new Int32Array(count).fill(EMPTY);
	const greatest = new Int32Array(count).fill(-EMPTY);
	const placeOf = (ticks: number) => Math.max(0, Math.min(count, (ticks - start) / step));
	for (const part of parts)
		for (let bucket = 0; bucket < part.min.length; bucket++) {
			const from = part.start + bucket * part.step;
			const until = from + part.step;
			if (until <= start || from >= end) continue;
			const last = Math.ceil(placeOf(until) - ROUNDING);
			for (let drawn = Math.floor(placeOf(from) + ROUNDING); drawn < last; drawn++) {
				least[drawn] = Math.min(least[drawn]!, part.min[bucket]!);
				greatest[drawn] = Math.max(greatest[drawn]!, part.max[bucket]!);
			}
		}
	return { min: Array.from(least, fraction), max: Array.from(greatest, fraction) };
}

/** No sample: beyond all of them. */
const EMPTY = 1 << 20;

/** Buckets that meet must not both claim the place where they do. */
const ROUNDING = 1e-6;

/** Three digits: finer than any screen shows, and a third of the bytes. */
function fraction(sample: number): number | null {
	return Math.abs(sample) === EMPTY ? null : Math.round((sample / 32768) * 1000) / 1000;
}
