import { H264_NAL, readH264PpsIds, readH264Sps } from '../cut/codec/h264.ts';
import { HEVC_NAL, hevcNalType, hevcParameterSetId } from '../cut/codec/hevc.ts';
import { nalUnits } from '../cut/codec/nal.ts';
import { unwrap } from '../cut/mpegts/clock.ts';
import {
	continuityCounter,
	hasPayload,
	hasPcr,
	PACKET_SIZE,
	payloadStart,
	pidOf,
	readPcr,
	setContinuityCounter,
	startsUnit,
} from '../cut/mpegts/packet.ts';
import { readPesHeader, writePes } from '../cut/mpegts/pes.ts';

/** A stream's first picture, and what lies before it and between its packets. */
export interface StreamHead {
	/** Packets from the beginning of the stream up to where its second video unit begins. */
	bytes: Buffer;
	videoPid: number;
	codec: 'h264' | 'hevc';
}

/**
 * The same packets, with `sets` (parameter sets with their NAL headers) added to those that the first picture has.
 *
 * Why: ffmpeg makes the configuration record of MP4 and Matroska (avcC, hvcC; ISO/IEC 14496-15) from the parameter sets of
 * the first access unit alone. In a smart cut that is the re-encoded edge, and the record would lack those of the copied
 * middle. Of several sets with one id only the first is added, and none with an id that the picture itself has: the others
 * come again where they hold. Returns `bytes` themselves when there is nothing to add. The counters end as they did, so the rest of the
 * stream may follow unchanged.
 */
export function withLeadingSets({ bytes, videoPid, codec }: StreamHead, sets: readonly Buffer[]): Buffer {
	const before: Buffer[] = [];
	const after: Buffer[] = [];
	const payload: Buffer[] = [];
	let first: number | undefined;
	let lastCounter = 0;
	let header: ReturnType<typeof readPesHeader>;
	for (let at = 0; at + PACKET_SIZE <= bytes.length; at += PACKET_SIZE) {
		const packet = bytes.subarray(at, at + PACKET_SIZE);
		if (pidOf(bytes, at) !== videoPid) (first === undefined ? before : after).push(packet);
		else if (hasPayload(bytes, at)) {
			const begins = first === undefined && startsUnit(bytes, at);
			if (begins) {
				first = at;
				header = readPesHeader(bytes, payloadStart(bytes, at), at + PACKET_SIZE);
			}
			const from = begins ? (header?.payload ?? payloadStart(bytes, at)) : payloadStart(bytes, at);
			payload.push(bytes.subarray(from, at + PACKET_SIZE));
			lastCounter = continuityCounter(bytes, at);
		}
	}
	if (first === undefined || header?.pts === undefined) return bytes;
	const { pts, dts = pts, streamId } = header;
	const unit = Buffer.concat(payload);
	const longer = addSets(unit, codec, sets);
	if (longer === unit) return bytes;
	const packets = writePes({
		...{ pid: videoPid, streamId, pts, dts, unbounded: true, randomAccess: true, lastCounter: 15 },
		...(hasPcr(bytes, first) && { pcr: unwrap(readPcr(bytes, first), dts) }),
		payload: longer,
	});
	for (let at = packets.length - PACKET_SIZE, counter = lastCounter; at >= 0; at -= PACKET_SIZE)
		setContinuityCounter(packets, at, counter-- & 15);
	return Buffer.concat([...before, packets, ...after]);
}

/** Adds parameter sets of other ids behind those that an access unit (Annex B) begins with; itself when there are none. */
export function addSets(unit: Buffer, codec: 'h264' | 'hevc', sets: readonly Buffer[]): Buffer {
	let place = 0;
	const known = new Set<string>();
	for (const { start, end } of nalUnits(unit)) {
		const nal = unit.subarray(start, end);
		if (!leads(nal, codec)) break;
		known.add(identity(nal, codec));
		place = end;
	}
	const missing: Buffer[] = [];
	for (const set of sets) {
		const key = identity(set, codec);
		if (!known.has(key)) missing.push(set);
		known.add(key);
	}
	if (missing.length === 0) return unit;
	const START_CODE = Buffer.from([0, 0, 0, 1]);
	return Buffer.concat([
		unit.subarray(0, place),
		...missing.flatMap((set) => [START_CODE, set]),
		unit.subarray(place),
	]);
}

/** Kind and id of a parameter set: a second one with the same would replace the first. */
function identity(nal: Buffer, codec: 'h264' | 'hevc'): string {
	if (codec === 'hevc') return `${hevcNalType(nal)}:${hevcParameterSetId(nal)}`;
	const type = nal[0]! & 0x1f;
	const id = type === H264_NAL.sps ? readH264Sps(nal)?.id : readH264PpsIds(nal)?.id;
	return `${type}:${id}`;
}

/** Whether a NAL unit is a delimiter or a parameter set: what an access unit begins with. */
function leads(nal: Buffer, codec: 'h264' | 'hevc'): boolean {
	if (codec === 'hevc') {
		const type = hevcNalType(nal);
		return type >= HEVC_NAL.vps && type <= HEVC_NAL.delimiter;
	}
	const type = nal[0]! & 0x1f;
	return type === H264_NAL.delimiter || type === H264_NAL.sps || type === H264_NAL.pps;
}

/** Where the second unit of a PID begins in `bytes`; undefined when there is none. */
export function secondUnit(bytes: Buffer, pid: number): number | undefined {
	let units = 0;
	for (let at = 0; at + PACKET_SIZE <= bytes.length; at += PACKET_SIZE)
		if (pidOf(bytes, at) === pid && startsUnit(bytes, at) && ++units === 2) return at;
	return undefined;
}
