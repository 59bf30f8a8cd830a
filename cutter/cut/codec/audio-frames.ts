import type { AudioCodec } from '../mpegts/tables.ts';

/** One audio frame's size and length of sound, as its header says. */
export interface AudioFrameHeader {
	/** Bytes, the header included. */
	length: number;
	/** Samples per channel; 0 when the frame only adds channels to the one before (E-AC-3 dependent substreams). */
	samples: number;
	rate: number;
}

/** `more`: the bytes end before the header does. `undefined`: no frame begins here. */
type HeaderResult = AudioFrameHeader | 'more' | undefined;

/** Reads the frame header at `at`. */
export type ReadHeader = (bytes: Uint8Array, at: number) => HeaderResult;

/** The reader of a codec's frame headers; undefined for one whose frames do not say their length, and for LATM, which has a state. */
export function headerReader(codec: AudioCodec): ReadHeader | undefined {
	return READERS.get(codec);
}

/** ADTS, ISO/IEC 13818-7, 6.2. HE-AAC says its core's rate, and the core's 1024 samples: the time is the same. */
function readAdts(bytes: Uint8Array, at: number): HeaderResult {
	if (at + 7 > bytes.length) return 'more';
	if (bytes[at] !== 0xff || (bytes[at + 1]! & 0xf6) !== 0xf0) return undefined;
	const rate = ADTS_RATES[(bytes[at + 2]! >> 2) & 15];
	const length = ((bytes[at + 3]! & 3) << 11) | (bytes[at + 4]! << 3) | (bytes[at + 5]! >> 5);
	if (rate === undefined || length < 7) return undefined;
	return { length, samples: 1024 * ((bytes[at + 6]! & 3) + 1), rate };
}

const ADTS_RATES = [96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350];

/** MPEG audio layers I to III, ISO/IEC 11172-3, 2.4.2.3, and the low rates of 13818-3 and MPEG-2.5. */
function readMpegAudio(bytes: Uint8Array, at: number): HeaderResult {
	if (at + 4 > bytes.length) return 'more';
	if (bytes[at] !== 0xff || (bytes[at + 1]! & 0xe0) !== 0xe0) return undefined;
	const version = (bytes[at + 1]! >> 3) & 3;
	const layer = 4 - ((bytes[at + 1]! >> 1) & 3);
	const bitrateIndex = bytes[at + 2]! >> 4;
	const baseRate = [44100, 48000, 32000][(bytes[at + 2]! >> 2) & 3];
	if (version === 1 || layer === 4 || baseRate === undefined) return undefined;
	const lowRate = version !== 3;
	const table = lowRate ? (layer === 1 ? 3 : 4) : layer - 1;
	const bitrate = MPEG_BITRATES[table]![bitrateIndex - 1];
	if (bitrate === undefined) return undefined;
	const rate = version === 3 ? baseRate : version === 2 ? baseRate / 2 : baseRate / 4;
	const padding = (bytes[at + 2]! >> 1) & 1;
	const samples = layer === 1 ? 384 : layer === 3 && lowRate ? 576 : 1152;
	const length =
		layer === 1
			? (Math.floor((12_000 * bitrate) / rate) + padding) * 4
			: Math.floor(((samples / 8) * 1000 * bitrate) / rate) + padding;
	return { length, samples, rate };
}

/** kbit/s for bitrate indices 1 to 14: layers I, II, III of MPEG-1; layer I, then II and III of MPEG-2. */
const MPEG_BITRATES = [
	[32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
	[32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
	[32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
	[32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
	[8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
];

/** AC-3 and E-AC-3, ATSC A/52 (5.3 and annex E 2.2); which of both a frame is, its bsid says. */
function readAc3(bytes: Uint8Array, at: number): HeaderResult {
	if (at + 6 > bytes.length) return 'more';
	if (bytes[at] !== 0x0b || bytes[at + 1] !== 0x77) return undefined;
	const bsid = bytes[at + 5]! >> 3;
	const rateCode = bytes[at + 4]! >> 6;
	if (bsid <= 10) {
		const rate = [48000, 44100, 32000][rateCode];
		const sizeCode = bytes[at + 4]! & 0x3f;
		const bitrate = AC3_BITRATES[sizeCode >> 1];
		if (rate === undefined || bitrate === undefined) return undefined;
		// Words of 16 bits in 1536 samples; only 44.1 kHz does not divide, and the code's low bit adds a word.
		const words = Math.floor((bitrate * 96_000) / rate) + (rate === 44100 ? sizeCode & 1 : 0);
		return { length: words * 2, samples: 1536, rate: bsid > 8 ? rate >> (bsid - 8) : rate };
	}
	if (bsid > 16) return undefined;
	const length = ((((bytes[at + 2]! & 7) << 8) | bytes[at + 3]!) + 1) * 2;
	const independentFirst = bytes[at + 2]! >> 6 !== 1 && ((bytes[at + 2]! >> 3) & 7) === 0;
	const half = (bytes[at + 4]! >> 4) & 3;
	const rate = rateCode === 3 ? [24000, 22050, 16000][half] : [48000, 44100, 32000][rateCode];
	if (rate === undefined) return undefined;
	const blocks = rateCode === 3 ? 6 : [1, 2, 3, 6][half]!;
	return { length, samples: independentFirst ? blocks * 256 : 0, rate };
}

const AC3_BITRATES = [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 576, 640];

/** Opus in MPEG-TS: a control header (ETSI TS 103 491-style, opus_control_header), then a packet (RFC 6716, 3.1). */
function readOpus(bytes: Uint8Array, at: number): HeaderResult {
	if (at + 3 > bytes.length) return 'more';
	if (bytes[at] !== 0x7f || (bytes[at + 1]! & 0xe0) !== 0xe0) return undefined;
	const flags = bytes[at + 1]!;
	let next = at + 2;
	let size = 0;
	for (let byte = 0xff; byte === 0xff; next++) {
		if (next >= bytes.length) return 'more';
		byte = bytes[next]!;
		size += byte;
	}
	next += (flags & 0x10 ? 2 : 0) + (flags & 0x08 ? 2 : 0);
	if (flags & 0x04) {
		if (next >= bytes.length) return 'more';
		next += 1 + bytes[next]!;
	}
	if (next + 1 >= bytes.length) return 'more';
	return { length: next + size - at, samples: opusSamples(bytes[next]!, bytes[next + 1]!), rate: 48000 };
}

function opusSamples(toc: number, second: number): number {
	const config = toc >> 3;
	const frame =
		config < 12
			? [480, 960, 1920, 2880][config & 3]!
			: config < 16
				? [480, 960][config & 1]!
				: [120, 240, 480, 960][config & 3]!;
	const code = toc & 3;
	return frame * (code === 0 ? 1 : code === 3 ? second & 0x3f : 2);
}

/** DTS, ETSI TS 102 114: a core frame (5.3), or an extension substream (7.4.1), which adds to the core before it. */
function readDts(bytes: Uint8Array, at: number): HeaderResult {
	if (at + 10 > bytes.length) return 'more';
	const bits = (from: number, count: number): number => {
		let value = 0;
		for (let bit = from; bit < from + count; bit++)
			value = value * 2 + ((bytes[at + (bit >> 3)]! >> (7 - (bit & 7))) & 1);
		return value;
	};
	const sync = bits(0, 32);
	if (sync === 0x64582025) {
		const long = bits(42, 1) === 1;
		return { length: (long ? bits(55, 20) : bits(51, 16)) + 1, samples: 0, rate: 48000 };
	}
	const rate = DTS_RATES[bits(66, 4)] ?? 0;
	if (sync !== 0x7ffe8001 || rate === 0) return undefined;
	return { length: bits(46, 14) + 1, samples: 32 * (bits(39, 7) + 1), rate };
}

const DTS_RATES = [0, 8000, 16000, 32000, 0, 0, 11025, 22050, 44100, 0, 0, 12000, 24000, 48000];

const READERS = new Map<AudioCodec, ReadHeader>([
	['aac', readAdts],
	['mpeg-audio', readMpegAudio],
	['ac3', readAc3],
	['eac3', readAc3],
	['dts', readDts],
	['opus', readOpus],
]);
