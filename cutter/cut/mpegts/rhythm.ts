import { PACKET_SIZE, SYNC_BYTE } from './packet.ts';

/** The bytes are no transport stream that can be cut. The message is to follow "The segment X ". */
export class UnreadableSegmentError extends Error {
	override name = 'UnreadableSegmentError';
}

/** So many packets in a row tell that their rhythm was found, and not just a byte that looks like their first; or two at the end. */
const PACKETS_TO_BE_SURE = 4;

/** PID of packets that only fill up a stream. */
const NULL_PACKET = [SYNC_BYTE, 0x1f, 0xff, 0x10];

/**
 * Makes sure that a packet begins every 188 bytes. Where bytes lie in between that belong to none (a recorder that began in
 * mid-packet, a disk that lost a part), the packets are moved together over them, and null packets follow at the end. Returns
 * what was wrong, to follow "The segment X "; undefined when nothing was.
 *
 * @throws UnreadableSegmentError when there are no packets of that size at all.
 */
export function mendRhythm(bytes: Buffer): string | undefined {
	const broken = firstBreak(bytes, 0);
	if (broken === undefined) return undefined;
	const other = broken <= PACKET_SIZE ? otherSize(bytes) : undefined;
	if (other !== undefined)
		throw new UnreadableSegmentError(`is no MPEG-TS of packets of 188 bytes: ${other}`);
	let end = broken;
	let next: number | undefined = broken;
	while (next !== undefined) {
		const from = findPackets(bytes, next);
		if (from === undefined) break;
		next = firstBreak(bytes, from);
		const to = next ?? bytes.length - ((bytes.length - from) % PACKET_SIZE);
		bytes.copyWithin(end, from, to);
		end += to - from;
	}
	if (end === 0) throw new UnreadableSegmentError('is no MPEG-TS of packets of 188 bytes');
	for (let at = end; at + PACKET_SIZE <= bytes.length; at += PACKET_SIZE) {
		bytes.fill(0xff, at, at + PACKET_SIZE);
		bytes.set(NULL_PACKET, at);
	}
	return `has lost its packet rhythm at byte ${broken}`;
}

/** The first offset, in steps of a packet from `from` on, at which none begins; undefined when there is none. */
function firstBreak(bytes: Buffer, from: number): number | undefined {
	for (let at = from; at + PACKET_SIZE <= bytes.length; at += PACKET_SIZE)
		if (bytes[at] !== SYNC_BYTE) return at;
	return undefined;
}

/** The offset at or after `from` at which packets follow each other again. */
function findPackets(bytes: Buffer, from: number): number | undefined {
	for (let at = bytes.indexOf(SYNC_BYTE, from); at !== -1; at = bytes.indexOf(SYNC_BYTE, at + 1)) {
		let count = 0;
		while (count < PACKETS_TO_BE_SURE && bytes[at + count * PACKET_SIZE] === SYNC_BYTE) count++;
		const isAtEnd = count > 2 && at + count * PACKET_SIZE >= bytes.length;
		if (count === PACKETS_TO_BE_SURE || isAtEnd) return at;
	}
	return undefined;
}

/** Packets of 188 bytes and something besides. */
const OTHER_SIZES = [
	{ size: 192, name: 'M2TS' },
	{ size: 204, name: 'MPEG-TS with checksums' },
];

/** What the packets are instead, if they follow each other in another rhythm from the beginning. */
function otherSize(bytes: Buffer): string | undefined {
	const SURE = 16;
	const follow = (from: number, size: number) => {
		for (let count = 0; count < SURE; count++) if (bytes[from + count * size] !== SYNC_BYTE) return false;
		return true;
	};
	const found = OTHER_SIZES.find(({ size }) =>
		Array.from({ length: size }).some((_, from) => follow(from, size)),
	);
	return (
		found &&
		`they are ${found.size} bytes long (${found.name}); convert it: ffmpeg -i FILE -map 0 -c copy -f mpegts …`
	);
}
