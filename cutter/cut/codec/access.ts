import { H264_NAL, type H264Sps, isExactRecoveryPoint, readH264Sps, readSliceField } from './h264.ts';
import { HEVC_NAL } from './hevc.ts';
import { findStartCode, nalUnits } from './nal.ts';

/**
 * What can begin at a picture:
 * - `clean`: a copy, since nothing after it refers to anything before it (IDR, BLA without skipped pictures);
 * - `clean-if-leading-free`: a copy, if no picture that is decoded after it is shown before it (CRA);
 * - `open`: decoding, of what is shown at or after it (recovery point), but no copy: H.264 can change parameter sets
 *   only at an IDR;
 * - `none`: nothing.
 */
export type Access = 'clean' | 'clean-if-leading-free' | 'open' | 'none';

/** What the NAL units before and at the first slice of a picture say. */
export interface PictureHead {
	access: Access;
	/** Parameter sets, each with its NAL header, in stream order. */
	parameterSets: Uint8Array[];
	/** Set when the picture is a single field of an interlaced frame. */
	field: { frameNum: number; bottom: boolean } | undefined;
	/** Set when it is known that no other picture refers to this one. */
	disposable?: true;
	/** Whether a slice was found: else the head was cut off, and `access` is `none`. */
	complete: boolean;
}

/** Bytes of a slice that are enough to read its field from. */
const SLICE_HEAD = 24;

/** Nearly every picture is like one of these, so that it is worth while not to make it anew. */
const PLAIN: PictureHead = { access: 'none', parameterSets: [], field: undefined, complete: true };
const DISPOSABLE: PictureHead = { ...PLAIN, disposable: true };

/** nal_ref_idc (7.4.1): 0 says that nothing refers to the slice. */
const REFERENCE_BITS = 0x60;

/**
 * Reads the head of an H.264 access unit in the first `length` bytes; `known` is the sequence parameter set in force,
 * unless the unit brings one. A keyframe without parameter sets of its own is none for us: nobody could begin there.
 */
export function readH264Head(bytes: Uint8Array, length: number, known: H264Sps | undefined): PictureHead {
	let parameterSets: Uint8Array[] | undefined;
	let sps = known;
	let hasSps = false;
	let hasPps = false;
	let recovery = false;
	for (let code = findStartCode(bytes, 0, length); code !== -1; ) {
		const start = code + 3;
		const type = bytes[start]! & 0x1f;
		if (type >= H264_NAL.slice && type <= H264_NAL.idr) {
			const complete = length - start >= SLICE_HEAD;
			if (complete && parameterSets === undefined && type !== H264_NAL.idr && !sps?.interlaced)
				return (bytes[start]! & REFERENCE_BITS) === 0 ? DISPOSABLE : PLAIN;
			const whole = hasSps && hasPps;
			const access = !whole ? 'none' : type === H264_NAL.idr ? 'clean' : recovery ? 'open' : 'none';
			const field = sps && readSliceField(bytes.subarray(start, length), sps);
			return { access, parameterSets: parameterSets ?? [], field, complete };
		}
		code = findStartCode(bytes, start, length);
		const nal = bytes.subarray(start, code === -1 ? length : trimZeros(bytes, start, code));
		if (type === H264_NAL.sps) {
			sps = readH264Sps(nal) ?? sps;
			hasSps = true;
		} else if (type === H264_NAL.pps) hasPps = true;
		else if (type === H264_NAL.sei) recovery ||= isExactRecoveryPoint(nal);
		if (type === H264_NAL.sps || type === H264_NAL.pps) {
			parameterSets ??= [];
			parameterSets.push(nal);
		}
	}
	return { access: 'none', parameterSets: [], field: undefined, complete: false };
}

/** The end of a NAL unit before the start code at `code`: zeros before a start code belong to it. */
function trimZeros(bytes: Uint8Array, start: number, code: number): number {
	let end = code;
	while (end > start && bytes[end - 1] === 0) end--;
	return end;
}

/**
 * Reads the head of an MPEG-2 access unit (ISO/IEC 13818-2, 6.2.2). Decoding can begin at a sequence header; this codec is
 * never copied.
 */
export function readMpeg2Head(bytes: Uint8Array): PictureHead {
	const SEQUENCE_HEADER = 0xb3;
	const code = findStartCode(bytes, 0);
	const begins = code !== -1 && bytes[code + 3] === SEQUENCE_HEADER;
	// Size, aspect and rate: what comes behind may differ without a change of what is decoded.
	const parameterSets = begins ? [bytes.subarray(code + 3, code + 8)] : [];
	return { access: begins ? 'open' : 'none', parameterSets, field: undefined, complete: code !== -1 };
}

/** Reads the head of an HEVC access unit (ITU-T H.265, 7.4.2.2). */
export function readHevcHead(bytes: Uint8Array): PictureHead {
	const parameterSets: Uint8Array[] = [];
	const types = new Set<number>();
	for (const { start, end } of nalUnits(bytes)) {
		const nal = bytes.subarray(start, end);
		const type = (nal[0]! >> 1) & 0x3f;
		types.add(type);
		if (type >= HEVC_NAL.vps && type <= HEVC_NAL.pps) parameterSets.push(nal);
		if (type >= HEVC_NAL.vps) continue;
		const whole = types.has(HEVC_NAL.vps) && types.has(HEVC_NAL.sps) && types.has(HEVC_NAL.pps);
		return { access: whole ? hevcAccess(type) : 'none', parameterSets, field: undefined, complete: true };
	}
	return { access: 'none', parameterSets, field: undefined, complete: false };
}

function hevcAccess(type: number): Access {
	switch (type) {
		case HEVC_NAL.idrWithRadl:
		case HEVC_NAL.idrAlone:
		case HEVC_NAL.blaWithRadl:
		case HEVC_NAL.blaAlone:
			return 'clean';
		case HEVC_NAL.blaWithLeading:
		case HEVC_NAL.cra:
			return 'clean-if-leading-free';
		default:
			return 'none';
	}
}
