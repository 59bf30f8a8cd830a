import { BOUND_TOLERANCE } from '../../../cutter/cut/plan/plan.ts';
import type { SequenceSegment } from '../../../cutter/segments/best-sequence.ts';
import { type FrameRate, frameRateOf } from './frame-rate.ts';
import type { SegmentFacts } from './segment-facts.ts';

/** What is known of the pictures of a range. Wall times in ticks. */
export interface RangePictures {
	/** How many there are. */
	count: number;
	first: number | undefined;
	last: number | undefined;
	/** Pictures from which decoding can begin, in order. */
	keyframes: number[];
	/** All of them, in order. */
	times: number[];
	/** Of the first segment that tells one. */
	frameRate: FrameRate | undefined;
	/** Whether all segments have that rate, and all their pictures are shown equally long. */
	constantRate: boolean;
}

/** Collects the pictures of [start, end) from segments in order; `facts` undefined: it could not be read. */
export function picturesOf(
	segments: readonly { segment: SequenceSegment; facts: SegmentFacts | undefined }[],
	start: number,
	end: number,
): RangePictures {
	const times: number[] = [];
	const keyframes: number[] = [];
	let frameRate: FrameRate | undefined;
	let constantRate = true;
	for (const { segment, facts } of segments) {
		if (facts === undefined) continue;
		const from = Math.max(start, segment.from) - BOUND_TOLERANCE;
		const to = Math.min(end, segment.to) - BOUND_TOLERANCE;
		const add = (offsets: Int32Array, list: number[]) => {
			for (const offset of offsets) {
				const wall = segment.start + offset;
				if (wall >= from && wall < to) list.push(wall);
			}
		};
		add(facts.pictures, times);
		add(facts.keyframes, keyframes);
		const found = frameRateOf(facts.pictures);
		if (found === undefined) continue;
		frameRate ??= found.rate;
		const isSame =
			found.rate.numerator === frameRate.numerator && found.rate.denominator === frameRate.denominator;
		if (!isSame || !found.constant) constantRate = false;
	}
	const [first, last] = [times[0], times.at(-1)];
	return { count: times.length, first, last, keyframes, times, frameRate, constantRate };
}
