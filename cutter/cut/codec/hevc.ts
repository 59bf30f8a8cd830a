import { BitReader, BitWriter } from './bits.ts';
import { escapeNal, unescapeNal } from './nal.ts';

/** nal_unit_type, ITU-T H.265 table 7-1. */
export const HEVC_NAL = {
	blaWithLeading: 16,
	blaWithRadl: 17,
	blaAlone: 18,
	idrWithRadl: 19,
	idrAlone: 20,
	cra: 21,
	lastRandomAccess: 23,
	lastSlice: 31,
	vps: 32,
	sps: 33,
	pps: 34,
	delimiter: 35,
	endOfSequence: 36,
} as const;

/** Start code and NAL unit of an end of sequence: what follows is decoded as if nothing had been before. */
export const HEVC_END_OF_SEQUENCE = Buffer.from([0, 0, 0, 1, HEVC_NAL.endOfSequence << 1, 1]);

/** nal_unit_type of a NAL unit. */
export function hevcNalType(nal: Uint8Array): number {
	return (nal[0]! >> 1) & 0x3f;
}

/** Ids for the parameter sets of re-encoded pictures. */
export interface HevcIds {
	vps: number;
	sps: number;
	pps: number;
}

const NAL_HEADER = 2;
/** general_profile_space to general_level_idc (7.3.3). */
const PROFILE_BYTES = 12;
const PROFILE_AT = { vps: NAL_HEADER + 4, sps: NAL_HEADER + 1 };

/** general_profile_space to general_level_idc of a sequence parameter set; undefined when it is too short. */
export function hevcProfile(sps: Uint8Array): Buffer | undefined {
	const bytes = unescapeNal(sps.subarray(0, 64));
	const end = PROFILE_AT.sps + PROFILE_BYTES;
	return bytes.length < end ? undefined : Buffer.from(bytes.subarray(PROFILE_AT.sps, end));
}

/** The size and format of a sequence parameter set's pictures; undefined when it is broken. */
export function hevcFormat(
	sps: Uint8Array,
): { width: number; height: number; chromaFormat: number; bitDepth: number } | undefined {
	try {
		const bits = readerAfterProfile(unescapeNal(sps));
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
		};
	} catch (error) {
		if (error instanceof RangeError) return undefined;
		throw error;
	}
}

/** The id of any parameter set; undefined when it is broken. */
export function hevcParameterSetId(nal: Uint8Array): number | undefined {
	const bytes = unescapeNal(nal);
	try {
		switch (hevcNalType(nal)) {
			case HEVC_NAL.vps:
				return bytes[NAL_HEADER]! >> 4;
			case HEVC_NAL.sps:
				return readerAfterProfile(bytes).unsigned();
			default:
				return new BitReader(bytes.subarray(NAL_HEADER)).unsigned();
		}
	} catch (error) {
		if (error instanceof RangeError) return undefined;
		throw error;
	}
}

/** A reader of an unescaped sequence parameter set, at its id. Sub-layers may have profiles and levels of their own. */
function readerAfterProfile(sps: Uint8Array): BitReader {
	const bits = new BitReader(sps.subarray(NAL_HEADER));
	bits.read(4);
	const subLayers = bits.read(3);
	bits.read(1);
	bits.read(PROFILE_BYTES * 8);
	if (subLayers > 0) {
		const present = Array.from({ length: 8 }, () => [bits.flag(), bits.flag()] as const);
		for (const [hasProfile, hasLevel] of present.slice(0, subLayers)) {
			if (hasProfile) bits.read(88);
			if (hasLevel) bits.read(8);
		}
	}
	return bits;
}

/**
 * Gives an NAL unit of the encoder, which numbers all its parameter sets 0, the ids `ids` and, where `profile` is told, the
 * source's profile, tier and level. Other kinds of NAL units are returned as they are.
 */
export function renumberHevcNal(nal: Buffer, ids: HevcIds, profile: Buffer | undefined): Buffer {
	const type = hevcNalType(nal);
	if (type === HEVC_NAL.vps) {
		const bytes = unescapeNal(nal);
		bytes[NAL_HEADER] = (ids.vps << 4) | (bytes[NAL_HEADER]! & 0x0f);
		profile?.copy(bytes, PROFILE_AT.vps);
		return escapeNal(bytes);
	}
	if (type === HEVC_NAL.sps) {
		const bytes = unescapeNal(nal);
		bytes[NAL_HEADER] = (ids.vps << 4) | (bytes[NAL_HEADER]! & 0x0f);
		profile?.copy(bytes, PROFILE_AT.sps);
		return replaceCodes(bytes, readerAfterProfile(bytes).position, [ids.sps]);
	}
	if (type === HEVC_NAL.pps) return replaceCodes(unescapeNal(nal), 0, [ids.pps, ids.sps]);
	return type <= HEVC_NAL.lastSlice ? renumberSlice(nal, ids.pps) : nal;
}

/** Replaces the Exp-Golomb codes from bit `at` of the payload on by `values`; what follows moves up. */
function replaceCodes(nal: Buffer, at: number, values: readonly number[]): Buffer {
	const payload = nal.subarray(NAL_HEADER);
	const bits = new BitReader(payload);
	const out = new BitWriter();
	for (let bit = 0; bit < at; bit++) out.write(bits.read(1), 1);
	for (const value of values) {
		bits.unsigned();
		out.unsigned(value);
	}
	// The last one bit ends the payload, and zeros fill up the byte (7.3.2.11).
	const last = payload.findLastIndex((byte) => byte !== 0);
	const end = last * 8 + 8 - Math.log2(payload[last]! & -payload[last]!);
	while (bits.position < end) out.write(bits.read(1), 1);
	return escapeNal(Buffer.concat([nal.subarray(0, NAL_HEADER), out.bytes()]));
}

/**
 * Whether `renumberSlice` can write the id: its code takes nine bits, where that of 0 takes one, and the byte that
 * comes in is never 0.
 */
export function isSliceId(id: number): boolean {
	return id >= 15 && id <= 30 && ((id + 1) & 3) !== 0;
}

/**
 * Puts `id` in the place of slice_pic_parameter_set_id 0 in a slice (7.3.6.1). The code of an id from 15 to 30 is exactly
 * a byte longer than that of 0, so all that follows moves by a whole byte and stays as it is: neither the rest of the
 * slice header nor its alignment needs to be known. As the new byte is not 0, no emulation prevention comes or goes.
 */
function renumberSlice(nal: Buffer, id: number): Buffer {
	const type = hevcNalType(nal);
	const isRandomAccess = type >= HEVC_NAL.blaWithLeading && type <= HEVC_NAL.lastRandomAccess;
	const first = nal[NAL_HEADER]!;
	// first_slice_segment_in_pic_flag, and no_output_of_prior_pics_flag where it is there, come before the id.
	const before = isRandomAccess ? 2 : 1;
	const isExpected = (first & 0x80) !== 0 && (first & (0x80 >> before)) !== 0 && isSliceId(id);
	if (!isExpected)
		throw new RangeError('The encoder wrote a slice that cannot be given another parameter set.');
	const after = 7 - before;
	const kept = first >> (8 - before);
	const rest = first & ((1 << after) - 1);
	const two = (kept << (16 - before)) | ((id + 1) << after) | rest;
	return Buffer.concat([
		nal.subarray(0, NAL_HEADER),
		Buffer.from([two >> 8, two & 0xff]),
		nal.subarray(NAL_HEADER + 1),
	]);
}
