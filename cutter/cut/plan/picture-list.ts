import type { SequenceSegment } from '../../segments/best-sequence.ts';
import { wallTime } from '../../segments/wall-time.ts';
import type { SegmentIndex } from '../mpegts/segment-index.ts';
import { joinClocks, segmentTimes } from '../source/clock-join.ts';
import { formatChanges } from '../source/stream-format.ts';
import { BOUND_TOLERANCE, PictureOrder, type PlanPicture } from './plan.ts';
import type { Place } from './planned-run.ts';

/** Neighbouring segments of a run, indexed, and their pictures in decoding order, on the clock of the first one. */
export interface PictureList {
	/** Number of the first segment in the run. */
	from: number;
	indexes: readonly SegmentIndex[];
	/** Of each segment what to add to its times to be on the clock of the first. */
	shifts: readonly number[];
	places: readonly Place[];
	order: PictureOrder;
}

/** Lists the pictures of the segments from number `from` on, as many as there are `indexes`. */
export function listPictures(
	segments: readonly SequenceSegment[],
	from: number,
	indexes: readonly SegmentIndex[],
): PictureList {
	const shifts: number[] = [];
	const places: Place[] = [];
	const pictures: PlanPicture[] = [];
	for (const [n, index] of indexes.entries()) {
		const number = from + n;
		const segment = segments[number]!;
		const before = indexes[n - 1];
		const shift =
			before === undefined
				? 0
				: joinClocks(
						segmentTimes(segments[number - 1]!, before),
						shifts.at(-1)!,
						segmentTimes(segment, index),
					).shift;
		shifts.push(shift);
		for (const [picture, { pts, access }] of index.pictures.entries()) {
			places.push({ segment: number, picture });
			pictures.push({ wall: wallTime(segment, pts, index.smallestPts), pts: pts + shift, access });
		}
	}
	return { from, indexes, shifts, places, order: new PictureOrder(pictures) };
}

/** The place of the n-th picture of a list; behind the last one: the end of the last segment. */
export function placeAt(list: PictureList, number: number): Place {
	const place = list.places[number];
	if (place !== undefined) return place;
	return { segment: list.from + list.indexes.length - 1, picture: list.indexes.at(-1)!.pictures.length };
}

/** What to add to the times of the run's segment `number`, which is in the list, to be on the list's clock. */
export function shiftOf(list: PictureList, number: number): number {
	return list.shifts[number - list.from]!;
}

/** The index of the run's segment `number`, which is in the list. */
export function indexIn(list: PictureList, number: number): SegmentIndex {
	return list.indexes[number - list.from]!;
}

/**
 * The first wall time after `after` at which pictures or sounds become of another format than before; looked for from the
 * segment `from` on.
 */
export function changeIn(
	list: PictureList,
	segments: readonly SequenceSegment[],
	from: number,
	after: number,
): number | undefined {
	for (let number = from; number < list.from + list.indexes.length; number++) {
		const before = number === from ? undefined : indexIn(list, number - 1);
		const changes = formatChanges(before, indexIn(list, number), segments[number]!);
		const found = changes.find((wall) => wall > after + BOUND_TOLERANCE);
		if (found !== undefined) return found;
	}
	return undefined;
}

/** The wall time of the first picture, shown from rank `first` on, that can be decoded with what the list holds. */
export function decodableWall(list: PictureList, first: number): number | undefined {
	const { order } = list;
	for (let rank = first; rank < order.shown.length; rank++)
		if (order.decodeStart(rank) !== undefined) return order.pictures[order.shown[rank]!]!.wall;
	return undefined;
}
