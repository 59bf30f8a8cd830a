import { BitReader } from './bits.ts';
import { escapeNal, unescapeNal } from './nal.ts';
import { type FieldReader, SetEditor } from './set-editor.ts';

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

/** What a sequence parameter set demands of a decoder. */
export interface HevcDemands {
	/** general_profile_space to general_level_idc. */
	profile: Buffer | undefined;
	/**
	 * Of the highest sub-layer: sps_max_dec_pic_buffering_minus1, sps_max_num_reorder_pics and
	 * sps_max_latency_increase_plus1. They are upper bounds, so pictures without reordering may say the source's, and a
	 * player need not change its delay where they join copied ones.
	 */
	ordering: readonly number[] | undefined;
}

/** What the sequence parameter set demands of a decoder; nothing when it is broken. */
export function hevcDemands(sps: Uint8Array): HevcDemands {
	const bytes = unescapeNal(sps);
	const profileEnd = PROFILE_AT.sps + PROFILE_BYTES;
	const profile =
		bytes.length < profileEnd ? undefined : Buffer.from(bytes.subarray(PROFILE_AT.sps, profileEnd));
	try {
		const bits = readerAfterProfile(bytes);
		bits.unsigned();
		skipToOrdering(bits);
		const subLayers = (bytes[NAL_HEADER]! >> 1) & 7;
		const triples = bits.flag() ? subLayers + 1 : 1;
		let ordering: number[] = [];
		for (let left = triples; left > 0; left--) ordering = [bits.unsigned(), bits.unsigned(), bits.unsigned()];
		return { profile, ordering };
	} catch (error) {
		if (error instanceof RangeError) return { profile, ordering: undefined };
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

/** A reader of an unescaped HEVC sequence parameter set, at its id. Sub-layers may have profiles and levels of their own. */
export function readerAfterProfile(sps: Uint8Array): BitReader {
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
 * Gives an NAL unit of the encoder, which numbers all its parameter sets 0, the ids `ids`, and the source's demands on
 * a decoder. Other kinds of NAL units are returned as they are.
 */
export function renumberHevcNal(nal: Buffer, ids: HevcIds, demands: HevcDemands): Buffer {
	const type = hevcNalType(nal);
	if (type === HEVC_NAL.vps) {
		const bytes = unescapeNal(nal);
		bytes[NAL_HEADER] = (ids.vps << 4) | (bytes[NAL_HEADER]! & 0x0f);
		demands.profile?.copy(bytes, PROFILE_AT.vps);
		return escapeNal(bytes);
	}
	if (type === HEVC_NAL.sps) return renumberSps(unescapeNal(nal), ids, demands);
	if (type === HEVC_NAL.pps) {
		const bytes = unescapeNal(nal);
		const set = new SetEditor(bytes.subarray(NAL_HEADER));
		set.changeCode(() => ids.pps);
		set.changeCode(() => ids.sps);
		return escapeNal(Buffer.concat([bytes.subarray(0, NAL_HEADER), set.finish()]));
	}
	return type <= HEVC_NAL.lastSlice ? renumberSlice(nal, ids.pps) : nal;
}

/** A sequence parameter set of the encoder with the ids and the decoder demands of the source. */
function renumberSps(bytes: Buffer, ids: HevcIds, { profile, ordering }: HevcDemands): Buffer {
	bytes[NAL_HEADER] = (ids.vps << 4) | (bytes[NAL_HEADER]! & 0x0f);
	profile?.copy(bytes, PROFILE_AT.sps);
	const set = new SetEditor(bytes.subarray(NAL_HEADER));
	for (let left = readerAfterProfile(bytes).position; left > 0; left--) set.read(1);
	set.changeCode(() => ids.sps);
	if (ordering !== undefined) {
		skipToOrdering(set);
		// The encoder has one sub-layer, and so one triple.
		set.flag();
		for (const value of ordering) set.changeCode(() => value);
	}
	return escapeNal(Buffer.concat([bytes.subarray(0, NAL_HEADER), set.finish()]));
}

/** Reads what lies between the id of a sequence parameter set and its sub-layer ordering info. */
function skipToOrdering(set: FieldReader): void {
	if (set.unsigned() === 3) set.flag();
	set.unsigned();
	set.unsigned();
	if (set.flag()) for (let side = 0; side < 4; side++) set.unsigned();
	set.unsigned();
	set.unsigned();
	set.unsigned();
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
