import type { BestSequence, Hole, SequenceSegment } from '../../segments/best-sequence.ts';
import { JOIN_TOLERANCE } from '../../segments/best-sequence.ts';

/** A part of a range whose segments follow each other without a gap. */
export interface Run {
	/**
	 * In order. The first ones may lie before the run and the last ones after it: decoding the first picture can need
	 * what is before it, and the last sound often comes after the last picture.
	 */
	segments: SequenceSegment[];
	/** Wall time [start, end) that the run is to show. */
	start: number;
	end: number;
}

/** How much before a range is looked at for the keyframe that its first picture needs (30 s). */
export const LOOK_BACK = 30 * 90_000;

/** How much after a range is looked at for its last sound (2 s). */
export const LOOK_AHEAD = 2 * 90_000;

/**
 * Splits the range [start, end) into runs, at its holes and where another recorder's segments take over. `sequence` is
 * the best sequence of the range widened by `LOOK_BACK` and `LOOK_AHEAD`.
 */
export function splitIntoRuns(sequence: BestSequence, start: number, end: number): Run[] {
	const chains: SequenceSegment[][] = [];
	for (const segment of sequence.segments) {
		const chain = chains.at(-1);
		const last = chain?.at(-1);
		if (last !== undefined && follows(last, segment, sequence.holes)) chain?.push(segment);
		else chains.push([segment]);
	}
	return chains.flatMap((segments) => {
		const from = Math.max(start, segments[0]!.from);
		const to = Math.min(end, segments.at(-1)!.to);
		return to - from > 0 ? [{ segments, start: from, end: to }] : [];
	});
}

/** The holes that lie in [start, end) itself, clipped to it; also those of no length inside it. */
export function holesIn(holes: readonly Hole[], start: number, end: number): Hole[] {
	return holes
		.filter((hole) =>
			hole.start === hole.end ? hole.start > start && hole.start < end : hole.start < end && hole.end > start,
		)
		.map((hole) => ({ start: Math.max(hole.start, start), end: Math.min(hole.end, end) }));
}

/** Whether `b` goes on where `a` ends, both whole, and nothing says that `a` may end early. */
function follows(a: SequenceSegment, b: SequenceSegment, holes: readonly Hole[]): boolean {
	const wholeEnd = a.to === a.start + a.duration;
	const joins = Math.abs(b.start - a.to) <= JOIN_TOLERANCE && b.from === b.start;
	return (
		wholeEnd &&
		joins &&
		!holes.some((hole) => hole.start >= a.to - JOIN_TOLERANCE && hole.end <= b.from + JOIN_TOLERANCE)
	);
}
