/** How long to wait after failures. */

const FIRST_MS = 2_000;
const LONGEST_MS = 64_000;
/** A server may ask for the year 2099, which no timer takes; the quota is one per minute. */
const LONGEST_ASKED_MS = 900_000;

/**
 * Exponential back-off with jitter, so that many clients that failed together do not come back together
 * (https://developers.google.com/workspace/sheets/api/limits#exponential).
 *
 * @param failures in a row, from 1
 * @param retryAfterMs what the server asked for; never less than that, up to a quarter of an hour
 * @param random from 0 to 1
 * @returns ms
 */
export function nextDelay(
	failures: number,
	retryAfterMs: number | undefined,
	random = Math.random(),
): number {
	const longest = Math.min(LONGEST_MS, FIRST_MS * 2 ** (failures - 1));
	const delay = longest * (0.5 + random / 2);
	return Math.max(delay, Math.min(retryAfterMs ?? 0, LONGEST_ASKED_MS));
}
