import type { Segment } from './name.ts';

/** Two segments join when the gap or overlap between them is at most this: 10 ms in 90 kHz ticks. */
export const JOIN_TOLERANCE = 900;

/** A segment's part in a sequence: its pictures with a wall time in [from, to) are to be shown. */
export interface SequenceSegment extends Segment {
	/** Equals `start`, unless another segment covers the beginning. */
	readonly from: number;
	/** Equals `start + duration`, unless another segment takes over earlier. */
	readonly to: number;
}

/**
 * A stretch of time without video, [start, end), in 90 kHz ticks. It is empty (start = end) when it only says that
 * the suspect or partial segment before it may end early, while the next one follows without a gap.
 */
export interface Hole {
	readonly start: number;
	readonly end: number;
}

export interface BestSequence {
	/** In playing order. Neighbours without a hole between them join within the tolerance. */
	readonly segments: SequenceSegment[];
	/** In order of time, clipped to the range that was asked for. */
	readonly holes: Hole[];
	/** Best of their start time, but not needed: others cover what they show. For the log. */
	readonly unused: Segment[];
}

/**
 * Of segments with one start time, those that are the best but for their size: the longest full ones, else all suspect
 * ones, else all partial ones. Where it returns more than one, their sizes must be known to choose.
 */
export function rivals<S extends Segment>(sameStart: readonly S[]): S[] {
	const full = sameStart.filter((segment) => segment.type === 'full');
	if (full.length > 0) {
		const longest = Math.max(...full.map((segment) => segment.duration));
		return full.filter((segment) => segment.duration === longest);
	}
	const suspect = sameStart.filter((segment) => segment.type === 'suspect');
	return suspect.length > 0 ? suspect : [...sameStart];
}

/** The segments by start time: the array itself where they are so already, as a folder's listing is. */
export function inOrder(segments: readonly Segment[]): readonly Segment[] {
	for (let next = 1; next < segments.length; next++)
		if (segments[next]!.start < segments[next - 1]!.start)
			return segments.toSorted((a, b) => a.start - b.start);
	return segments;
}

/**
 * Runs of one start time in segments sorted by start, each as [first index, index after the last]. Only runs of several
 * are returned: twelve hours are some 20,000 segments, and nearly all of them stand alone.
 */
export function sharedStarts(sorted: readonly Segment[]): [number, number][] {
	const runs: [number, number][] = [];
	for (let first = 0, after = 1; first < sorted.length; first = after++) {
		while (after < sorted.length && sorted[after]!.start === sorted[first]!.start) after++;
		if (after - first > 1) runs.push([first, after]);
	}
	return runs;
}

/**
 * The sequence of segments that shows [start, end) best (90 kHz ticks), and the holes in it.
 *
 * For one start time the best is: full (the longest, then the largest), else suspect, else partial (the largest); with
 * all else equal the name that sorts last, so that every node chooses the same. A suspect or partial one is always
 * followed by a hole. The first segment may begin before `start`, and the last may end after `end`.
 *
 * Segments that overlap by more than the tolerance (two recorders, a stream that broke off and came back with another
 * idea of the time): the field's tools keep the earlier one, leave out every segment that begins before its end and so
 * may open a hole over video that is there. Here
 * - the sequence stays with one recorder as long as a full segment joins the end of the one before;
 * - where none joins, a full segment that lies across that end takes over at its own start, which is a keyframe, and
 *   the earlier one stops there (`to`);
 * - full goes before suspect and partial wherever both have the time, so one of these shows only what no full one
 *   covers (`from` and `to`), and may appear twice, around a full one.
 * So a time that any segment covers is never a hole of some length.
 */
export function bestSequence(candidates: readonly Segment[], start: number, end: number): BestSequence {
	const best = bestOfEachStart(candidates).filter((segment) => segment.start < end && endOf(segment) > start);
	const segments: SequenceSegment[] = [];
	const holes: Hole[] = [];
	const passedOver = new Set<Segment>();
	let cursor = start;
	let next = 0;
	const covering: Segment[] = [];
	while (cursor < end) {
		dropEnded(covering, cursor);
		for (; next < best.length && best[next]!.start <= cursor + JOIN_TOLERANCE; next++) {
			const segment = best[next]!;
			if (endOf(segment) > cursor) covering.push(segment);
			else passedOver.add(segment);
		}
		const last = segments.at(-1);
		const previous = last?.to === cursor ? last : undefined;
		const chosen = choose(covering, cursor, previous);
		if (chosen === undefined) {
			const resumption = best[next]?.start ?? end;
			if (resumption - cursor > JOIN_TOLERANCE) addHole(holes, cursor, resumption);
			cursor = resumption;
			continue;
		}
		if (covering.length > 1) for (const segment of covering) passedOver.add(segment);
		const takesOver = chosen.type === 'full' && previous !== undefined && chosen.start > previous.from;
		const keepsHead = previous === undefined || takesOver || joins(chosen, cursor);
		const from = keepsHead ? chosen.start : cursor;
		if (takesOver && !joins(chosen, cursor))
			segments[segments.length - 1] = part(previous, previous.from, from);
		const to = chosen.type === 'full' ? endOf(chosen) : firstFullStart(best, next, endOf(chosen));
		segments.push(part(chosen, from, to));
		cursor = to;
		if (chosen.type !== 'full') addHole(holes, Math.min(to, end), Math.min(to, end));
	}
	return { segments, holes, unused: withoutUsed([...passedOver], segments) };
}

/** Takes out of `covering` what ends up to `cursor`; in place, since this is done for each segment of a day. */
function dropEnded(covering: Segment[], cursor: number): void {
	let kept = 0;
	for (const segment of covering) if (endOf(segment) > cursor) covering[kept++] = segment;
	covering.length = kept;
}

/** Which of the segments that cover the time `cursor` goes on from there; `previous` is the one that ends there. */
function choose(
	covering: readonly Segment[],
	cursor: number,
	previous: Segment | undefined,
): Segment | undefined {
	if (covering.length === 1) return covering[0];
	const full = covering.filter((segment) => segment.type === 'full');
	const eligible = full.length > 0 ? full : covering;
	if (previous === undefined) {
		// The beginning, or after a hole: the latest start has the least to decode before the cursor.
		const begun = eligible.filter((segment) => segment.start <= cursor);
		return begun.at(-1) ?? eligible[0];
	}
	const distance = (segment: Segment) => Math.abs(segment.start - cursor);
	const joining = eligible.filter((segment) => joins(segment, cursor));
	if (joining.length > 0) return joining.reduce((a, b) => (distance(b) < distance(a) ? b : a));
	return eligible.length > 0 ? eligible.reduce((a, b) => (endOf(b) >= endOf(a) ? b : a)) : undefined;
}

function joins(segment: Segment, cursor: number): boolean {
	return Math.abs(segment.start - cursor) <= JOIN_TOLERANCE;
}

/** Where the first full segment among those from the index `next` on begins; `before` when none begins earlier. */
function firstFullStart(best: readonly Segment[], next: number, before: number): number {
	for (let index = next; index < best.length && best[index]!.start < before; index++) {
		if (best[index]!.type === 'full') return best[index]!.start;
	}
	return before;
}

/** Adds a hole, as one with the hole that ends where it begins. */
function addHole(holes: Hole[], start: number, end: number): void {
	const last = holes.at(-1);
	if (last?.end === start) holes[holes.length - 1] = { start: last.start, end };
	else holes.push({ start, end });
}

function withoutUsed(segments: Segment[], used: readonly Segment[]): Segment[] {
	if (segments.length === 0) return segments;
	const paths = new Set(used.map((segment) => segment.path));
	return segments.filter((segment) => !paths.has(segment.path));
}

function bestOfEachStart(candidates: readonly Segment[]): readonly Segment[] {
	const sorted = inOrder(candidates);
	const shared = sharedStarts(sorted);
	if (shared.length === 0) return sorted;
	const best: Segment[] = [];
	let copied = 0;
	for (const [first, after] of shared) {
		for (; copied < first; copied++) best.push(sorted[copied]!);
		best.push(largest(sorted.slice(first, after)));
		copied = after;
	}
	return [...best, ...sorted.slice(copied)];
}

function largest(sameStart: readonly Segment[]): Segment {
	const size = (segment: Segment) => segment.size ?? 0;
	return rivals(sameStart).reduce((a, b) =>
		size(b) > size(a) || (size(b) === size(a) && b.path > a.path) ? b : a,
	);
}

// Spelt out: spreading 20,000 segments costs 30 ms.
function part({ path, start, duration, type, size }: Segment, from: number, to: number): SequenceSegment {
	return size === undefined
		? { path, start, duration, type, from, to }
		: { path, start, duration, type, size, from, to };
}

function endOf(segment: Segment): number {
	return segment.start + segment.duration;
}
