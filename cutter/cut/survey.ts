import { wallTime } from '../segments/wall-time.ts';
import { joinClocks, segmentTimes } from './clock-join.ts';
import { DEFAULT_LEAD, type SegmentIndex } from './mpegts/segment-index.ts';
import { type EdgePlan, PictureOrder, type PlanPicture, planEnd, planStart, planWhole } from './plan.ts';
import type { EdgeToEncode, Place, PlannedRun } from './planned-run.ts';
import type { Run } from './run.ts';
import { indexOf, SegmentReader } from './segment-file.ts';
import { sameStreams } from './stream-format.ts';

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

/** A run that cannot begin where it should: what its first pictures refer to is not there. */
export interface Undecodable {
	/** Wall time of the first picture that can be shown; undefined when there is none. */
	decodable: number | undefined;
}

/** Neighbouring segments, indexed, on the clock of the first. */
interface List {
	/** Number of the first segment in the run. */
	from: number;
	indexes: SegmentIndex[];
	shifts: number[];
	places: Place[];
	order: PictureOrder;
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
	readonly #reader = new SegmentReader();
	readonly #indexes = new Map<number, SegmentIndex>();

	constructor(run: Run, options: SurveyOptions) {
		this.#run = run;
		this.#options = options;
	}

	async plan(): Promise<PlannedRun | Undecodable | undefined> {
		const { start, end, segments } = this.#run;
		const { copy, isFirst } = this.#options;
		const atStart = this.#segmentAt(start);
		const atEnd = this.#segmentAt(end);
		if ((await this.#index(atStart)).programme.video === undefined)
			return await this.#planSound(atStart, atEnd);
		let headFrom = Math.max(0, atStart - 1);
		let tailFrom = Math.max(0, atEnd - 1);
		const last = Math.min(segments.length - 1, atEnd + 1);
		let headTo = Math.min(last, atStart + 1);

		while (copy && headTo < tailFrom - 1) {
			const head = await this.#list(headFrom, headTo);
			const begin = planStart(head.order, start, isFirst);
			const isFarEnough = segments[headTo]!.start - start < SEARCH_LIMIT;
			if (begin === undefined) headTo++;
			else if (!begin.decodable && headFrom > 0) headFrom--;
			else if (!begin.decodable && begin.first !== begin.copyFrom)
				return { decodable: decodableWall(head, begin.first) };
			else if (begin.copyFrom === undefined) headTo = isFarEnough ? headTo + 1 : tailFrom;
			else {
				const tail = await this.#list(tailFrom, last);
				const finish = planEnd(tail.order, end);
				if (finish.decodable)
					return this.#together(head, begin.first, begin.copyFrom, begin.head, tail, finish);
				tailFrom--;
			}
		}

		const long = await this.#planLong(atStart, atEnd, last);
		if (long !== undefined) return long;
		for (;;) {
			const list = await this.#list(headFrom, last);
			const begin = planStart(list.order, start, isFirst);
			if (begin === undefined) return undefined;
			if (!begin.decodable && headFrom > 0) {
				headFrom--;
				continue;
			}
			const plan = planWhole(list.order, start, end, this.#options);
			if (plan === undefined) {
				if (planEnd(list.order, end).end <= begin.first) return undefined;
				return { decodable: decodableWall(list, begin.first) };
			}
			return this.#together(list, plan.first, plan.copyFrom, plan.head, list, plan);
		}
	}

	/**
	 * A long run that is encoded: pictures are listed around its two ends, and those between are counted as they are read, so
	 * memory does not grow with the length, but for eight bytes a picture where their times are asked for. Undefined for one
	 * that is not long, or that cannot be planned so.
	 */
	async #planLong(
		atStart: number,
		atEnd: number,
		last: number,
	): Promise<PlannedRun | Undecodable | undefined> {
		const { start, end, segments } = this.#run;
		const tailFrom = Math.max(0, atEnd - 1);
		const headTo = atStart + 1;
		const isLong = segments[atEnd]!.start - segments[atStart]!.start > SEARCH_LIMIT;
		if (!isLong || this.#options.times === 'walls') return undefined;
		let headFrom = Math.max(0, atStart - 1);
		let head = await this.#list(headFrom, headTo);
		let begin = planStart(head.order, start);
		while (begin !== undefined && !begin.decodable && headFrom > 0) {
			head = await this.#list(--headFrom, headTo);
			begin = planStart(head.order, start);
		}
		const decodable = begin && !begin.decodable ? decodableWall(head, begin.first) : undefined;
		if (decodable !== undefined) return { decodable };
		const tail = await this.#list(tailFrom, last);
		const rank = tail.order.rankAtWall(end);
		const decodeFrom = begin?.decodable ? head.order.decodeStart(begin.first) : undefined;
		if (begin === undefined || decodeFrom === undefined || rank === 0) return undefined;
		const between = await this.#readBetween(head, tail);
		const whole = this.#together(head, begin.first, begin.first, undefined, tail, {
			...{ copyTo: rank, end: rank, tail: undefined },
		});
		const decode = placeAt(head, decodeFrom);
		const clock = head.shifts[decode.segment - head.from]!;
		const toWalkClock = -head.shifts[whole.walkFrom - head.from]!;
		const shown = [head.order.shown[begin.first]!, tail.order.shown[rank - 1]!] as const;
		const firstPicture = head.order.pictures[shown[0]]!;
		const lastPicture = tail.order.pictures[shown[1]]!;
		const firstPts = firstPicture.pts - clock;
		const lastPts = lastPicture.pts + between.tailShift - clock;
		const decodeTo = tail.order.shown.slice(0, rank).reduce((most, place) => Math.max(most, place), 0) + 1;
		const listed = this.#options.times === 'ends' ? undefined : between.times(clock);
		return {
			...whole,
			...{ copyFrom: whole.first, copyTo: whole.first, head: undefined, headCloses: false },
			tail: {
				decodeFrom: decode,
				decodeTo: placeAt(tail, decodeTo),
				count: head.order.pictures.length - begin.first + between.count + rank,
				...{ firstPts, lastPts, firstWall: firstPicture.wall, lastWall: lastPicture.wall },
				pts: listed?.filter((pts) => pts >= firstPts && pts <= lastPts),
				walls: undefined,
				toRunClock: clock + toWalkClock,
			},
			endPts: whole.endPts + between.tailShift + toWalkClock,
			endClock: whole.walkFrom,
			sample: head.indexes[decode.segment - head.from]!,
			formatChange: changeIn(head, decode.segment) ?? between.formatChange,
		};
	}

	/** Counts the pictures between two lists, and puts the clock of the second one on that of the first. */
	async #readBetween(
		head: List,
		tail: List,
	): Promise<{
		count: number;
		tailShift: number;
		formatChange: number | undefined;
		times: (clock: number) => Float64Array;
	}> {
		const { segments } = this.#run;
		const all = [head.order.pictures.map(({ pts }) => pts)];
		let number = head.from + head.indexes.length - 1;
		let before = head.indexes.at(-1)!;
		let shift = head.shifts.at(-1)!;
		let count = 0;
		let formatChange: number | undefined;
		while (number < tail.from) {
			const times = segmentTimes(segments[number]!, before);
			number++;
			const index = number === tail.from ? tail.indexes[0]! : await this.#read(number, before);
			shift = joinClocks(times, shift, segmentTimes(segments[number]!, index)).shift;
			if (!sameStreams(before, index)) formatChange ??= number;
			before = index;
			if (number === tail.from) break;
			count += index.pictures.length;
			if (this.#options.times !== 'ends') all.push(index.pictures.map(({ pts }) => pts + shift));
		}
		const tailShift = shift;
		all.push(tail.order.pictures.map(({ pts }) => pts + tailShift));
		formatChange ??= changeIn(tail, tail.from);
		return { count, tailShift, formatChange, times: (clock) => sortedTimes(all, clock) };
	}

	/** A run without pictures: its sound is from `start` to `end`. */
	async #planSound(atStart: number, atEnd: number): Promise<PlannedRun> {
		const { start, end, segments } = this.#run;
		const walkFrom = Math.max(0, atStart - 1);
		const list = await this.#list(walkFrom, atStart);
		const last = await this.#index(atEnd);
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
			...{ formatChange: undefined, startWall: start, endWall: end },
		};
	}

	/** The number of the segment that the wall time lies in; of the first or last one outside of all. */
	#segmentAt(wall: number): number {
		const after = this.#run.segments.findIndex((segment) => segment.start > wall);
		return Math.max(0, (after === -1 ? this.#run.segments.length : after) - 1);
	}

	async #index(number: number): Promise<SegmentIndex> {
		const known = this.#indexes.get(number);
		if (known !== undefined) return known;
		const index = await this.#read(number, this.#indexes.get(number - 1));
		this.#indexes.set(number, index);
		return index;
	}

	async #read(number: number, before: SegmentIndex | undefined): Promise<SegmentIndex> {
		const { path } = this.#run.segments[number]!;
		const bytes = await this.#reader.read(path);
		const index = indexOf(path, bytes, before);
		this.#reader.release(bytes);
		return index;
	}

	async #list(from: number, to: number): Promise<List> {
		const { segments } = this.#run;
		const indexes: SegmentIndex[] = [];
		const shifts: number[] = [];
		const places: Place[] = [];
		const pictures: PlanPicture[] = [];
		for (let number = from; number <= to; number++) {
			const segment = segments[number]!;
			const index = await this.#index(number);
			const before = indexes.at(-1);
			const shift =
				before === undefined
					? 0
					: joinClocks(
							segmentTimes(segments[number - 1]!, before),
							shifts.at(-1)!,
							segmentTimes(segment, index),
						).shift;
			indexes.push(index);
			shifts.push(shift);
			for (const [picture, { pts, access }] of index.pictures.entries()) {
				places.push({ segment: number, picture });
				pictures.push({ wall: wallTime(segment, pts, index.smallestPts), pts: pts + shift, access });
			}
		}
		return { from, indexes, shifts, places, order: new PictureOrder(pictures) };
	}

	#together(
		head: List,
		first: number,
		copyFrom: number,
		headEdge: EdgePlan | undefined,
		tail: List,
		finish: { copyTo: number; end: number; tail: EdgePlan | undefined },
	): PlannedRun {
		const firstPlace = placeAt(head, first);
		const walkFrom = soundFrom(head, firstPlace.segment);
		const toWalkClock = -head.shifts[walkFrom - head.from]!;
		const toEndClock = head === tail ? toWalkClock : 0;
		const shown = head.order.pictures[head.order.shown[first]!]!;
		const replaced = head.indexes[firstPlace.segment - head.from]!.pictures[firstPlace.picture]!;
		const nothingCopied = head === tail && copyFrom === finish.copyTo;
		const sampleFrom = placeAt(head, nothingCopied ? (finish.tail?.decodeFrom ?? first) : copyFrom);
		const ends = endOfPictures(tail, finish.end);
		return {
			segments: this.#run.segments,
			walkFrom,
			first: firstPlace,
			copyFrom: placeAt(head, copyFrom),
			copyTo: placeAt(tail, finish.copyTo),
			end: placeAt(tail, finish.end),
			head: headEdge && edgeToEncode(head, headEdge, toWalkClock),
			tail: finish.tail && edgeToEncode(tail, finish.tail, toEndClock),
			startPts: shown.pts + toWalkClock,
			startDts: replaced.dts + head.shifts[firstPlace.segment - head.from]! + toWalkClock,
			startLead: replaced.lead,
			endPts: ends.pts + toEndClock,
			endClock: head === tail ? walkFrom : tail.from,
			headCloses: head.order.pictures[copyFrom]?.access === 'clean-if-leading-free',
			sample: head.indexes[sampleFrom.segment - head.from]!,
			formatChange:
				copyFrom === finish.copyTo && head === tail ? changeIn(head, sampleFrom.segment) : undefined,
			startWall: shown.wall,
			endWall: ends.wall,
		};
	}
}

/** The place of the n-th picture of a list; behind the last one: the end of the last segment. */
function placeAt(list: List, number: number): Place {
	const place = list.places[number];
	if (place !== undefined) return place;
	return { segment: list.from + list.indexes.length - 1, picture: list.indexes.at(-1)!.pictures.length };
}

function edgeToEncode(list: List, edge: EdgePlan, toRunClock: number): EdgeToEncode {
	const decodeFrom = placeAt(list, edge.decodeFrom);
	const shift = list.shifts[decodeFrom.segment - list.from]!;
	return {
		decodeFrom,
		decodeTo: placeAt(list, edge.decodeTo),
		count: edge.pts.length,
		firstPts: edge.pts[0]! - shift,
		lastPts: edge.pts.at(-1)! - shift,
		firstWall: edge.walls[0]!,
		lastWall: edge.walls.at(-1)!,
		pts: edge.pts.map((pts) => pts - shift),
		walls: edge.walls,
		toRunClock: shift + toRunClock,
	};
}

/** Where the sound of what begins in the segment `first` is looked for: one segment earlier, if that is of one stream with it. */
function soundFrom({ from, indexes }: List, first: number): number {
	const [before, own] = [indexes[first - 1 - from], indexes[first - from]!];
	return before !== undefined && sameStreams(before, own) ? first - 1 : first;
}

/** The number of the first segment after `from` whose pictures or sounds are of another format than those before. */
function changeIn({ from: first, indexes }: List, from: number): number | undefined {
	const own = indexes.slice(from - first);
	const found = own.findIndex((index, n) => n > 0 && !sameStreams(own[n - 1]!, index));
	return found === -1 ? undefined : from + found;
}

/** All times in one list, sorted, less `clock`. */
function sortedTimes(lists: readonly (readonly number[])[], clock: number): Float64Array {
	const times = new Float64Array(lists.reduce((sum, list) => sum + list.length, 0));
	let at = 0;
	for (const list of lists) for (const pts of list) times[at++] = pts - clock;
	return times.sort();
}

/** Where the picture shown before rank `end` ends: at the next one, or after a mean picture's time if there is none. */
function endOfPictures(list: List, end: number): { pts: number; wall: number } {
	const { order } = list;
	const last = order.pictures[order.shown[end - 1]!]!;
	const next = order.pictures[order.shown[end]!];
	const frame = Math.round(meanFrame(order));
	const length = next === undefined || next.pts - last.pts > 90_000 ? frame : next.pts - last.pts;
	return { pts: last.pts + length, wall: last.wall + length };
}

function meanFrame({ shown, pictures }: PictureOrder): number {
	const first = pictures[shown[0]!]!;
	const last = pictures[shown.at(-1)!]!;
	return shown.length > 1 ? (last.pts - first.pts) / (shown.length - 1) : 3600;
}

/** The wall time of the first picture, shown from rank `first` on, that can be decoded with what the list holds. */
function decodableWall(list: List, first: number): number | undefined {
	const { order } = list;
	for (let rank = first; rank < order.shown.length; rank++)
		if (order.decodeStart(rank) !== undefined) return order.pictures[order.shown[rank]!]!.wall;
	return undefined;
}
