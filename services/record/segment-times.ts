import { unwrap } from '../../cutter/cut/mpegts/clock.ts';

/** When a recorded file begins on the stream's own clock, and how long it is; ticks of 90 kHz. */
export interface RecordedTimes {
	/** Its smallest video PTS, unwrapped to go on from the file before. */
	first: number;
	/** Up to where the next picture would be shown. */
	end: number;
	/** Whether all pictures are shown equally long, so that `end` is exact. Else only the next file tells. */
	constantRate: boolean;
}

/**
 * Reads the times of a file. `near` is about where it should begin (the end of the one before): PTS are 33 bits wide and
 * begin again at 0 after 26.5 hours.
 */
export function recordedTimes(
	index: { pictures: readonly { pts: number }[]; smallestPts: number; largestPts: number },
	near?: number,
): RecordedTimes {
	const shown = index.pictures.map((picture) => picture.pts).toSorted((a, b) => a - b);
	const intervals = shown.slice(1).map((pts, position) => pts - shown[position]!);
	const average = intervals.length > 0 ? (shown.at(-1)! - shown[0]!) / intervals.length : 0;
	const first = near === undefined ? index.smallestPts : unwrap(index.smallestPts, near);
	return {
		first,
		end: first + Math.round(index.largestPts - index.smallestPts + average),
		// One tick of play: 23.976 pictures a second are 3753.75 ticks apart.
		constantRate: intervals.length > 0 && intervals.every((interval) => Math.abs(interval - average) <= 1),
	};
}
