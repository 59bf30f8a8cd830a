import type { BitReader } from './bits.ts';
import { readerAfterProfile } from './hevc.ts';
import { unescapeNal } from './nal.ts';
import { type Aspect, vuiAspect } from './vui-aspect.ts';

/** What a sequence parameter set tells of its pictures: size as shown, chroma_format_idc, bits per luma sample. */
export interface HevcFormat {
	width: number;
	height: number;
	chromaFormat: number;
	bitDepth: number;
	/** Undefined for square samples, or where nothing tells. */
	aspect: Aspect | undefined;
}

/** The format of a sequence parameter set's pictures (ITU-T H.265, 7.3.2.2.1); undefined when it is broken. */
export function hevcFormat(sps: Uint8Array): HevcFormat | undefined {
	const payload = unescapeNal(sps);
	const subLayers = ((payload[2] ?? 0) >> 1) & 7;
	return untilItEnds(() => {
		const bits = readerAfterProfile(payload);
		bits.unsigned();
		const chromaFormat = bits.unsigned();
		if (chromaFormat === 3) bits.flag();
		const [codedWidth, codedHeight] = [bits.unsigned(), bits.unsigned()];
		const [left, right, top, bottom] = bits.flag()
			? [bits.unsigned(), bits.unsigned(), bits.unsigned(), bits.unsigned()]
			: [0, 0, 0, 0];
		const cropX = chromaFormat === 1 || chromaFormat === 2 ? 2 : 1;
		const cropY = chromaFormat === 1 ? 2 : 1;
		return {
			width: codedWidth - (left + right) * cropX,
			height: codedHeight - (top + bottom) * cropY,
			chromaFormat,
			bitDepth: bits.unsigned() + 8,
			// Whoever plays the pictures can do so without it: a set that is broken from there on tells no aspect.
			aspect: untilItEnds(() => aspectBehindDepth(bits, subLayers)),
		};
	});
}

function untilItEnds<T>(read: () => T): T | undefined {
	try {
		return read();
	} catch (error) {
		if (error instanceof RangeError) return undefined;
		throw error;
	}
}

/** Reads on from behind bit_depth_luma_minus8 to the aspect in the VUI. */
function aspectBehindDepth(bits: BitReader, subLayers: number): Aspect | undefined {
	bits.unsigned();
	const orderBits = bits.unsigned() + 4;
	for (let left = bits.flag() ? subLayers + 1 : 1; left > 0; left--) skipCodes(bits, 3);
	// Sizes of coding and transform blocks, and depths of their hierarchies.
	skipCodes(bits, 6);
	if (bits.flag() && bits.flag()) skipScalingLists(bits);
	// Asymmetric partitions, sample adaptive offset.
	bits.read(2);
	if (bits.flag()) {
		bits.read(8);
		skipCodes(bits, 2);
		bits.flag();
	}
	skipReferenceSets(bits);
	if (bits.flag()) for (let left = bits.unsigned(); left > 0; left--) bits.read(orderBits + 1);
	// Temporal motion vectors, strong smoothing.
	bits.read(2);
	return bits.flag() ? vuiAspect(bits) : undefined;
}

function skipCodes(bits: BitReader, count: number): void {
	for (let left = count; left > 0; left--) bits.unsigned();
}

/** scaling_list_data (7.3.4). */
function skipScalingLists(bits: BitReader): void {
	for (let size = 0; size < 4; size++)
		for (let matrix = 0; matrix < 6; matrix += size === 3 ? 3 : 1) {
			if (!bits.flag()) {
				bits.unsigned();
				continue;
			}
			if (size > 1) bits.signed();
			for (let left = Math.min(64, 1 << (4 + 2 * size)); left > 0; left--) bits.signed();
		}
}

/** More are none (7.4.3.2.1). */
const MOST_REFERENCE_SETS = 64;

/**
 * num_short_term_ref_pic_sets and st_ref_pic_set (7.3.7). A set may be told by its difference to the one before, with a flag
 * or two for each picture of that; so their distances have to be known (7.4.8).
 */
function skipReferenceSets(bits: BitReader): void {
	const count = bits.unsigned();
	if (count > MOST_REFERENCE_SETS)
		throw new RangeError('There are more reference picture sets than there may be.');
	let before: number[] = [];
	for (let number = 0; number < count; number++)
		before = number > 0 && bits.flag() ? derivedSet(bits, before) : explicitSet(bits);
}

/** The distances of the pictures of a set, nearest first: those before, then those after. */
function explicitSet(bits: BitReader): number[] {
	const counts = [bits.unsigned(), bits.unsigned()];
	const distances: number[] = [];
	for (const [n, sign] of [-1, 1].entries()) {
		let distance = 0;
		for (let left = counts[n]!; left > 0; left--) {
			distance += sign * (bits.unsigned() + 1);
			bits.flag();
			distances.push(distance);
		}
	}
	return distances;
}

function derivedSet(bits: BitReader, before: readonly number[]): number[] {
	const isBackwards = bits.flag();
	const step = (bits.unsigned() + 1) * (isBackwards ? -1 : 1);
	// used_by_curr_pic_flag; without it use_delta_flag says whether the picture is in the set at all.
	const distances = [...before.map((distance) => distance + step), step].filter(
		() => bits.flag() || bits.flag(),
	);
	return [
		...distances.filter((distance) => distance < 0).sort((a, b) => b - a),
		...distances.filter((distance) => distance > 0).sort((a, b) => a - b),
	];
}
