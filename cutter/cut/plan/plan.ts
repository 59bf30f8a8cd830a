import type { Access } from '../codec/access.ts';

/** A picture up to 1 ms before a bound counts as on it: a time rounded to milliseconds names its picture. */
export const BOUND_TOLERANCE = 90;

/** A picture of a run of segments, as planning sees it. The list of them is in decoding order. */
export interface PlanPicture {
	/** Wall time, 90 kHz ticks since the epoch. */
	wall: number;
	/** Ticks on the one clock of the list. */
	pts: number;
	access: Access;
}

/**
 * How one contiguous range is made. All numbers are places in decoding order in the list of pictures, `to` exclusive.
 *
 * The order of decoding and that of showing differ. But wherever everything decoded before a place is shown before
 * everything from there on (a *barrier*), both orders hold the same pictures up to it. So the n-th picture shown can
 * take the place of the n-th decoded, with that one's DTS and position in the stream: re-encoded pictures, which have no
 * reordering of their own, thus get a DTS that rises strictly into the copied ones, whatever the source's delay is.
 */
export interface RangePlan {
	/** Places [first, copyFrom) are re-encoded, [copyFrom, copyTo) copied, [copyTo, end) re-encoded. */
	first: number;
	copyFrom: number;
	copyTo: number;
	end: number;
	/** What to decode and encode for the two edges; undefined where nothing is re-encoded. */
	head: EdgePlan | undefined;
	tail: EdgePlan | undefined;
}

/** Pictures to re-encode. */
export interface EdgePlan {
	/** Decoding these places gives all the pictures. */
	decodeFrom: number;
	decodeTo: number;
	/** PTS of the pictures in the order of showing, on the clock of the list. */
	pts: number[];
	/** Their wall times. */
	walls: number[];
}

/** The order of showing, and the barriers, of a list of pictures in decoding order. */
export class PictureOrder {
	readonly pictures: readonly PlanPicture[];
	/** Places in decoding order, sorted by PTS. */
	readonly shown: number[];
	readonly #largestBefore: Float64Array;
	readonly #smallestFrom: Float64Array;

	constructor(pictures: readonly PlanPicture[]) {
		this.pictures = pictures;
		const count = pictures.length;
		this.shown = Array.from({ length: count }, (_, place) => place).sort(
			(a, b) => pictures[a]!.pts - pictures[b]!.pts,
		);
		this.#largestBefore = new Float64Array(count + 1).fill(Number.NEGATIVE_INFINITY);
		this.#smallestFrom = new Float64Array(count + 1).fill(Number.POSITIVE_INFINITY);
		for (let place = 0; place < count; place++)
			this.#largestBefore[place + 1] = Math.max(this.#largestBefore[place]!, pictures[place]!.pts);
		for (let place = count - 1; place >= 0; place--)
			this.#smallestFrom[place] = Math.min(this.#smallestFrom[place + 1]!, pictures[place]!.pts);
	}

	/** PTS of the picture that is shown `rank`-th. */
	ptsAt(rank: number): number {
		return this.pictures[this.shown[rank]!]!.pts;
	}

	/** Whether all pictures decoded before `place` are shown before all others. */
	isBarrier(place: number): boolean {
		return this.#largestBefore[place]! < this.#smallestFrom[place]!;
	}

	/** Whether a copy can begin at `place`. */
	isCopyStart(place: number): boolean {
		const access = this.pictures[place]?.access;
		if (access === 'clean') return this.isBarrier(place);
		return access === 'clean-if-leading-free' && this.isBarrier(place) && !this.hasLeading(place);
	}

	/** Whether pictures decoded after `place` are shown before it. */
	hasLeading(place: number): boolean {
		return this.#smallestFrom[place + 1]! < this.pictures[place]!.pts;
	}

	/** The first shown picture at or after `wall` (less the tolerance), as its rank; the count of pictures if none is. */
	rankAtWall(wall: number): number {
		const rank = this.shown.findIndex((place) => this.pictures[place]!.wall >= wall - BOUND_TOLERANCE);
		return rank === -1 ? this.shown.length : rank;
	}

	/**
	 * The last place from which decoding gives every picture shown at or after `rank`: a random access point, decoded
	 * before all of them, and with none of them among the pictures that it skips. Undefined when the list has none.
	 */
	decodeStart(rank: number): number | undefined {
		const pts = this.ptsAt(rank);
		for (let place = this.shown[rank]!; place >= 0; place--) {
			const { access, pts: own } = this.pictures[place]!;
			if (access === 'none' || this.#largestBefore[place]! >= pts) continue;
			if (access === 'clean' || own <= pts || !this.hasLeading(place)) return place;
		}
		return undefined;
	}

	/** What to decode for the pictures shown as [from, to). */
	edge(from: number, to: number): EdgePlan | undefined {
		if (from >= to) return undefined;
		const decodeFrom = this.decodeStart(from);
		if (decodeFrom === undefined) return undefined;
		const places = this.shown.slice(from, to);
		const decodeTo = places.reduce((last, place) => Math.max(last, place), 0) + 1;
		return {
			decodeFrom,
			decodeTo,
			pts: places.map((place) => this.pictures[place]!.pts),
			walls: places.map((place) => this.pictures[place]!.wall),
		};
	}
}

/** Where a range begins: places as in `RangePlan`. `copyFrom` is undefined when nothing can be copied in the list. */
export interface StartPlan {
	first: number;
	copyFrom: number | undefined;
	head: EdgePlan | undefined;
	/** Whether the list holds what decoding the first picture needs. */
	decodable: boolean;
}

/** Where a range ends. */
export interface EndPlan {
	copyTo: number;
	end: number;
	tail: EdgePlan | undefined;
	decodable: boolean;
}

/**
 * Plans the beginning of a range at `start` (wall time) in a list of pictures around it; undefined when no picture of
 * the list is at or after `start`. The copy begins at the first place from which on everything is wanted and nothing refers back.
 * A CRA picture can follow others only behind an end of sequence, which our own pictures have, and copied ones have
 * not: so unless the range `isFirst`, a copy does not begin with one.
 */
export function planStart(order: PictureOrder, start: number, isFirst = true): StartPlan | undefined {
	const first = order.rankAtWall(start);
	const count = order.pictures.length;
	if (first === count) return undefined;
	let copyFrom: number | undefined;
	for (let place = first; place < count && copyFrom === undefined; place++)
		if (order.isCopyStart(place) && (isFirst || place > first || order.pictures[place]!.access === 'clean'))
			copyFrom = place;
	const head = copyFrom === undefined ? undefined : order.edge(first, copyFrom);
	return { first, copyFrom, head, decodable: order.decodeStart(first) !== undefined };
}

/**
 * Plans the end of a range at `end` (wall time) in a list of pictures around it. The copy ends at the last barrier: all
 * before it is wanted and refers to nothing after it, and what is left of the range, often nothing, is re-encoded. The
 * list has to go on past `end` by more than the source's reordering, unless the recording ends there.
 */
export function planEnd(order: PictureOrder, end: number): EndPlan {
	const rank = order.rankAtWall(end);
	let copyTo = rank;
	while (copyTo > 0 && !order.isBarrier(copyTo)) copyTo--;
	const tail = order.edge(copyTo, rank);
	return { copyTo, end: rank, tail, decodable: copyTo === rank || tail !== undefined };
}

/**
 * Plans a range that lies within one list. With `copy: false`, or where nothing can be copied, all of it is re-encoded,
 * as a tail without a copy before it. Undefined when no picture is in the range or its first one cannot be decoded.
 */
export function planWhole(
	order: PictureOrder,
	start: number,
	end: number,
	{ copy = true, isFirst = true }: { copy?: boolean; isFirst?: boolean } = {},
): RangePlan | undefined {
	const begin = planStart(order, start, isFirst);
	if (begin === undefined) return undefined;
	const finish = planEnd(order, end);
	const { first, copyFrom, head } = begin;
	if (finish.end <= first) return undefined;
	const canCopy = copy && copyFrom !== undefined && copyFrom < finish.copyTo && finish.decodable;
	if (canCopy && (begin.decodable || copyFrom === first))
		return { first, copyFrom, head, copyTo: finish.copyTo, end: finish.end, tail: finish.tail };
	const tail = order.edge(first, finish.end);
	if (tail === undefined) return undefined;
	return { first, copyFrom: first, copyTo: first, end: finish.end, head: undefined, tail };
}
