/** NAL units in an Annex B byte stream (ITU-T H.264 and H.265, annex B). */
interface NalUnit {
	/** Offset of the NAL header, after the start code. */
	start: number;
	/** Offset after the last byte; trailing zeros belong to the next start code. */
	end: number;
}

/** Offset of the next `00 00 01` at or after `from`, or -1. */
export function findStartCode(bytes: Uint8Array, from: number, end = bytes.length): number {
	for (let at = from; at + 2 < end; ) {
		const third = bytes[at + 2]!;
		if (third > 1) at += 3;
		else if (third === 0) at += 1;
		else if (bytes[at] === 0 && bytes[at + 1] === 0) return at;
		else at += 3;
	}
	return -1;
}

/** All NAL units of `bytes`; the last one reaches to the end. */
export function* nalUnits(bytes: Uint8Array): Generator<NalUnit> {
	let code = findStartCode(bytes, 0);
	while (code !== -1) {
		const start = code + 3;
		code = findStartCode(bytes, start);
		let end = code === -1 ? bytes.length : code;
		while (code !== -1 && end > start && bytes[end - 1] === 0) end--;
		if (end > start) yield { start, end };
	}
}

/** Removes the emulation prevention bytes of a NAL unit (`00 00 03` stands for `00 00`). */
export function unescapeNal(nal: Uint8Array): Buffer {
	const out = Buffer.from(nal);
	// Most NAL units that are read have none.
	if (!out.includes(EMULATION)) return out;
	let length = 0;
	let zeros = 0;
	for (const byte of nal) {
		if (zeros >= 2 && byte === 3) {
			zeros = 0;
			continue;
		}
		zeros = byte === 0 ? zeros + 1 : 0;
		out[length++] = byte;
	}
	return out.subarray(0, length);
}

const EMULATION = Buffer.from([0, 0, 3]);

/** Puts the emulation prevention bytes back. */
export function escapeNal(payload: Uint8Array): Buffer {
	const out: number[] = [];
	let zeros = 0;
	for (const byte of payload) {
		if (zeros >= 2 && byte <= 3) {
			out.push(3);
			zeros = 0;
		}
		zeros = byte === 0 ? zeros + 1 : 0;
		out.push(byte);
	}
	return Buffer.from(out);
}
