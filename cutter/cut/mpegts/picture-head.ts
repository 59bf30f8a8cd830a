import { type PictureHead, readH264Head, readHevcHead, readMpeg2Head } from '../codec/access.ts';
import type { H264Sps } from '../codec/h264.ts';
import { hasPayload, PACKET_SIZE, payloadStart, pidOf, SYNC_BYTE, startsUnit } from './packet.ts';
import type { Programme } from './tables.ts';

/** Most pictures' heads end within so many packets. */
const FEW = 2;
/** Captions and encoder notes take more. */
const MORE = [8, 64];

/** Used for one picture after the other: to make it anew for each costs more than the reading. */
const SCRATCH = Buffer.allocUnsafeSlow(Math.max(...MORE) * PACKET_SIZE);

/** Transport packets, and which of them are the video's. */
export interface VideoPackets {
	bytes: Buffer;
	/** Where the whole packets end. */
	end: number;
	video: NonNullable<Programme['video']>;
}

/**
 * Reads the head of the picture that begins in the packet at `at`, where the payload of its PES packet begins at `payload`.
 * `sps`: the H.264 sequence parameter set in force.
 */
export function readPictureHead(
	packets: VideoPackets,
	at: number,
	payload: number,
	sps: H264Sps | undefined,
): PictureHead {
	const read = READERS[packets.video.codec];
	let head = read(SCRATCH, gather(packets, at, payload, FEW), sps);
	for (const count of MORE)
		if (!head.complete) head = read(SCRATCH, gather(packets, at, payload, count), sps);
	return head;
}

const READERS = {
	h264: readH264Head,
	hevc: (bytes: Buffer, length: number) => readHevcHead(bytes.subarray(0, length)),
	mpeg2: (bytes: Buffer, length: number) => readMpeg2Head(bytes.subarray(0, length)),
};

/** Copies the payload of the first `count` packets of the PES packet at `at` to the scratch buffer; returns its length. */
function gather({ bytes, end, video }: VideoPackets, at: number, payload: number, count: number): number {
	let length = bytes.copy(SCRATCH, 0, payload, at + PACKET_SIZE);
	let gathered = 1;
	for (let next = at + PACKET_SIZE; next < end && gathered < count; next += PACKET_SIZE) {
		if (bytes[next] !== SYNC_BYTE) break;
		if (pidOf(bytes, next) !== video.pid || !hasPayload(bytes, next)) continue;
		if (startsUnit(bytes, next)) break;
		length += bytes.copy(SCRATCH, length, payloadStart(bytes, next), next + PACKET_SIZE);
		gathered++;
	}
	return length;
}
