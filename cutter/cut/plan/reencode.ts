import { dateFromTicks } from '../../segments/ticks.ts';
import type { PlannedRun } from './planned-run.ts';
import type { RunToPlan } from './prepare.ts';

/** Whether all of a run is re-encoded. */
export function copiesNothing({ copyFrom, copyTo }: PlannedRun): boolean {
	return copyFrom.segment === copyTo.segment && copyFrom.picture === copyTo.picture;
}

/** For people: `from 2026-01-01T10:00:04.000Z to 2026-01-01T10:00:06.000Z`. */
export function spanOf({ startWall, endWall }: PlannedRun): string {
	return `from ${dateFromTicks(startWall).toISOString()} to ${dateFromTicks(endWall).toISOString()}`;
}

/** Splits a run before its segment `number`; what follows is re-encoded, or only that one segment. */
export function splitRun(source: RunToPlan, number: number, onlyThisSegment: boolean): RunToPlan[] {
	const { run } = source;
	const segment = run.segments[number]!;
	const next = onlyThisSegment ? run.segments[number + 1] : undefined;
	const from = Math.min(run.end, Math.max(run.start, segment.start));
	const to = Math.min(run.end, next?.start ?? run.end);
	const parts = [
		{ ...source, run: { ...run, end: from } },
		{ ...source, run: { ...run, start: from, end: to }, copy: false },
		{ ...source, run: { ...run, start: to } },
	];
	return parts.filter(({ run: { start, end } }) => start < end);
}
