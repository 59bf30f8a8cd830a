import type { EditRange } from './edit.ts';

/** A stretch of wall time, in milliseconds since the Unix epoch. */
export interface Stretch {
	readonly from: number;
	readonly to: number;
}

const MINUTE = 60_000;
const BEFORE = MINUTE;
const AFTER = 2 * MINUTE;
/** Without an end nobody knows how long it goes on; this is looked at first. */
const WITHOUT_END = 10 * MINUTE;
/** Longer ones are loaded on demand: a start of another day would ask for a day of stream. */
export const LONGEST_LOADED = 12 * 60 * MINUTE;

/**
 * What of the stream is loaded at first: from a minute before the event's start to two minutes after its end, widened to
 * the ranges that are already marked, each with as much around. Undefined when the event says no time at all. `now`: what
 * lies in the future is not there yet.
 */
export function loadWindow(
	event: { readonly start: number | null; readonly end: number | null },
	ranges: readonly EditRange[],
	now: number,
): Stretch | undefined {
	const marks = ranges.flatMap(({ start, end }) => [start, end]).filter((time) => time !== null);
	const start = event.start ?? event.end;
	const times = start === null ? marks : [start, event.end ?? Math.min(start + WITHOUT_END, now), ...marks];
	if (times.length === 0) return undefined;
	const from = Math.min(...times) - BEFORE;
	const to = Math.min(Math.max(...times) + AFTER, Math.max(now, from + MINUTE));
	return { from, to: Math.min(to, from + LONGEST_LOADED) };
}

/** Whether the stream may still grow at the end of what is loaded. */
export function reachesNow({ to }: Stretch, now: number): boolean {
	return to >= now - 30_000;
}

/** A stretch with more around it; never longer than what can be loaded at once, and not into the future. */
export function padStretch({ from, to }: Stretch, before: number, after: number, now: number): Stretch {
	const wider = { from: from - before, to: Math.min(to + after, Math.max(now, to)) };
	if (wider.to - wider.from <= LONGEST_LOADED) return wider;
	return before > 0
		? { from: wider.to - LONGEST_LOADED, to: wider.to }
		: { from: wider.from, to: wider.from + LONGEST_LOADED };
}

/** Why a stretch cannot be loaded, as a sentence; undefined when it can. */
export function stretchProblem({ from, to }: Stretch): string | undefined {
	if (from >= to) return 'It must end after it begins.';
	if (to - from > LONGEST_LOADED) return 'At most twelve hours are loaded at once.';
	return undefined;
}
