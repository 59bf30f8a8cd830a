import type { SequenceSegment } from '../../segments/best-sequence.ts';
import type { SegmentIndex } from '../mpegts/segment-index.ts';
import type { Fate } from '../write/segment-walk.ts';

/** A picture's place in a run: which segment, and which picture of it in decoding order. It may be one past the last. */
export interface Place {
	segment: number;
	picture: number;
}

/** What to read and decode for pictures that are to be encoded. */
export interface EdgeToEncode {
	decodeFrom: Place;
	decodeTo: Place;
	/** How many pictures there are. */
	count: number;
	/** PTS of the first and the last that is shown, on the clock of the segment in which decoding begins. */
	firstPts: number;
	lastPts: number;
	/** Wall times of these two. */
	firstWall: number;
	lastWall: number;
	/** PTS of each in the order of showing, on the same clock; undefined for a long run, if only its ends were asked for. */
	pts: ArrayLike<number> | undefined;
	/** Wall times of each; undefined for a long run. */
	walls: readonly number[] | undefined;
	/** What to add to a PTS to be on the clock of `walkFrom` (head) or `endClock` (tail). */
	toRunClock: number;
}

/**
 * One run of a cut, decided. Each segment has a clock of its own, in ticks; where a time is told, it is said on which
 * segment's clock it stands.
 */
export interface PlannedRun {
	/** With what lies before and after, as in `Run`. */
	segments: readonly SequenceSegment[];
	/** The first segment to read: sound may come before the picture that it belongs to. */
	walkFrom: number;
	/** [first, copyFrom) is re-encoded as `head`, [copyFrom, copyTo) copied, [copyTo, end) re-encoded as `tail`. */
	first: Place;
	copyFrom: Place;
	copyTo: Place;
	end: Place;
	head: EdgeToEncode | undefined;
	tail: EdgeToEncode | undefined;
	/** Whether the head has to end the coded sequence, since the copy begins with a CRA picture. */
	headCloses: boolean;
	/** PTS of the first picture and the DTS and lead of the one whose place it takes; on the clock of `walkFrom`. */
	startPts: number;
	startDts: number;
	startLead: number;
	/** Where the last picture ends, on the clock of the segment `endClock`. */
	endPts: number;
	endClock: number;
	/** Of the segment in which the copy begins, or else decoding: which streams there are, and the parameter sets. */
	sample: SegmentIndex;
	/** Where all is encoded: the wall time from which on pictures or sounds are of another format than at its beginning. */
	formatChange: number | undefined;
	/** Of each sound what a decoder gives for its frames at the beginning; undefined where no header tells. */
	soundKinds: readonly (string | undefined)[];
	/** Wall times of the first picture, and of the end of the last. */
	startWall: number;
	endWall: number;
}

/** A run that cannot begin where it should: what its first pictures refer to is not there. */
export interface Undecodable {
	/** Wall time of the first picture that can be shown; undefined when there is none. */
	decodable: number | undefined;
}

/**
 * Tells the fate of the n-th picture of the run's segment `segment`. `stretches` are the fates in order, each with the
 * place where it ends; what comes after the last is `after`.
 */
export function fateIn(
	segment: number,
	stretches: readonly (readonly [Fate, Place])[],
): (picture: number) => Fate {
	const fates = stretches.map(([fate]) => fate);
	const ends = stretches.map(([, { segment: at, picture }]) =>
		at < segment ? 0 : at > segment ? Number.POSITIVE_INFINITY : picture,
	);
	return (picture) => {
		for (let n = 0; n < ends.length; n++) if (picture < ends[n]!) return fates[n]!;
		return 'after';
	};
}
