import type { SequenceSegment } from '../../segments/best-sequence.ts';
import type { SegmentIndex } from '../mpegts/segment-index.ts';
import { joinClocks, type SegmentTimes, segmentTimes } from './clock-join.ts';
import { indexOf, SegmentError, SegmentReader } from './segment-file.ts';

/** A segment of a run in memory. `bytes` are lent until the next one is asked for, or until they are given back. */
export interface LoadedSegment {
	/** Its number in the run. */
	number: number;
	segment: SequenceSegment;
	bytes: Buffer;
	index: SegmentIndex;
	/** What to add to its times to be on the clock of the first segment that was read. */
	shift: number;
	/** Whether the source's clock jumped between the segment before and this one. */
	jumped: boolean;
	/** Keeps the bytes beyond that; what it returns gives them back. */
	keep: () => () => void;
}

/** How to read the segments of a run. */
export interface ReadOptions {
	/** Later ones than this are read only when they are asked for. */
	until?: number;
	signal?: AbortSignal | undefined;
	/** Which segments may not be damaged. */
	mustBeSound?: (number: number) => boolean;
}

/** So many segments are read ahead: reading one takes longer than to walk through it. */
const READ_AHEAD = 2;

/**
 * Reads the segments of a run from number `from` on, one after the other, the next ones while the caller works
 * on the last.
 *
 * @throws DamagedSegmentError for a segment that `mustBeSound` and is not; SegmentError for one that cannot be read.
 */
export async function* readRun(
	segments: readonly SequenceSegment[],
	from: number,
	{ signal, mustBeSound, until = segments.length }: ReadOptions = {},
): AsyncGenerator<LoadedSegment> {
	const reader = new SegmentReader();
	const ahead: Promise<Buffer>[] = [];
	let requested = from;
	const request = (count: number) => {
		for (; ahead.length < count && requested < segments.length; requested++) {
			const promise = reader.read(segments[requested]!.path);
			promise.catch(() => {});
			ahead.push(promise);
		}
	};
	let before: { index: SegmentIndex; times: SegmentTimes } | undefined;
	let shift = 0;
	try {
		for (let number = from; number < segments.length; number++) {
			signal?.throwIfAborted();
			request(number < until ? READ_AHEAD : 1);
			const segment = segments[number]!;
			const bytes = await ahead.shift()!;
			if (number < until) request(READ_AHEAD);
			const index = indexOf(segment.path, bytes, before?.index);
			if (mustBeSound?.(number)) refuseDamage(number, segment.path, index, before?.index);
			const times = segmentTimes(segment, index);
			const join =
				before === undefined ? { shift: 0, jumped: false } : joinClocks(before.times, shift, times);
			shift = join.shift;
			before = { index, times };
			let isKept = false;
			const giveBack = () => reader.release(bytes);
			const keep = () => {
				isKept = true;
				return giveBack;
			};
			yield { number, segment, bytes, index, shift, jumped: join.jumped, keep };
			if (!isKept) giveBack();
		}
	} finally {
		await Promise.allSettled(ahead);
	}
}

/** A segment whose packets are damaged, so that they must not be copied as they are. */
export class DamagedSegmentError extends SegmentError {
	override name = 'DamagedSegmentError';
	/** Its number in the run. */
	readonly number: number;

	constructor(number: number, path: string, what: string) {
		super(path, what);
		this.number = number;
	}
}

function refuseDamage(
	number: number,
	path: string,
	index: SegmentIndex,
	before: SegmentIndex | undefined,
): void {
	if (index.damage !== undefined) throw new DamagedSegmentError(number, path, index.damage);
	const { video } = index;
	if (video === undefined || video.beginsPicture || before?.video === undefined) return;
	if (video.firstCounter !== ((before.video.lastCounter + 1) & 15))
		throw new DamagedSegmentError(
			number,
			path,
			'begins with the rest of a picture that the one before does not begin',
		);
}
