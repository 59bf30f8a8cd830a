import type { SegmentIndex } from './mpegts/segment-index.ts';
import { sameFormat } from './picture-format.ts';

/**
 * Whether one decoder's filters can take both, one after the other: the same format of pictures, and the same sounds. What is
 * not known counts as alike.
 */
export function sameStreams(a: SegmentIndex, b: SegmentIndex): boolean {
	const [own, others] = [a.programme.audio, b.programme.audio];
	if (!sameFormat(a, b) || own.length !== others.length) return false;
	return own.every(({ codec }, n) => {
		const [kind, other] = [a.soundKinds[n], b.soundKinds[n]];
		return codec === others[n]!.codec && (kind === undefined || other === undefined || kind === other);
	});
}

/**
 * Whether sound of `b` cannot stand behind that of `a` in one copied stream: another codec; or AAC of another rate or other
 * channels, which MP4 and Matroska say once for all of it. Frames of the other codecs say for themselves what they are.
 */
export function soundChanges(a: SegmentIndex, b: SegmentIndex): boolean {
	return a.programme.audio.some(({ codec }, n) => {
		const other = b.programme.audio[n];
		if (other === undefined || other.codec !== codec) return other !== undefined;
		const [kind, otherKind] = [a.soundKinds[n], b.soundKinds[n]];
		return codec === 'aac' && kind !== undefined && otherKind !== undefined && kind !== otherKind;
	});
}
