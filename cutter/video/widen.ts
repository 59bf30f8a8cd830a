import { BOUND_TOLERANCE } from '../cut/plan/plan.ts';
import type { SequenceSegment } from '../segments/best-sequence.ts';

/**
 * The segments that show a part of [start, end) (wall time, ticks). One that only reaches into it by less than the bound's
 * tolerance shows none: a time rounded to milliseconds may lie a little beside the border of two segments.
 */
export function touching<S extends Pick<SequenceSegment, 'from' | 'to'>>(
	segments: readonly S[],
	start: number,
	end: number,
): S[] {
	return segments.filter(({ from, to }) => from < end - BOUND_TOLERANCE && to > start + BOUND_TOLERANCE);
}

/**
 * The range [start, end) made wider, so that it begins and ends with whole segments. Where it begins or ends in a hole,
 * that end stays: the hole is then still seen.
 */
export function wholeSegments(
	segments: readonly Pick<SequenceSegment, 'from' | 'to'>[],
	start: number,
	end: number,
): { start: number; end: number } {
	const touched = touching(segments, start, end);
	const first = touched[0];
	const last = touched.at(-1);
	return {
		start: Math.min(start, first?.from ?? start),
		end: Math.max(end, last?.to ?? end),
	};
}
