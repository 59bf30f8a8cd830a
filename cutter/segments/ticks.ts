/**
 * Wall time inside the cutter: whole ticks of 90 kHz since the Unix epoch, the clock that PTS and DTS count in
 * (ISO/IEC 13818-1, 2.4.3.6). Today's value is near 1.6e14, far below 2^53, so a plain number holds it exactly.
 */
export const TICKS_PER_SECOND = 90_000;

/** One millisecond is exactly 90 ticks, so a Date converts without loss. */
const TICKS_PER_MILLISECOND = TICKS_PER_SECOND / 1000;

/** The tick of a Date. Exact. */
export function ticksFromDate(date: Date): number {
	return date.getTime() * TICKS_PER_MILLISECOND;
}

/** The Date nearest to a tick: a Date only holds milliseconds. For showing; never calculate with the result. */
export function dateFromTicks(ticks: number): Date {
	return new Date(Math.round(ticks / TICKS_PER_MILLISECOND));
}

/** A length in seconds (ffmpeg's way of saying a time) as whole ticks. */
export function ticksFromSeconds(seconds: number): number {
	return Math.round(seconds * TICKS_PER_SECOND);
}
