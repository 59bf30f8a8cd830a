import { DEFAULT_LEAD } from '../mpegts/segment-index.ts';
import type { Run } from '../source/run.ts';
import { planLongRun } from './long-run.ts';
import { decodableWall, type PictureList } from './picture-list.ts';
import { planEnd, planStart, planWhole } from './plan.ts';
import { planFromLists } from './plan-from-lists.ts';
import type { PlannedRun, Undecodable } from './planned-run.ts';
import { RunIndexes } from './run-indexes.ts';

/**
 * Looking for a keyframe to copy from ends after so much (ticks): then all of the run is encoded. Of one that is longer
 * than this, not all pictures are kept in memory.
 */
export const SEARCH_LIMIT = 60 * 90_000;

/** How to plan a run. */
export interface SurveyOptions {
	/** Without, all of it will be encoded. */
	copy: boolean;
	/** Nothing comes before it in the output. */
	isFirst: boolean;
	/**
	 * Which times of a long run that is encoded: `ends` are enough for whoever only needs the count of its pictures; with
	 * `walls` the wall times are there too, however many they are.
	 */
	times?: 'ends' | 'all' | 'walls' | undefined;
}

/**
 * Looks at the segments around the two ends of a run and decides how to make it. Reads no more of what lies between
 * than it takes to find a keyframe to copy from.
 *
 * Returns undefined when the run has no picture, `Undecodable` when its first one cannot be decoded.
 */
export async function surveyRun(
	run: Run,
	options: SurveyOptions,
): Promise<PlannedRun | Undecodable | undefined> {
	return await new Survey(run, options).plan();
}

class Survey {
	readonly #run: Run;
	readonly #options: SurveyOptions;
	readonly #indexes: RunIndexes;
	/** The segments that the run's ends lie in, and the last one to look at. */
	readonly #atStart: number;
	readonly #atEnd: number;
	readonly #last: number;

	constructor(run: Run, options: SurveyOptions) {
		this.#run = run;
		this.#options = options;
		this.#indexes = new RunIndexes(run);
		this.#atStart = segmentAt(run, run.start);
		this.#atEnd = segmentAt(run, run.end);
		this.#last = Math.min(run.segments.length - 1, this.#atEnd + 1);
	}

	async plan(): Promise<PlannedRun | Undecodable | undefined> {
		if ((await this.#indexes.at(this.#atStart)).programme.video === undefined) return await this.#planSound();
		let headFrom = Math.max(0, this.#atStart - 1);
		let headTo = Math.min(this.#last, this.#atStart + 1);
		let tailFrom = Math.max(0, this.#atEnd - 1);
		const { start, end, segments } = this.#run;
		const { copy, isFirst } = this.#options;
		while (copy && headTo < tailFrom - 1) {
			const head = await this.#indexes.list(headFrom, headTo);
			const begin = planStart(head.order, start, isFirst);
			const isFarEnough = segments[headTo]!.start - start < SEARCH_LIMIT;
			if (begin === undefined) headTo++;
			else if (!begin.decodable && headFrom > 0) headFrom--;
			else if (!begin.decodable && begin.first !== begin.copyFrom)
				return { decodable: decodableWall(head, begin.first) };
			else if (begin.copyFrom === undefined) headTo = isFarEnough ? headTo + 1 : tailFrom;
			else {
				const tail = await this.#indexes.list(tailFrom, this.#last);
				const finish = planEnd(tail.order, end);
				if (finish.decodable)
					return planFromLists(
						segments,
						{ list: head, first: begin.first, copyFrom: begin.copyFrom, edge: begin.head },
						{ list: tail, copyTo: finish.copyTo, end: finish.end, edge: finish.tail },
					);
				tailFrom--;
			}
		}
		return (await this.#planLong()) ?? (await this.#planInOneList(headFrom));
	}

	async #planLong(): Promise<PlannedRun | Undecodable | undefined> {
		const { segments } = this.#run;
		const [atStart, atEnd, last] = [this.#atStart, this.#atEnd, this.#last];
		const isLong = segments[atEnd]!.start - segments[atStart]!.start > SEARCH_LIMIT;
		if (!isLong || this.#options.times === 'walls') return undefined;
		const withTimes = this.#options.times !== 'ends';
		return await planLongRun(this.#run, this.#indexes, { atStart, atEnd, last }, withTimes);
	}

	/** Lists all pictures of the run, and begins to list further back until the first one can be decoded. */
	async #planInOneList(listFrom: number): Promise<PlannedRun | Undecodable | undefined> {
		const { start, end, segments } = this.#run;
		for (let from = listFrom; ; from--) {
			const list: PictureList = await this.#indexes.list(from, this.#last);
			const begin = planStart(list.order, start, this.#options.isFirst);
			if (begin === undefined) return undefined;
			if (!begin.decodable && from > 0) continue;
			const plan = planWhole(list.order, start, end, this.#options);
			if (plan === undefined) {
				if (planEnd(list.order, end).end <= begin.first) return undefined;
				return { decodable: decodableWall(list, begin.first) };
			}
			const { first, copyFrom, head, copyTo, end: after, tail } = plan;
			return planFromLists(
				segments,
				{ list, first, copyFrom, edge: head },
				{ list, copyTo, end: after, edge: tail },
			);
		}
	}

	/** A run without pictures: its sound is from `start` to `end`. */
	async #planSound(): Promise<PlannedRun> {
		const { start, end, segments } = this.#run;
		const [atStart, atEnd] = [this.#atStart, this.#atEnd];
		const walkFrom = Math.max(0, atStart - 1);
		const list = await this.#indexes.list(walkFrom, atStart);
		const last = await this.#indexes.at(atEnd);
		const sample = list.indexes.at(-1)!;
		const startPts = sample.smallestPts + list.shifts.at(-1)! + start - segments[atStart]!.start;
		const [first, after] = [
			{ segment: atStart, picture: 0 },
			{ segment: atEnd, picture: 0 },
		];
		return {
			...{ segments, walkFrom, first, copyFrom: first, copyTo: after, end: after, sample },
			...{ head: undefined, tail: undefined, headCloses: false },
			...{ startPts, startDts: startPts, startLead: DEFAULT_LEAD },
			endPts: last.smallestPts + end - segments[atEnd]!.start,
			endClock: atEnd,
			...{ formatChange: undefined, soundKinds: [], startWall: start, endWall: end },
		};
	}
}

/** The number of the segment that the wall time lies in; of the first or last one outside of all. */
function segmentAt({ segments }: Run, wall: number): number {
	const after = segments.findIndex((segment) => segment.start > wall);
	return Math.max(0, (after === -1 ? segments.length : after) - 1);
}
