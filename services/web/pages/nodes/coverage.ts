/** Stretches of recorded time, for pictures of them. Without I/O; times are milliseconds. */

export interface Stretch {
	start: number;
	end: number;
}

/** The parts of stretches that lie in [start, end). */
export function within(stretches: readonly Stretch[], start: number, end: number): Stretch[] {
	return stretches
		.map((one) => ({ start: Math.max(start, one.start), end: Math.min(end, one.end) }))
		.filter((one) => one.start < one.end);
}

/** What lies between stretches, from the first to the last. */
export function holesBetween(stretches: readonly Stretch[]): Stretch[] {
	return stretches
		.slice(1)
		.map(({ start }, before) => ({ start: stretches[before]!.end, end: start }))
		.filter(({ start, end }) => start < end);
}

/** All that any of them holds, as few stretches as it can be. */
export function union(stretches: readonly Stretch[]): Stretch[] {
	const result: Stretch[] = [];
	for (const one of stretches.toSorted((a, b) => a.start - b.start)) {
		const last = result.at(-1);
		if (last !== undefined && one.start <= last.end) last.end = Math.max(last.end, one.end);
		else result.push({ ...one });
	}
	return result;
}

/** How long they are together. */
export function total(stretches: readonly Stretch[]): number {
	return stretches.reduce((sum, { start, end }) => sum + end - start, 0);
}

/** Times as the service tells them. */
export function stretchesOf(held: readonly { start: string; end: string }[]): Stretch[] {
	return held.map(({ start, end }) => ({ start: Date.parse(start), end: Date.parse(end) }));
}
