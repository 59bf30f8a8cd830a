import type { SegmentIndex } from '../mpegts/segment-index.ts';
import { sameFormat } from './picture-format.ts';
import { isOfKind } from './sound-format.ts';

/**
 * Whether one decoder's filters can take `b` behind `a`: the same format of pictures, and the same sounds. What is not known
 * counts as alike.
 */
export function sameStreams(a: SegmentIndex, b: SegmentIndex): boolean {
	return sameCodecs(a, b) && b.soundKinds.every((kind, n) => isOfKind(a.lastSoundKinds[n], kind));
}

/** The same, whatever kinds the sounds are of. */
export function sameCodecs(a: SegmentIndex, b: SegmentIndex): boolean {
	const [own, others] = [a.programme.audio, b.programme.audio];
	return (
		sameFormat(a, b) &&
		own.length === others.length &&
		own.every(({ codec }, n) => codec === others[n]!.codec)
	);
}

/**
 * Whether sound of `b` cannot stand behind that of `a` in one copied stream: another codec; or AAC of another rate or other
 * channels, in any of its frames, which MP4 and Matroska say once for all of it. Frames of the other codecs say for
 * themselves what they are.
 */
export function soundChanges(a: SegmentIndex, b: SegmentIndex): boolean {
	return a.programme.audio.some(({ codec }, n) => {
		const other = b.programme.audio[n];
		if (other === undefined || other.codec !== codec) return other !== undefined;
		const kinds = [b.soundKinds[n], b.lastSoundKinds[n]];
		return codec === 'aac' && kinds.some((kind) => !isOfKind(a.soundKinds[n], kind));
	});
}

/** Wall times at which pictures or sounds of a segment become of another format than before it, or earlier in it. */
export function formatChanges(
	before: SegmentIndex | undefined,
	index: SegmentIndex,
	{ start }: { start: number },
): number[] {
	const changes = before === undefined || sameStreams(before, index) ? [] : [start];
	return index.soundChange === undefined ? changes : [...changes, start + index.soundChange];
}

/** What kinds the sounds of a segment are of at a wall time. */
export function soundKindsAt(
	{ soundKinds, lastSoundKinds, soundChange }: SegmentIndex,
	{ start }: { start: number },
	wall: number,
): readonly (string | undefined)[] {
	return soundChange !== undefined && start + soundChange <= wall ? lastSoundKinds : soundKinds;
}
