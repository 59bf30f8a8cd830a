import type { SequenceSegment } from '../../segments/best-sequence.ts';
import { sameStreams, soundKindsAt } from '../source/stream-format.ts';
import { changeIn, indexIn, type PictureList, placeAt, shiftOf } from './picture-list.ts';
import { BOUND_TOLERANCE, type EdgePlan, type PictureOrder } from './plan.ts';
import type { EdgeToEncode, PlannedRun } from './planned-run.ts';

/** Where a run begins: places in decoding order in a list. */
export interface ListedStart {
	list: PictureList;
	first: number;
	copyFrom: number;
	edge: EdgePlan | undefined;
}

/** Where it ends. */
export interface ListedEnd {
	list: PictureList;
	copyTo: number;
	end: number;
	edge: EdgePlan | undefined;
}

/** The plan of a run that was planned at its two ends, in two lists of pictures or in one. */
export function planFromLists(
	segments: readonly SequenceSegment[],
	{ list: head, first, copyFrom, edge: headEdge }: ListedStart,
	{ list: tail, copyTo, end, edge: tailEdge }: ListedEnd,
): PlannedRun {
	const firstPlace = placeAt(head, first);
	const walkFrom = soundFrom(head, firstPlace.segment);
	const toWalkClock = -shiftOf(head, walkFrom);
	const toEndClock = head === tail ? toWalkClock : 0;
	const shown = head.order.pictures[head.order.shown[first]!]!;
	const replaced = indexIn(head, firstPlace.segment).pictures[firstPlace.picture]!;
	const nothingCopied = head === tail && copyFrom === copyTo;
	const sampleFrom = placeAt(head, nothingCopied ? (tailEdge?.decodeFrom ?? first) : copyFrom);
	const ends = endOfPictures(tail, end);
	return {
		segments,
		walkFrom,
		first: firstPlace,
		copyFrom: placeAt(head, copyFrom),
		copyTo: placeAt(tail, copyTo),
		end: placeAt(tail, end),
		head: headEdge && edgeToEncode(head, headEdge, toWalkClock),
		tail: tailEdge && edgeToEncode(tail, tailEdge, toEndClock),
		startPts: shown.pts + toWalkClock,
		startDts: replaced.dts + shiftOf(head, firstPlace.segment) + toWalkClock,
		startLead: replaced.lead,
		endPts: ends.pts + toEndClock,
		endClock: head === tail ? walkFrom : tail.from,
		headCloses: head.order.pictures[copyFrom]?.access === 'clean-if-leading-free',
		sample: indexIn(head, sampleFrom.segment),
		formatChange: nothingCopied ? changeIn(head, segments, sampleFrom.segment, shown.wall) : undefined,
		soundKinds: soundKindsAt(
			indexIn(head, firstPlace.segment),
			segments[firstPlace.segment]!,
			shown.wall + BOUND_TOLERANCE,
		),
		startWall: shown.wall,
		endWall: ends.wall,
	};
}

function edgeToEncode(list: PictureList, edge: EdgePlan, toRunClock: number): EdgeToEncode {
	const decodeFrom = placeAt(list, edge.decodeFrom);
	const shift = shiftOf(list, decodeFrom.segment);
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
function soundFrom({ from, indexes }: PictureList, first: number): number {
	const [before, own] = [indexes[first - 1 - from], indexes[first - from]!];
	return before !== undefined && sameStreams(before, own) ? first - 1 : first;
}

/** Where the picture shown before rank `end` ends: at the next one, or after a mean picture's time if there is none. */
function endOfPictures(list: PictureList, end: number): { pts: number; wall: number } {
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
