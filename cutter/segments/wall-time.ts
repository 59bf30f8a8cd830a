/** PTS are 33 bits wide and begin again at 0 after 26.5 hours (ISO/IEC 13818-1, 2.4.3.7). */
const PTS_MODULUS = 2 ** 33;

/**
 * The wall time of a picture, in 90 kHz ticks since the Unix epoch: the start that its segment's name says, plus its
 * PTS less the smallest video PTS of that segment. This is the one place that says so; the cutter, the segment server
 * and the editor page all mean the same picture by the same time.
 *
 * Both PTS as they stand in the stream (33 bits, a wrap between them is handled) or both already unwrapped.
 */
export function wallTime(segment: { readonly start: number }, pts: number, smallestVideoPts: number): number {
	const offset = (pts - smallestVideoPts) % PTS_MODULUS;
	return segment.start + (offset < 0 ? offset + PTS_MODULUS : offset);
}
