import { wrap } from './clock.ts';
import { PACKET_SIZE, pcrPacket, SYNC_BYTE } from './packet.ts';

/** What a PES packet's header says (ISO/IEC 13818-1, 2.4.3.7). Times are the raw 33 bits. */
export interface PesHeader {
	streamId: number;
	/** PES_packet_length: bytes after the length field; 0 means up to the next start (video only). */
	length: number;
	pts: number | undefined;
	dts: number | undefined;
	/** Offset of the first byte after the header. */
	payload: number;
}

/** Bytes before the optional fields: start code, stream id, length, two flag bytes and the header's length. */
const FIXED_HEADER = 9;

/**
 * Reads the PES header that begins at `at` and must lie before `end` (the end of its transport packet). Undefined when
 * there is none, or when it does not fit: no muxer splits a header over packets, so that is damage.
 */
export function readPesHeader(bytes: Uint8Array, at: number, end: number): PesHeader | undefined {
	if (at + FIXED_HEADER > end) return undefined;
	if (bytes[at] !== 0 || bytes[at + 1] !== 0 || bytes[at + 2] !== 1) return undefined;
	if ((bytes[at + 6]! & 0xc0) !== 0x80) return undefined;
	const payload = at + FIXED_HEADER + bytes[at + 8]!;
	if (payload > end) return undefined;
	const flags = bytes[at + 7]! >> 6;
	const hasPts = (flags & 2) !== 0 && bytes[at + 8]! >= 5;
	const hasDts = flags === 3 && bytes[at + 8]! >= 10;
	return {
		streamId: bytes[at + 3]!,
		length: (bytes[at + 4]! << 8) | bytes[at + 5]!,
		pts: hasPts ? readTimestamp(bytes, at + FIXED_HEADER) : undefined,
		dts: hasDts ? readTimestamp(bytes, at + FIXED_HEADER + 5) : undefined,
		payload,
	};
}

/** Reads the 33 bits of a PTS or DTS field at `at`. */
export function readTimestamp(bytes: Uint8Array, at: number): number {
	const top = (bytes[at]! >> 1) & 7;
	const low =
		(bytes[at + 1]! << 22) | ((bytes[at + 2]! >> 1) << 15) | (bytes[at + 3]! << 7) | (bytes[at + 4]! >> 1);
	return top * 2 ** 30 + (low & 0x3fffffff);
}

/** Writes 33 bits into a PTS or DTS field at `at` and keeps the field's prefix and marker bits. */
export function writeTimestamp(bytes: Uint8Array, at: number, ticks: number): void {
	const low = ticks % 2 ** 30;
	const top = (ticks - low) / 2 ** 30;
	bytes[at] = (bytes[at]! & 0xf1) | (top << 1);
	bytes[at + 1] = (low >>> 22) & 0xff;
	bytes[at + 2] = ((low >>> 14) & 0xfe) | (bytes[at + 2]! & 1);
	bytes[at + 3] = (low >>> 7) & 0xff;
	bytes[at + 4] = ((low << 1) & 0xfe) | (bytes[at + 4]! & 1);
}

/**
 * Gives the PES packet whose header begins at `at` new times, in place (ticks, wrapped here). The DTS is written where
 * the header has one; a header without a DTS says that it equals the PTS.
 */
export function retimePes(bytes: Uint8Array, at: number, pts: number, dts: number): void {
	const flags = bytes[at + 7]! >> 6;
	if ((flags & 2) !== 0) writeTimestamp(bytes, at + FIXED_HEADER, wrap(pts));
	if (flags === 3) writeTimestamp(bytes, at + FIXED_HEADER + 5, wrap(dts));
}

/** One PES packet to be written. Times in ticks, of any width. */
export interface PesToWrite {
	pid: number;
	streamId: number;
	pts: number;
	dts?: number;
	payload: Uint8Array;
	/** Video may be longer than the 16-bit length can say, and is written without one. */
	unbounded?: boolean;
	/** Goes into the first packet's adaptation field. */
	pcr?: number;
	/** random_access_indicator: decoding can begin here. */
	randomAccess?: boolean;
	/** The continuity counter of the PID's packet before. */
	lastCounter: number;
}

/** Transport packets that carry one PES packet; the last is filled up by an adaptation field. */
export function writePes(pes: PesToWrite): Buffer {
	const head = pesHeader(pes);
	const first = firstAdaptation(pes);
	const total = head.length + pes.payload.length;
	const count = Math.max(1, Math.ceil((total + first.length) / (PACKET_SIZE - 4)));
	const out = Buffer.allocUnsafe(count * PACKET_SIZE);
	const source = [head, pes.payload] as const;
	let part = 0;
	let position = 0;
	let left = total;
	for (let index = 0; index < count; index++) {
		const at = index * PACKET_SIZE;
		out[at] = SYNC_BYTE;
		out[at + 1] = (index === 0 ? 0x40 : 0) | ((pes.pid >> 8) & 0x1f);
		out[at + 2] = pes.pid & 0xff;
		const adaptation = index === 0 ? first : NO_ADAPTATION;
		const fill = Math.min(left, PACKET_SIZE - 4 - adaptation.length);
		let write = at + 4 + writeAdaptation(out, at, adaptation, PACKET_SIZE - 4 - fill);
		out[at + 3] = (write > at + 4 ? 0x30 : 0x10) | ((pes.lastCounter + 1 + index) & 0x0f);
		left -= fill;
		for (let todo = fill; todo > 0; ) {
			const from = source[part]!;
			const n = Math.min(todo, from.length - position);
			out.set(from.subarray(position, position + n), write);
			write += n;
			position += n;
			todo -= n;
			if (position === from.length && part === 0) {
				part = 1;
				position = 0;
			}
		}
	}
	return out;
}

/** How many packets `writePes` makes of it: by so much its PID's continuity counter goes up. */
export function packetCount(packets: Uint8Array): number {
	return packets.length / PACKET_SIZE;
}

const NO_ADAPTATION = Buffer.alloc(0);

function pesHeader({ streamId, pts, dts, payload, unbounded }: PesToWrite): Buffer {
	const withDts = dts !== undefined && dts !== pts;
	const fields = withDts ? 10 : 5;
	const header = Buffer.alloc(FIXED_HEADER + fields);
	header[2] = 1;
	header[3] = streamId;
	const length = 3 + fields + payload.length;
	if (!unbounded && length <= 0xffff) header.writeUInt16BE(length, 4);
	// '10', and data_alignment_indicator: the payload begins with an access unit or an audio frame.
	header[6] = 0x84;
	header[7] = withDts ? 0xc0 : 0x80;
	header[8] = fields;
	header[9] = withDts ? 0x31 : 0x21;
	header[11] = 1;
	header[13] = 1;
	writeTimestamp(header, 9, wrap(pts));
	if (withDts) {
		header[14] = 0x11;
		header[16] = 1;
		header[18] = 1;
		writeTimestamp(header, 14, wrap(dts));
	}
	return header;
}

/** The first packet's adaptation field, its length byte included; empty when it has nothing to say. */
function firstAdaptation({ pid, pcr, randomAccess }: PesToWrite): Buffer {
	if (pcr === undefined && !randomAccess) return NO_ADAPTATION;
	const field = pcr === undefined ? Buffer.from([1, 0]) : pcrPacket(pid, wrap(pcr), 0).subarray(4, 12);
	field[0] = field.length - 1;
	if (randomAccess) field[1] = field[1]! | 0x40;
	return field;
}

/** Writes an adaptation field of exactly `size` bytes, stuffed if need be; returns `size`. */
function writeAdaptation(out: Buffer, at: number, field: Buffer, size: number): number {
	if (size === 0) return 0;
	out.fill(0xff, at + 4, at + 4 + size);
	out.set(field, at + 4);
	out[at + 4] = size - 1;
	if (field.length === 0 && size > 1) out[at + 5] = 0;
	return size;
}
