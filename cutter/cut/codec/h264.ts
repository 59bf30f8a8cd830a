import { BitReader } from './bits.ts';
import { escapeNal, unescapeNal } from './nal.ts';
import { type FieldReader, SetEditor } from './set-editor.ts';
import { vuiAspect } from './vui-aspect.ts';

/** nal_unit_type, ITU-T H.264 table 7-1. */
export const H264_NAL = { slice: 1, idr: 5, sei: 6, sps: 7, pps: 8, delimiter: 9 } as const;

/** What a cut needs to know of a sequence parameter set. */
export interface H264Sps {
	id: number;
	/** profile_idc, the constraint flags and level_idc: the three bytes after the NAL header. */
	profileBytes: Buffer;
	separateColourPlanes: boolean;
	frameNumBits: number;
	/** Whether pictures may be coded as single fields or with field macroblocks. */
	interlaced: boolean;
	/** Of the picture as shown, in samples. */
	width: number;
	height: number;
	/** chroma_format_idc: 0 none, 1 4:2:0, 2 4:2:2, 3 4:4:4. */
	chromaFormat: number;
	/** Bits per luma sample. */
	bitDepth: number;
	/** qpprime_y_zero_transform_bypass_flag: macroblocks may be coded without loss. */
	bypassesTransform: boolean;
	/** How wide a sample is to its height; undefined for square ones, or where the VUI does not say. */
	aspect: { num: number; den: number } | undefined;
	/** Pictures per second, from the VUI. */
	frameRate: { num: number; den: number } | undefined;
	/** What the VUI says of how long pictures wait: max_num_reorder_frames and max_dec_frame_buffering. */
	reordering: H264Reordering | undefined;
}

/** How many pictures may be decoded before one that is shown before them, and how many a decoder has to keep. */
export interface H264Reordering {
	frames: number;
	buffered: number;
}

/** Profiles whose sequence parameter set says chroma format and bit depth (7.3.2.1.1). */
const HIGH_PROFILES = new Set([100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135]);

/** Whether the sets of both profiles are laid out alike, so that one's profile bytes fit the other. */
export function sameSpsLayout(profileA: number, profileB: number): boolean {
	return HIGH_PROFILES.has(profileA) === HIGH_PROFILES.has(profileB);
}

/** The set that was read last, and what it says: each keyframe of a stream brings the same one. */
let lastRead: { nal: Buffer; sps: H264Sps | undefined } | undefined;

/** Reads a sequence parameter set (NAL header included); undefined when it is broken. */
export function readH264Sps(nal: Uint8Array): H264Sps | undefined {
	if (lastRead?.nal.equals(nal) !== true) lastRead = { nal: Buffer.from(nal), sps: readNewSps(nal) };
	return lastRead.sps;
}

function readNewSps(nal: Uint8Array): H264Sps | undefined {
	try {
		const bytes = unescapeNal(nal);
		const bits = new BitReader(bytes.subarray(1));
		const { hasVui, ...sps } = parseSps(bytes, bits);
		return { ...sps, reordering: hasVui ? readReordering(bits) : undefined };
	} catch (error) {
		if (error instanceof RangeError) return undefined;
		throw error;
	}
}

/** Reads a set up to the VUI's timing, which is the last that its pictures need. */
function parseSps(bytes: Buffer, bits: FieldReader): Omit<H264Sps, 'reordering'> & { hasVui: boolean } {
	const profile = bits.read(8);
	bits.read(16);
	const id = bits.unsigned();
	let separateColourPlanes = false;
	let chromaFormat = 1;
	let bitDepth = 8;
	let bypassesTransform = false;
	if (HIGH_PROFILES.has(profile)) {
		chromaFormat = bits.unsigned();
		if (chromaFormat === 3) separateColourPlanes = bits.flag();
		bitDepth = bits.unsigned() + 8;
		bits.unsigned();
		bypassesTransform = bits.flag();
		if (bits.flag()) skipScalingLists(bits, chromaFormat === 3 ? 12 : 8);
	}
	const frameNumBits = bits.unsigned() + 4;
	const orderType = bits.unsigned();
	if (orderType === 0) bits.unsigned();
	else if (orderType === 1) {
		bits.flag();
		bits.signed();
		bits.signed();
		for (let left = bits.unsigned(); left > 0; left--) bits.signed();
	}
	bits.unsigned();
	bits.flag();
	const macroblocksWide = bits.unsigned() + 1;
	const mapUnitsHigh = bits.unsigned() + 1;
	const interlaced = !bits.flag();
	if (interlaced) bits.flag();
	bits.flag();
	// Crop units, table 6-1: chroma samples; a map unit of a stream with fields is two macroblocks high.
	const fields = interlaced ? 2 : 1;
	const cropX = chromaFormat === 1 || chromaFormat === 2 ? 2 : 1;
	const cropY = (chromaFormat === 1 ? 2 : 1) * fields;
	const [left, right, top, bottom] = bits.flag()
		? [bits.unsigned(), bits.unsigned(), bits.unsigned(), bits.unsigned()]
		: [0, 0, 0, 0];
	const hasVui = bits.flag();
	const aspect = hasVui ? vuiAspect(bits) : undefined;
	const frameRate = hasVui ? vuiFrameRate(bits) : undefined;
	return {
		hasVui,
		id,
		profileBytes: Buffer.from(bytes.subarray(1, 4)),
		separateColourPlanes,
		frameNumBits,
		interlaced,
		width: macroblocksWide * 16 - (left + right) * cropX,
		height: mapUnitsHigh * 16 * fields - (top + bottom) * cropY,
		chromaFormat,
		bitDepth,
		bypassesTransform,
		aspect,
		frameRate,
	};
}

function skipScalingLists(bits: FieldReader, count: number): void {
	for (let list = 0; list < count; list++) {
		if (!bits.flag()) continue;
		let last = 8;
		let next = 8;
		for (let entry = 0; entry < (list < 6 ? 16 : 64); entry++) {
			if (next !== 0) next = (last + bits.signed() + 256) % 256;
			if (next !== 0) last = next;
		}
	}
}

/** The timing fields of annex E.1.1, behind the aspect: a field takes one tick, so a picture takes two. */
function vuiFrameRate(bits: FieldReader): H264Sps['frameRate'] {
	if (bits.flag()) bits.flag();
	if (bits.flag()) {
		bits.read(4);
		if (bits.flag()) bits.read(24);
	}
	if (bits.flag()) {
		bits.unsigned();
		bits.unsigned();
	}
	if (!bits.flag()) return undefined;
	const unitsInTick = bits.read(32);
	const timeScale = bits.read(32);
	bits.flag();
	return unitsInTick > 0 && timeScale > 0 ? { num: timeScale, den: unitsInTick * 2 } : undefined;
}

/** What comes behind the VUI's timing; undefined when it says nothing of reordering, or ends early. */
function readReordering(bits: FieldReader): H264Reordering | undefined {
	try {
		if (!skipToReordering(bits)) return undefined;
		return { frames: bits.unsigned(), buffered: bits.unsigned() };
	} catch (error) {
		// Some encoders cut the VUI short, and decoders put up with it.
		if (error instanceof RangeError) return undefined;
		throw error;
	}
}

/** Reads from behind the timing up to max_num_reorder_frames; false when the set does not have that. */
function skipToReordering(bits: FieldReader): boolean {
	const networkHrd = bits.flag();
	if (networkHrd) skipHrd(bits);
	const codingHrd = bits.flag();
	if (codingHrd) skipHrd(bits);
	if (networkHrd || codingHrd) bits.flag();
	bits.flag();
	if (!bits.flag()) return false;
	bits.flag();
	for (let field = 0; field < 4; field++) bits.unsigned();
	return true;
}

/** hrd_parameters, annex E.1.2. */
function skipHrd(bits: FieldReader): void {
	const buffers = bits.unsigned() + 1;
	bits.read(8);
	for (let left = buffers; left > 0; left--) {
		bits.unsigned();
		bits.unsigned();
		bits.flag();
	}
	bits.read(20);
}

/**
 * The sequence parameter set (NAL header included) of an encoder without reordering, made to announce that pictures wait as
 * long as `reordering` says. A player so takes the delay from the beginning that the source's pictures will
 * need, and need not change it where they join; and ffmpeg, which works out the decoding times of Matroska from it, gets
 * them right there. Unchanged when the set says nothing of reordering, or is broken.
 */
export function withReordering(nal: Buffer, { frames, buffered }: H264Reordering): Buffer {
	const bytes = unescapeNal(nal);
	const set = new SetEditor(bytes.subarray(1));
	try {
		if (!parseSps(bytes, set).hasVui || !skipToReordering(set)) return nal;
		set.changeCode((own) => Math.max(own, frames));
		set.changeCode((own) => Math.max(own, frames, buffered));
		return escapeNal(Buffer.concat([bytes.subarray(0, 1), set.finish()]));
	} catch (error) {
		if (error instanceof RangeError) return nal;
		throw error;
	}
}

/** Ids of a picture parameter set and of the sequence parameter set that it belongs to. */
export function readH264PpsIds(nal: Uint8Array): { id: number; spsId: number } | undefined {
	try {
		const bits = new BitReader(unescapeNal(nal.subarray(1, 16)));
		return { id: bits.unsigned(), spsId: bits.unsigned() };
	} catch (error) {
		if (error instanceof RangeError) return undefined;
		throw error;
	}
}

/** The field that a slice belongs to; undefined for a slice of a whole frame. */
interface FieldOfSlice {
	frameNum: number;
	bottom: boolean;
}

/** Reads from the beginning of a slice (NAL header included) whether it is of a single field. */
export function readSliceField(nal: Uint8Array, sps: H264Sps): FieldOfSlice | undefined {
	if (!sps.interlaced) return undefined;
	try {
		const bits = new BitReader(unescapeNal(nal.subarray(1, 24)));
		bits.unsigned();
		bits.unsigned();
		bits.unsigned();
		if (sps.separateColourPlanes) bits.read(2);
		const frameNum = bits.read(sps.frameNumBits);
		return bits.flag() ? { frameNum, bottom: bits.flag() } : undefined;
	} catch (error) {
		if (error instanceof RangeError) return undefined;
		throw error;
	}
}

/**
 * Whether an SEI NAL unit says that decoding can begin at this very picture: a recovery point (annex D.1.8) with a
 * recovery_frame_cnt of 0. A larger one is a gradual refresh, where no single picture is whole.
 */
export function isExactRecoveryPoint(nal: Uint8Array): boolean {
	const RECOVERY_POINT = 6;
	const bytes = unescapeNal(nal);
	for (let at = 1; at + 2 < bytes.length; ) {
		let type = 0;
		while (bytes[at] === 0xff) type += bytes[at++]!;
		type += bytes[at++] ?? 0;
		let size = 0;
		while (bytes[at] === 0xff) size += bytes[at++]!;
		size += bytes[at++] ?? 0;
		// recovery_frame_cnt is ue(v): a leading one is 0.
		if (type === RECOVERY_POINT) return ((bytes[at] ?? 0) & 0x80) !== 0;
		at += size;
	}
	return false;
}
