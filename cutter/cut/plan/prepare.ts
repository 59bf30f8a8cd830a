import type { Hole } from '../../segments/best-sequence.ts';
import { findBestSequence, type SegmentStore, storeFolder } from '../../segments/store.ts';
import { dateFromTicks } from '../../segments/ticks.ts';
import { holesIn, LOOK_AHEAD, LOOK_BACK, type Run, splitIntoRuns } from '../source/run.ts';
import { describeHoles, HoleError } from './holes.ts';
import type { PlannedRun } from './planned-run.ts';
import { surveyRun } from './survey.ts';

/** A range of the cut: wall time [start, end), 90 kHz ticks since the epoch. */
export interface TickRange {
	start: number;
	end: number;
}

/** A run that belongs to the n-th range, and whether its pictures may be copied. */
export interface RunToPlan {
	range: number;
	run: Run;
	copy: boolean;
	/** Which times of its pictures are needed where it is not copied: see `SurveyOptions`. */
	times?: 'ends';
	/** The run is shown blended with the beginning of the next range. */
	blend?: Blend;
}

/** What a run is blended with. */
export interface Blend {
	/** One of `XFADE_KINDS`. */
	kind: string;
	/** The range that it leads to, and the part of that which is in the blend. */
	into: number;
	partner: Run;
	/** Pictures of the run, and of the partner. */
	pictures: number;
	partners: number;
}

/** A run as it was planned, the range that it belongs to, and what it was planned from. */
export interface PlannedSource {
	range: number;
	plan: PlannedRun;
	source: RunToPlan;
}

/** What to know about the disk before planning. */
export interface Search {
	store: SegmentStore;
	allowHoles: boolean;
	/** Takes a sentence that people should read beside the result. */
	note: (sentence: string) => void;
}

/** Pictures may end this much (0.5 s) before their segment's name says so, before that counts as a hole. */
const SHORTFALL_TOLERANCE = 45_000;

/**
 * Finds the runs of segments that show the ranges.
 *
 * @throws HoleError when something is missing and holes are not allowed, or when a range has no video at all.
 */
export async function findRuns(ranges: readonly TickRange[], search: Search): Promise<RunToPlan[]> {
	const found: RunToPlan[] = [];
	for (const [range, { start, end }] of ranges.entries()) {
		const sequence = await findBestSequence(search.store, start - LOOK_BACK, end + LOOK_AHEAD);
		const runs = splitIntoRuns(sequence, start, end);
		const holes = holesIn(sequence.holes, start, end);
		if (runs.length === 0) throw noVideo({ start, end }, search);
		if (holes.length > 0) missing(holes, search);
		found.push(...runs.map((run) => ({ range, run, copy: true })));
	}
	return found;
}

/**
 * Plans each run. One whose first pictures cannot be decoded, because what they refer to is missing, begins at the first
 * one that can; one without any is left out.
 *
 * @throws HoleError when that leaves a hole and holes are not allowed, or when a range has no picture left.
 */
export async function planRuns(
	runs: readonly RunToPlan[],
	ranges: readonly TickRange[],
	search: Search,
): Promise<PlannedSource[]> {
	const planned: PlannedSource[] = [];
	const toPlan = [...runs];
	for (let source = toPlan.shift(); source !== undefined; source = toPlan.shift()) {
		const plan = await planRun(source, search, planned.length === 0);
		if (plan === undefined) continue;
		const parts = splitAtChange(source, plan);
		if (parts.length > 1) toPlan.unshift(...parts);
		else planned.push({ range: source.range, plan, source });
	}
	for (const [range, bounds] of ranges.entries())
		if (!planned.some(({ range: own, source }) => own === range || source.blend?.into === range))
			throw noVideo(bounds, search);
	return planned;
}

/** ffmpeg's filters begin anew where the format of pictures or sound changes, so an encoded run must not have that in it. */
function splitAtChange(source: RunToPlan, { formatChange }: PlannedRun): RunToPlan[] {
	const { run, blend } = source;
	const at = formatChange ?? run.end;
	if (blend !== undefined || at <= run.start || at >= run.end) return [source];
	const parts = [
		{ ...run, end: at },
		{ ...run, start: at },
	];
	return parts.map((part) => ({ ...source, run: part, copy: false }));
}

async function planRun(
	{ run, copy, times }: RunToPlan,
	search: Search,
	isFirst: boolean,
): Promise<PlannedRun | undefined> {
	const plan = await surveyRun(run, { copy, isFirst, times });
	if (plan === undefined) {
		missing([{ start: run.start, end: run.end }], search);
		return undefined;
	}
	if ('decodable' in plan) {
		const start = Math.min(plan.decodable ?? run.end, run.end);
		missing([{ start: run.start, end: start }], search, 'because the keyframe that they need is missing');
		return start < run.end
			? await planRun({ range: 0, run: { ...run, start }, copy, ...(times && { times }) }, search, isFirst)
			: undefined;
	}
	const shortfalls = [
		{ start: run.start, end: plan.startWall },
		{ start: plan.endWall, end: run.end },
	].filter(({ start, end }) => end - start > SHORTFALL_TOLERANCE);
	if (shortfalls.length > 0)
		missing(shortfalls, search, 'although the names of the segments say that they are there');
	return plan;
}

/** Refuses what is missing, or notes it where holes are allowed. */
function missing(holes: readonly Hole[], { store, allowHoles, note }: Search, why = ''): void {
	const what = `${describeHoles(holes)}${why === '' ? '' : `, ${why}`}`;
	if (allowHoles) note(`Left out: ${what}.`);
	else
		throw new HoleError(
			`Video is missing in ${storeFolder(store)}: ${what}. Fetch the segments from another node, or allow holes.`,
			holes,
		);
}

function noVideo({ start, end }: TickRange, { store }: Search): HoleError {
	const from = dateFromTicks(start).toISOString();
	const to = dateFromTicks(end).toISOString();
	return new HoleError(`There is no video at all from ${from} to ${to} in ${storeFolder(store)}.`, [
		{ start, end },
	]);
}
