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

/** PTS that jump further than this between two files have begun anew: the source was restarted, or went on after a break. */
const JUMP = 10 * 90_000;

/** What the wall time of a file's first picture is judged by; all in ticks. */
export interface AnchorFacts {
	/** Wall time less stream time of the file before; undefined: this is the first one. */
	offset: number | undefined;
	/** Where the file before ends on the stream's clock. */
	lastEnd: number | undefined;
	/** Wall time of the very first picture, where somebody knows it; undefined for a live stream. */
	begin: number | undefined;
	/** Wall time at which the file was complete. */
	now: number;
	/** Nothing may begin before: the end of what is stored already. */
	notBefore: number;
}

/**
 * Wall time less stream time for a file. It stays as it was with the first one, so that times do not wander with late
 * reading. It is found anew when the PTS jump: of a live stream by the time of day, as for the first file (its last
 * picture is shown when it is complete). In a file that somebody dates, a gap in the PTS is a gap in time, and PTS that
 * jump back go on where it stopped. Pure.
 */
export function anchor(times: RecordedTimes, facts: AnchorFacts): number {
	const { offset, lastEnd, begin, now, notBefore } = facts;
	const live = Math.max(now - (times.end - times.first), notBefore) - times.first;
	if (offset === undefined || lastEnd === undefined) {
		return begin === undefined ? live : Math.max(begin, notBefore) - times.first;
	}
	const jump = times.first - lastEnd;
	if (Math.abs(jump) <= JUMP) return offset;
	if (begin === undefined) return live;
	return jump > 0 ? offset : lastEnd + offset - times.first;
}
