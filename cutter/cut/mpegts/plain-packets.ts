import { PACKET_SIZE, SYNC_BYTE } from './packet.ts';

/** A packet has so many words of four bytes. */
export const WORDS_IN_PACKET = PACKET_SIZE / 4;

/** The first four bytes, as a number of this machine's, of the plain packets of a PID, by their counter. */
function plainHeaders(pid: number): Uint32Array {
	const headers = Array.from({ length: 16 }, (_, counter) => [
		SYNC_BYTE,
		pid >> 8,
		pid & 0xff,
		0x10 | counter,
	]);
	return new Uint32Array(Uint8Array.from(headers.flat()).buffer);
}

/** Those of the last PID: neighbouring segments have the same. */
let lastPlain = { pid: -1, headers: plainHeaders(-1) };

/** The same, remembered. */
export function plainHeadersOf(pid: number): Uint32Array {
	if (lastPlain.pid !== pid) lastPlain = { pid, headers: plainHeaders(pid) };
	return lastPlain.headers;
}

/**
 * Where the plain packets end that follow each other from the word `word` on, where the one before had `counter`. Nearly
 * all packets are passed over here, so this is most of what a copy costs; on its own it is compiled once, and soon.
 */
export function pastPlain(
	words: Uint32Array,
	word: number,
	end: number,
	plain: Uint32Array,
	counter: number,
): number {
	let next = word;
	for (let due = counter + 1; next < end && words[next] === plain[due & 15]; due++) next += WORDS_IN_PACKET;
	return next;
}

/** The bytes four at a time; undefined when they do not lie as that needs. */
export function wordsOf(bytes: Buffer): Uint32Array | undefined {
	if (bytes.byteOffset % 4 !== 0) return undefined;
	return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);
}
