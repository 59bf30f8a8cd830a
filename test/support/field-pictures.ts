import { BitWriter } from '../../cutter/cut/codec/bits.ts';
import { escapeNal } from '../../cutter/cut/codec/nal.ts';

/**
 * A small encoder of H.264 whose pictures are coded as two fields each (PAFF), which no encoder at hand makes: macroblocks are
 * PCM or skipped, in CAVLC (ITU-T H.264, 7.3). What is skipped shows the field before, so that a picture which is
 * decoded without what it refers to looks wrong.
 */

/** One coded picture, in the order of decoding. */
export interface FieldPicture {
	/** Its fields, or the one frame that it is coded as: each an access unit of its own in Annex B form. */
	units: Buffer[];
	/** Its place in the order of showing. */
	shown: number;
	isKey: boolean;
}

/** How to code pictures. */
export interface FieldCoding {
	pictures: number;
	/** Pictures from one keyframe to the next. */
	group: number;
	/** So many pictures that nothing refers to are shown between two that are referred to. */
	between: number;
	/** Each n-th picture is coded as one frame; none by default. */
	frameEach?: number;
	bottomFirst?: boolean;
	/** Keyframes after the first are recovery points with I slices, not IDR pictures. */
	open?: boolean;
	/** Whether the second field of a keyframe refers to the first. */
	predictsSecond?: boolean;
	delimiters?: boolean;
}

export const FIELD_PICTURE_SIZE = 64;
const WIDTH_MBS = 4;
const FRAME_MBS = 16;
const FRAME_NUM_BITS = 4;
const ORDER_BITS = 8;

const SLICE_P = 5;
const SLICE_I = 7;

/** Encodes a moving pattern. */
export function encodeFieldPictures(coding: FieldCoding): FieldPicture[] {
	const { pictures, group, between, frameEach, open = false } = coding;
	const coded: FieldPicture[] = [];
	let frameNum = 0;
	let idrs = 0;
	for (const { shown, isKey, isReferred, orderBase } of decodingOrder(pictures, group, between, open)) {
		const isIdr = isKey && (!open || shown === 0);
		if (isIdr) frameNum = 0;
		const isFrame = frameEach !== undefined && shown % frameEach === frameEach - 1;
		const picture = {
			...{ shown, isKey, isIdr, isReferred, frameNum: frameNum % (1 << FRAME_NUM_BITS) },
			order: 2 * (shown - orderBase),
			idr: idrs % 2,
		};
		if (isIdr) idrs++;
		coded.push({ shown, isKey, units: isFrame ? [frameUnit(picture, coding)] : fieldUnits(picture, coding) });
		if (isReferred) frameNum++;
	}
	return coded;
}

interface Ordered {
	shown: number;
	isKey: boolean;
	isReferred: boolean;
	/** The picture that the order of showing is counted from. */
	orderBase: number;
}

/** Referred-to pictures come before those that are shown between them; in closed groups none is shown before its keyframe. */
function decodingOrder(pictures: number, group: number, between: number, open: boolean): Ordered[] {
	const order: Ordered[] = [];
	for (let key = 0; key < pictures; key += group) {
		const orderBase = open ? 0 : key;
		const end = Math.min(pictures, key + group);
		const referred: number[] = [];
		for (let shown = key; shown < end; shown += between + 1) referred.push(shown);
		if (referred.at(-1) !== end - 1 && (!open || end === pictures)) referred.push(end - 1);
		for (const [n, shown] of referred.entries()) {
			order.push({ shown, isKey: shown === key, isReferred: true, orderBase });
			const before =
				n > 0 ? referred[n - 1]! : open && key > 0 ? lastReferred(key, group, between) : shown - 1;
			for (let middle = before + 1; middle < shown; middle++)
				order.push({ shown: middle, isKey: false, isReferred: false, orderBase });
		}
	}
	return order;
}

/** The last picture before an open keyframe that is referred to. */
function lastReferred(key: number, group: number, between: number): number {
	const start = key - group;
	return start + Math.floor((group - 1) / (between + 1)) * (between + 1);
}

interface Picture {
	shown: number;
	isKey: boolean;
	isIdr: boolean;
	isReferred: boolean;
	frameNum: number;
	order: number;
	idr: number;
}

function fieldUnits(picture: Picture, coding: FieldCoding): Buffer[] {
	const { bottomFirst = false, predictsSecond = false } = coding;
	const begins = unitHead(picture, bottomFirst ? 2 : 1, coding);
	const second = unitHead({ ...picture, isKey: false }, bottomFirst ? 1 : 2, coding);
	return [
		Buffer.concat([...begins, slice(picture, { bottom: bottomFirst, isSecond: false })]),
		Buffer.concat([
			...second,
			slice(
				{ ...picture, isIdr: false, isKey: picture.isKey && !predictsSecond },
				{
					bottom: !bottomFirst,
					isSecond: true,
				},
			),
		]),
	];
}

function frameUnit(picture: Picture, coding: FieldCoding): Buffer {
	return Buffer.concat([...unitHead(picture, coding.bottomFirst ? 4 : 3, coding), slice(picture, undefined)]);
}

/** What comes before the slice: delimiter, parameter sets, recovery point, and which field or frame it is. */
function unitHead(
	{ isKey, isIdr }: Picture,
	structure: number,
	{ delimiters = true }: FieldCoding,
): Buffer[] {
	const parts: Buffer[] = [];
	if (delimiters) parts.push(nal(9, 0, Buffer.from([isKey ? 0x10 : 0x30])));
	if (isKey) parts.push(sequenceSet(), pictureSet());
	if (isKey && !isIdr) parts.push(nal(6, 0, Buffer.from([6, 1, 0b1100_0100, 0x80])));
	// pic_timing (D.1.3): pic_struct, and no clock times for its fields.
	const timing = new BitWriter();
	timing.write(structure, 4);
	timing.write(0, structure > 2 ? 2 : 1);
	alignEnd(timing);
	const payload = timing.bytes();
	parts.push(nal(6, 0, Buffer.concat([Buffer.from([1, payload.length]), payload, Buffer.from([0x80])])));
	return parts;
}

/** Where the fields of an SEI message end within a byte, a one and zeros fill it up (7.3.2.3.1). */
function alignEnd(bits: BitWriter): void {
	if (bits.length % 8 === 0) return;
	bits.write(1, 1);
	while (bits.length % 8 !== 0) bits.write(0, 1);
}

function sequenceSet(): Buffer {
	const bits = new BitWriter();
	const MAIN = 77;
	bits.write(MAIN, 8);
	bits.write(0, 8);
	bits.write(30, 8);
	bits.unsigned(0);
	bits.unsigned(FRAME_NUM_BITS - 4);
	bits.unsigned(0);
	bits.unsigned(ORDER_BITS - 4);
	// Reference frames, no gaps, the size in macroblocks and (of two fields) map units.
	bits.unsigned(2);
	bits.write(0, 1);
	bits.unsigned(WIDTH_MBS - 1);
	bits.unsigned(FRAME_MBS / WIDTH_MBS / 2 - 1);
	// Not only frames, no macroblocks of fields in them, direct_8x8_inference, no cropping.
	bits.write(0b0010, 4);
	// VUI: no aspect, overscan, signal type or chroma place; 25 pictures, 50 fields a second.
	bits.write(0b1_0000_1, 6);
	bits.write(1, 32);
	bits.write(50, 32);
	// Fixed rate; no HRD; pic_struct; how long pictures wait.
	bits.write(0b1_00_1_1, 5);
	bits.write(1, 1);
	for (const value of [0, 0, 10, 10, 1, 2]) bits.unsigned(value);
	return nal(7, 3, trailed(bits));
}

function pictureSet(): Buffer {
	const bits = new BitWriter();
	bits.unsigned(0);
	bits.unsigned(0);
	// CAVLC, one order of both fields, one slice group.
	bits.write(0, 2);
	bits.unsigned(0);
	for (const references of [0, 0]) bits.unsigned(references);
	bits.write(0, 3);
	for (const offset of [0, 0, 0]) bits.unsigned(offset);
	// The deblocking filter is told for each slice.
	bits.write(0b100, 3);
	return nal(8, 3, trailed(bits));
}

/** A slice that is a whole field, or (without `field`) a whole frame. */
function slice(picture: Picture, field: { bottom: boolean; isSecond: boolean } | undefined): Buffer {
	const { isKey, isIdr, isReferred, frameNum, order, idr } = picture;
	const bits = new BitWriter();
	bits.unsigned(0);
	bits.unsigned(isKey ? SLICE_I : SLICE_P);
	bits.unsigned(0);
	bits.write(frameNum, FRAME_NUM_BITS);
	bits.write(field === undefined ? 0 : field.bottom ? 0b11 : 0b10, field === undefined ? 1 : 2);
	if (isIdr) bits.unsigned(idr);
	bits.write((order + (field?.isSecond ? 1 : 0)) & ((1 << ORDER_BITS) - 1), ORDER_BITS);
	if (!isKey) bits.write(0, 2);
	if (isIdr) bits.write(0, 2);
	else if (isReferred) bits.write(0, 1);
	// slice_qp_delta, and no deblocking.
	bits.write(1, 1);
	bits.unsigned(1);
	macroblocks(bits, picture, field, isKey);
	return nal(isIdr ? 5 : 1, isReferred ? 2 : 0, trailed(bits));
}

/** Of an I slice all macroblocks are PCM; of a P slice one of them, and the others are skipped. */
function macroblocks(
	bits: BitWriter,
	{ shown }: Picture,
	field: { bottom: boolean } | undefined,
	isIntra: boolean,
): void {
	const count = field === undefined ? FRAME_MBS : FRAME_MBS / 2;
	const PCM = 25;
	const FIRST_INTRA_OF_P = 5;
	if (isIntra) {
		for (let mb = 0; mb < count; mb++) pcm(bits, PCM, brightness(shown, mb, field?.bottom));
		return;
	}
	const changed = (shown * 3) % count;
	bits.unsigned(changed);
	pcm(bits, PCM + FIRST_INTRA_OF_P, brightness(shown, changed, field?.bottom));
	if (changed + 1 < count) bits.unsigned(count - changed - 1);
}

function brightness(shown: number, mb: number, bottom = false): number {
	return 16 + ((shown * 37 + mb * 11 + (bottom ? 5 : 0)) % 200);
}

/** Samples of one macroblock: a ramp, so that its place can be seen. */
function pcm(bits: BitWriter, type: number, level: number): void {
	bits.unsigned(type);
	while (bits.length % 8 !== 0) bits.write(0, 1);
	for (let sample = 0; sample < 256; sample++) bits.write(level + (sample % 16), 8);
	for (let sample = 0; sample < 128; sample++) bits.write(96 + (level % 64), 8);
}

function trailed(bits: BitWriter): Buffer {
	bits.write(1, 1);
	return bits.bytes();
}

function nal(type: number, reference: number, payload: Buffer): Buffer {
	return Buffer.concat([Buffer.from([0, 0, 0, 1, (reference << 5) | type]), escapeNal(payload)]);
}
