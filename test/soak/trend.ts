/** Whether what was measured of a process grows. Pure. */

/** One thing that is measured of one process again and again. */
export interface Series {
	/** Whose. */
	process: string;
	/** What is measured: a key of `MEASURES`. */
	measure: Measure;
	/** Seconds since the begin of the run, and the value, in that order of time. */
	points: [seconds: number, value: number][];
}

export type Measure = keyof typeof MEASURES;

/** From this length of the judged part on (seconds) memory is judged: before, Node still takes what it is given. */
const LONG_ENOUGH = 600;

/**
 * What is measured, in which unit, and by how much it may grow in the judged part of a run, however long that is. Memory is
 * given so much because a process of Node takes what it likes up to the next collection; an hour at ten times real load
 * with a leak of 100 KiB per event grows by 60 MiB. `undefined`: shown, not judged.
 */
export const MEASURES = {
	/**
	 * Resident memory of a service (VmRSS) without V8's young generation, of which it takes and gives back some 32 MiB as it
	 * likes; of PostgreSQL what its processes have for themselves (RssAnon, added up).
	 */
	memory: { unit: 'MiB', bound: 32, from: LONG_ENOUGH },
	/** What V8 has in use. */
	heap: { unit: 'MiB', bound: 16, from: LONG_ENOUGH },
	/** Open file descriptors, sockets among them: a busy minute has some more visitors than the one before. */
	descriptors: { unit: '', bound: 20, from: 0 },
	/** PostgreSQL's client connections. */
	connections: { unit: '', bound: 10, from: 0 },
	/** Of the one PostgreSQL process that has most for itself. */
	'largest backend': { unit: 'MiB', bound: 8, from: LONG_ENOUGH },
	/** Programs that a service has started and that still run. */
	children: { unit: '', bound: 4, from: 0 },
	/** 99 of 100 turns of the event loop take less. */
	'event loop': { unit: 'ms', bound: undefined, from: 0 },
} as const satisfies Record<string, { unit: string; bound: number | undefined; from: number }>;

export interface Trend {
	series: Series;
	/** Of the judged part; in the unit of the measure. */
	least: number;
	median: number;
	most: number;
	/** The fitted slope times the length of the judged part. */
	growth: number;
	/** A sentence that names the process, when it grew by more than its bound. */
	problem: string | undefined;
}

/** By how much a measure may grow in a judged part of this length (seconds); undefined: it is only shown. */
export function boundOf(measure: Measure, length: number): number | undefined {
	const { bound, from } = MEASURES[measure];
	return length < from ? undefined : bound;
}

/** The judged part is looked at in so many pieces, or in less when it is short: of each several values are needed. */
const PIECES = 12;
const VALUES_PER_PIECE = 5;

/**
 * Fits a line through the judged part, from `from` to `to` (seconds). Of each piece the least value counts:
 * between two collections memory rises and falls like a saw, descriptors come and go with visitors, and only what never goes
 * away is a leak. The line is that of
 * Theil and Sen, the median of all slopes between two pieces, which a single outlier does not move.
 */
export function judge(series: Series, from: number, to: number): Trend {
	const points = series.points.filter(([seconds]) => seconds >= from && seconds <= to);
	const count = Math.max(3, Math.min(PIECES, Math.floor(points.length / VALUES_PER_PIECE)));
	const length = (to - from) / count;
	const pieces = Array.from({ length: count }, (_, piece) => {
		const begin = from + piece * length;
		const values = points.flatMap(([seconds, value]) =>
			seconds >= begin && seconds < begin + length ? [value] : [],
		);
		return { middle: begin + length / 2, low: Math.min(...values) };
	}).filter(({ low }) => Number.isFinite(low));
	const slopes = pieces.flatMap((one, index) =>
		pieces.slice(index + 1).map((later) => (later.low - one.low) / (later.middle - one.middle)),
	);
	const growth = slopes.length === 0 ? 0 : quantile(slopes, 0.5) * (to - from);
	const values = points.map(([, value]) => value);
	const { unit } = MEASURES[series.measure];
	const bound = boundOf(series.measure, to - from);
	const amount = (value: number) => `${value.toFixed(value < 10 ? 1 : 0)}${unit && ` ${unit}`}`;
	const grows = bound !== undefined && growth > bound;
	return {
		series,
		least: quantile(values, 0),
		median: quantile(values, 0.5),
		most: quantile(values, 1),
		growth,
		problem: grows
			? `${series.process} grows: its ${series.measure} by ${amount(growth)} in ${Math.round(to - from)} s ` +
				`(from ${amount(pieces[0]!.low)} to ${amount(pieces.at(-1)!.low)}), and ${amount(bound)} are allowed.`
			: undefined,
	};
}

/** The value below which this part of all lies; NaN of none. */
function quantile(values: readonly number[], part: number): number {
	const sorted = values.toSorted((a, b) => a - b);
	return sorted[Math.round((sorted.length - 1) * part)] ?? Number.NaN;
}
