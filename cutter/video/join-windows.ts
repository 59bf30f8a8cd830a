import type { StreamScan } from './scan-stream.ts';

/** Pictures [from, to) in decoding order. */
export interface Window {
	from: number;
	to: number;
}

/** So much after a join is looked at (ticks): one second. */
const AFTER = 90_000;

/**
 * What to decode so that every place is looked at where something was put together: from the last clean start before
 * the join to a second after it. Windows that touch become one. `rangeStarts` are the numbers of the pictures that the
 * ranges begin with, `blends` the pictures that a transition made; the beginning and the end of the stream are always
 * looked at.
 */
export function joinWindows(
	scan: Pick<StreamScan, 'pts' | 'cleanStarts' | 'joins'>,
	rangeStarts: readonly number[],
	blends: readonly Window[] = [],
): Window[] {
	const { pts, cleanStarts, joins } = scan;
	const count = pts.length;
	if (count === 0) return [];
	const places = [0, ...rangeStarts, ...joins, count - 1].map((place) => ({ from: place, to: place + 1 }));
	const windows = [...places, ...blends]
		.filter(({ from, to }) => from >= 0 && to <= count && from < to)
		.sort((a, b) => a.from - b.from)
		.map(({ from, to }) => ({ from: cleanBefore(cleanStarts, from), to: endAfter(pts, to - 1) }));
	const merged: Window[] = [];
	for (const { from, to } of windows) {
		const last = merged.at(-1);
		if (last !== undefined && from <= last.to) last.to = Math.max(last.to, to);
		else merged.push({ from, to });
	}
	return merged;
}

/** The last clean start before the picture; where there is none, the beginning of the stream. */
function cleanBefore(cleanStarts: StreamScan['cleanStarts'], picture: number): number {
	return cleanStarts.findLast((start) => start.picture < picture)?.picture ?? 0;
}

/** The number of the first picture, decoded after `join`, that is shown a second later; the count if there is none. */
function endAfter(pts: readonly number[], join: number): number {
	const until = pts[join]! + AFTER;
	for (let picture = join + 1; picture < pts.length; picture++) if (pts[picture]! > until) return picture;
	return pts.length;
}
