import { joinClocks, segmentTimes } from '../source/clock-join.ts';
import type { Run } from '../source/run.ts';
import { formatChanges } from '../source/stream-format.ts';
import { changeIn, decodableWall, indexIn, type PictureList, placeAt, shiftOf } from './picture-list.ts';
import { planStart } from './plan.ts';
import { planFromLists } from './plan-from-lists.ts';
import type { PlannedRun, Undecodable } from './planned-run.ts';
import type { RunIndexes } from './run-indexes.ts';

/** The segments of a run that its ends lie in, and the last one to look at. */
export interface RunEnds {
	atStart: number;
	atEnd: number;
	last: number;
}

/**
 * Plans a long run that is encoded: pictures are listed around its two ends, and those between are counted as they are read, so
 * memory does not grow with the length, but for eight bytes a picture `withTimes`. Undefined for one that cannot be planned so.
 */
export async function planLongRun(
	run: Run,
	indexes: RunIndexes,
	{ atStart, atEnd, last }: RunEnds,
	withTimes: boolean,
): Promise<PlannedRun | Undecodable | undefined> {
	const headTo = atStart + 1;
	let headFrom = Math.max(0, atStart - 1);
	let head = await indexes.list(headFrom, headTo);
	let begin = planStart(head.order, run.start);
	while (begin !== undefined && !begin.decodable && headFrom > 0) {
		head = await indexes.list(--headFrom, headTo);
		begin = planStart(head.order, run.start);
	}
	const decodable = begin && !begin.decodable ? decodableWall(head, begin.first) : undefined;
	if (decodable !== undefined) return { decodable };
	const tail = await indexes.list(Math.max(0, atEnd - 1), last);
	const rank = tail.order.rankAtWall(run.end);
	const decodeFrom = begin?.decodable ? head.order.decodeStart(begin.first) : undefined;
	if (begin === undefined || decodeFrom === undefined || rank === 0) return undefined;
	const { first } = begin;
	const between = await readBetween(run, indexes, head, tail, withTimes);
	const whole = planFromLists(
		run.segments,
		{ list: head, first, copyFrom: first, edge: undefined },
		{ list: tail, copyTo: rank, end: rank, edge: undefined },
	);
	const decode = placeAt(head, decodeFrom);
	const clock = shiftOf(head, decode.segment);
	const toWalkClock = -shiftOf(head, whole.walkFrom);
	const firstPicture = head.order.pictures[head.order.shown[first]!]!;
	const lastPicture = tail.order.pictures[tail.order.shown[rank - 1]!]!;
	const firstPts = firstPicture.pts - clock;
	const lastPts = lastPicture.pts + between.tailShift - clock;
	const decodeTo = tail.order.shown.slice(0, rank).reduce((most, place) => Math.max(most, place), 0) + 1;
	return {
		...whole,
		...{ copyTo: whole.first, headCloses: false },
		tail: {
			decodeFrom: decode,
			decodeTo: placeAt(tail, decodeTo),
			count: head.order.pictures.length - first + between.count + rank,
			...{ firstPts, lastPts, firstWall: firstPicture.wall, lastWall: lastPicture.wall },
			pts: between.times?.(clock).filter((pts) => pts >= firstPts && pts <= lastPts),
			walls: undefined,
			toRunClock: clock + toWalkClock,
		},
		endPts: whole.endPts + between.tailShift + toWalkClock,
		endClock: whole.walkFrom,
		sample: indexIn(head, decode.segment),
		formatChange: changeIn(head, run.segments, decode.segment, firstPicture.wall) ?? between.formatChange,
	};
}

/** Counts the pictures between two lists, and puts the clock of the second one on that of the first. */
async function readBetween(
	{ segments, start }: Run,
	indexes: RunIndexes,
	head: PictureList,
	tail: PictureList,
	withTimes: boolean,
): Promise<{
	count: number;
	tailShift: number;
	formatChange: number | undefined;
	times: ((clock: number) => Float64Array) | undefined;
}> {
	const all = [head.order.pictures.map(({ pts }) => pts)];
	let number = head.from + head.indexes.length - 1;
	let before = head.indexes.at(-1)!;
	let shift = head.shifts.at(-1)!;
	let count = 0;
	let formatChange: number | undefined;
	while (number < tail.from) {
		const times = segmentTimes(segments[number]!, before);
		number++;
		const index = number === tail.from ? tail.indexes[0]! : await indexes.readOnce(number, before);
		shift = joinClocks(times, shift, segmentTimes(segments[number]!, index)).shift;
		formatChange ??= formatChanges(before, index, segments[number]!).find((wall) => wall > start);
		before = index;
		if (number === tail.from) break;
		count += index.pictures.length;
		if (withTimes) all.push(index.pictures.map(({ pts }) => pts + shift));
	}
	const tailShift = shift;
	all.push(tail.order.pictures.map(({ pts }) => pts + tailShift));
	formatChange ??= changeIn(tail, segments, tail.from, start);
	const times = withTimes ? (clock: number) => sortedTimes(all, clock) : undefined;
	return { count, tailShift, formatChange, times };
}

/** All times in one list, sorted, less `clock`. */
function sortedTimes(lists: readonly (readonly number[])[], clock: number): Float64Array {
	const times = new Float64Array(lists.reduce((sum, list) => sum + list.length, 0));
	let at = 0;
	for (const list of lists) for (const pts of list) times[at++] = pts - clock;
	return times.sort();
}
