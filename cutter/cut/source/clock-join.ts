import { unwrap } from '../mpegts/clock.ts';
import type { SegmentIndex } from '../mpegts/segment-index.ts';

/** The times of a segment, on its own clock (ticks), and where its name puts it. */
export interface SegmentTimes {
	/** Wall time of the smallest PTS. */
	start: number;
	duration: number;
	smallestPts: number;
	largestPts: number;
	firstDts: number;
	lastDts: number;
	/** Mean time between two pictures. */
	frame: number;
}

/** How the clock of a segment goes on from that of the one before. */
interface ClockJoin {
	/** What to add to the segment's own times to be on the clock of the run. */
	shift: number;
	/** Whether the source's clock jumped there. */
	jumped: boolean;
}

/** A running clock may differ from what the names say by their own rounding, never by more than this (100 ms). */
const CLOCK_TOLERANCE = 9_000;

/** Where a clock jumped, the new pictures butt onto the old ones if their wall times say so within this (10 ms). */
const BUTT_TOLERANCE = 900;

/** The times of a segment that `index` was made of. */
export function segmentTimes(
	segment: { start: number; duration: number },
	index: SegmentIndex,
): SegmentTimes {
	const { pictures, smallestPts, largestPts } = index;
	const between = pictures.length - 1;
	return {
		start: segment.start,
		duration: segment.duration,
		smallestPts,
		largestPts,
		firstDts: pictures[0]?.dts ?? smallestPts,
		lastDts: pictures.at(-1)?.dts ?? largestPts,
		frame: between > 0 ? (largestPts - smallestPts) / between : segment.duration,
	};
}

/**
 * Puts the clock of segment `b` on the clock of the run, where `a` comes before it and has the shift `shiftA`.
 *
 * The stream's own clock is better than the names (which are rounded, or stamped when data came in), so it counts as
 * long as it runs on. Where it does not (a recorder that begins each segment at 0, an encoder that was
 * restarted) the wall times of the names put `b` in its place, and onto the end of `a` if they meant that.
 */
export function joinClocks(a: SegmentTimes, shiftA: number, b: SegmentTimes): ClockJoin {
	const elapsed = b.start - a.start;
	const running = unwrap(b.smallestPts, a.smallestPts + elapsed) - b.smallestPts;
	const drift = b.smallestPts + running - a.smallestPts - elapsed;
	if (Math.abs(drift) <= CLOCK_TOLERANCE && b.firstDts + running > a.lastDts)
		return { shift: shiftA + running, jumped: false };
	const butted = a.largestPts + Math.round(a.frame);
	const byName = a.smallestPts + elapsed;
	const tolerance = Math.max(BUTT_TOLERANCE, a.frame / 2);
	const place = byName - butted <= tolerance ? butted : byName;
	return { shift: shiftA + place - b.smallestPts, jumped: true };
}
