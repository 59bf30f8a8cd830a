import type { Stretch } from './load-window.ts';

/** The least that the time line shows: a tenth of a second over its whole width. */
export const SHORTEST_VIEW = 100;

/** Where a wall time stands on a line that is `width` pixels wide. */
export function xOf(view: Stretch, width: number, time: number): number {
	return ((time - view.from) / (view.to - view.from)) * width;
}

/** The wall time at a place on the line. */
export function timeAt(view: Stretch, width: number, x: number): number {
	return view.from + (x / width) * (view.to - view.from);
}

/** Zooms by `factor` (above 1: closer), so that `anchor` stays where it is. Stays within `all`. */
export function zoomView(view: Stretch, all: Stretch, factor: number, anchor: number): Stretch {
	const length = Math.min(Math.max((view.to - view.from) / factor, SHORTEST_VIEW), all.to - all.from);
	const share = Math.min(1, Math.max(0, (anchor - view.from) / (view.to - view.from)));
	return within({ from: anchor - share * length, to: anchor + (1 - share) * length }, all);
}

/** Moves what is shown by so many milliseconds, within `all`. */
export function panView(view: Stretch, all: Stretch, by: number): Stretch {
	return within({ from: view.from + by, to: view.to + by }, all);
}

/** What shows `time` with the zoom unchanged: the view itself while the time is in it, else a page further. */
export function followTime(view: Stretch, all: Stretch, time: number): Stretch {
	if (time >= view.from && time <= view.to) return view;
	const length = view.to - view.from;
	return within({ from: time - length * 0.1, to: time + length * 0.9 }, all);
}

/** What shows a stretch with a little around it. */
export function fitView(stretch: Stretch, all: Stretch): Stretch {
	const length = Math.max(stretch.to - stretch.from, SHORTEST_VIEW);
	return within({ from: stretch.from - length * 0.1, to: stretch.from + length * 1.1 }, all);
}

function within(view: Stretch, all: Stretch): Stretch {
	const length = Math.min(view.to - view.from, all.to - all.from);
	const from = Math.min(Math.max(view.from, all.from), all.to - length);
	return { from, to: from + length };
}

const STEPS = [
	1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000,
	600_000, 900_000, 1_800_000, 3_600_000, 7_200_000, 14_400_000,
];

/** Where the ruler has marks: as many as fit at `spacing` pixels, on round times counted from `origin`. */
export function rulerTicks(
	view: Stretch,
	width: number,
	origin: number,
	spacing = 110,
): { step: number; times: number[] } {
	const least = ((view.to - view.from) / width) * spacing;
	const step = STEPS.find((one) => one >= least) ?? STEPS.at(-1)!;
	const first = Math.ceil((view.from - origin) / step) * step + origin;
	const count = Math.max(0, Math.floor((view.to - first) / step) + 1);
	return { step, times: Array.from({ length: count }, (_, index) => first + index * step) };
}

/**
 * The stretch whose peaks are asked for to draw a view: aligned to powers of two, so that the same answers serve while
 * people pan, and wider than the view, so that a little panning needs nothing new.
 */
export function peakTiles(view: Stretch): Stretch[] {
	const size = 2 ** Math.ceil(Math.log2((view.to - view.from) / 2));
	const first = Math.floor(view.from / size);
	const last = Math.floor(view.to / size);
	return Array.from({ length: last - first + 1 }, (_, index) => ({
		from: (first + index) * size,
		to: (first + index + 1) * size,
	}));
}

const LABEL_HEIGHT = 16;
/** The width of a label without and per digit of its number. */
const LABEL_PADDING = 8;
const DIGIT_WIDTH = 7;

/**
 * Where the labels of ranges stand so that none covers another one: at both bounds, inside the range; a range that is too
 * narrow for two has one. What would cover another label goes below it, and is left out where there is no room. The active
 * range comes first. By `KEY start` and `KEY end`: pixels from the top.
 */
export function placeLabels(
	ranges: readonly { key: string; number: number; from: number | null; to: number | null; active: boolean }[],
	view: Stretch,
	width: number,
	height: number,
): ReadonlyMap<string, number> {
	const lanes: { left: number; right: number }[][] = [];
	const placed = new Map<string, number>();
	const place = (name: string, left: number, right: number) => {
		if (right < 0 || left > width) return;
		const covers = (lane: number) => lanes[lane]?.some((other) => left < other.right && right > other.left);
		let lane = 0;
		while (covers(lane)) lane++;
		if ((lane + 1) * LABEL_HEIGHT > height) return;
		lanes[lane] = [...(lanes[lane] ?? []), { left, right }];
		placed.set(name, lane * LABEL_HEIGHT);
	};
	for (const { key, number, from, to } of ranges.toSorted((a, b) => Number(b.active) - Number(a.active))) {
		const size = LABEL_PADDING + DIGIT_WIDTH * String(number).length;
		const start = from === null ? undefined : xOf(view, width, from);
		const end = to === null ? undefined : xOf(view, width, to);
		if (start !== undefined) place(`${key} start`, start, start + size);
		const isNarrow = start !== undefined && end !== undefined && end - start < 2 * size;
		if (end !== undefined && !isNarrow) place(`${key} end`, end - size, end);
	}
	return placed;
}
