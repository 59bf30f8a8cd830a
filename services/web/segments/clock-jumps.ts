import { unwrap } from '../../../cutter/cut/mpegts/clock.ts';

/** What a player must know of the beginning of a segment: when it sees these change, it has to begin anew. */
export interface SegmentHead {
	/** PTS of the first pictures, as it stands in the stream (33 bits). */
	pts: number;
	/** The kinds of the streams and the video's parameter sets, as a key to compare. */
	format: string;
}

/** Neighbours are compared over so many segments at a time: a jump away and back within them would not be seen. */
const STRETCH = 512;

/** The first picture of a segment need not be the one shown first, and names are rounded: half a second in ticks. */
const TOLERANCE = 45_000;

/**
 * The numbers of the segments before which the stream's clock jumps or its format changes, although the names say that they
 * follow each other. Looks at few heads: where the clock has run on from one segment to another many later, it has
 * not jumped in between; where it has not, halves are looked at.
 *
 * `head` reads a segment's head; undefined where it cannot be read: when one that is looked at cannot, there is a jump.
 */
export async function findClockJumps(
	segments: readonly { start: number }[],
	head: (number: number) => Promise<SegmentHead | undefined>,
): Promise<Set<number>> {
	const jumps = new Set<number>();
	const search = async (from: number, to: number): Promise<void> => {
		if (from >= to) return;
		const [a, b] = await Promise.all([head(from), head(to)]);
		if (a !== undefined && b !== undefined && runsOn(a, b, segments[to]!.start - segments[from]!.start))
			return;
		if (to - from === 1) {
			jumps.add(to);
			return;
		}
		const middle = Math.floor((from + to) / 2);
		await search(from, middle);
		await search(middle, to);
	};
	for (let from = 0; from < segments.length - 1; from += STRETCH)
		await search(from, Math.min(from + STRETCH, segments.length - 1));
	return jumps;
}

/** Whether `b`, `elapsed` ticks after `a`, is of the same stream on the same clock, which may have wrapped. */
function runsOn(a: SegmentHead, b: SegmentHead, elapsed: number): boolean {
	const due = a.pts + elapsed;
	return a.format === b.format && Math.abs(unwrap(b.pts, due) - due) <= TOLERANCE;
}
