/**
 * When to look again. The quota is 60 reads and 60 writes in a minute (https://developers.google.com/workspace/sheets/api/limits),
 * of which four fifths are for the cycles; the rest is for ids, which take more requests, and for looks at the worksheets.
 *
 * While people work, a look every 1.25 s has their changes in Postgres within 3 s; when nothing has happened for half a
 * minute, every 2.5 s is enough for that. A change in Postgres does not wait for the next look, but for the end of the
 * shortest time between two: so many changes are one cycle.
 */
export interface PaceOptions {
	/** Seconds between looks while nothing happens. */
	pollSeconds: number;
	/** Requests per minute, at most. */
	readsPerMinute: number;
	writesPerMinute: number;
}

/** For so long after a change, the next one is expected soon. */
const LIVELY_MS = 30_000;

/** A minute, divided by the share of the quota that looks may use up. */
const MINUTE_MS = 75_000;

/** The least time between the beginnings of two cycles, in ms. */
export function shortestPause({ readsPerMinute, writesPerMinute }: PaceOptions): number {
	return MINUTE_MS / Math.min(readsPerMinute, writesPerMinute);
}

/**
 * @param sinceChange ms since something happened on either side
 * @returns ms between the beginnings of two cycles, unless a change in Postgres comes first
 */
export function pauseBetween(sinceChange: number, options: PaceOptions): number {
	const idle = options.pollSeconds * 1000;
	return Math.max(sinceChange < LIVELY_MS ? idle / 2 : idle, shortestPause(options));
}
