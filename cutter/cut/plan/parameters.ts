import type { SegmentIndex } from '../mpegts/segment-index.ts';

/** Whether copied pictures of both can stand in one stream: the same codec, with the same sequence parameter sets. */
export function sameParameters(a: SegmentIndex, b: SegmentIndex): boolean {
	if (a.programme.video?.codec !== b.programme.video?.codec) return false;
	const among = (set: Buffer, others: readonly Buffer[]) => others.some((other) => other.equals(set));
	return a.sequenceSets.length === 0 || b.sequenceSets.every((set) => among(set, a.sequenceSets));
}
