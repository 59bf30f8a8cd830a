import type { Hole } from '../../segments/best-sequence.ts';
import { dateFromTicks, TICKS_PER_SECOND } from '../../segments/ticks.ts';

/** Video is missing that the cut needs. The message names the seconds. */
export class HoleError extends Error {
	override name = 'HoleError';
	/** What is missing: wall time, 90 kHz ticks since the epoch. */
	readonly holes: readonly Hole[];

	constructor(message: string, holes: readonly Hole[]) {
		super(message);
		this.holes = holes;
	}
}

/** What is missing, for people: `2 s from 2026-01-01T10:00:04.000Z to 2026-01-01T10:00:06.000Z, …`. */
export function describeHoles(holes: readonly Hole[]): string {
	return holes.map(describeHole).join(', ');
}

function describeHole({ start, end }: Hole): string {
	const at = dateFromTicks(start).toISOString();
	if (start === end) return `possibly some before ${at}, where a segment is incomplete`;
	const seconds = Number(((end - start) / TICKS_PER_SECOND).toFixed(3));
	return `${seconds} s from ${at} to ${dateFromTicks(end).toISOString()}`;
}
