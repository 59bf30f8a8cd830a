import type { AudioFrameHeader } from './audio-frames.ts';
import { BitReader, BitWriter } from './bits.ts';

/** How long a StreamMuxConfig is, in bits, and what it says of every frame behind it. */
interface MuxConfiguration {
	bits: Buffer;
	length: number;
	samples: number;
	rate: number;
}

/** AudioSyncStream, ISO/IEC 14496-3, 1.7.2: eleven bits of sync word, and thirteen of length. */
const HEADER_BYTES = 3;
const SYNC_WORD = 0x2b7;

/** Frames are kept for a configuration to come after them up to so many bytes: some seconds. */
const LONGEST_WAIT = 64 * 1024;

/**
 * Reads AAC in LATM with the headers of LOAS (ISO/IEC 14496-3, 1.7.2 and 1.7.3), where a frame says what it is only now and
 * then: what was said last holds for those that follow.
 */
export class LatmReader {
	#configuration: MuxConfiguration | undefined;

	/**
	 * The header at `at`; `more` when the frame is not there whole, or the configuration not yet that holds for it; undefined
	 * when nobody can decode what begins there.
	 */
	readonly read = (bytes: Uint8Array, at: number): AudioFrameHeader | 'more' | undefined => {
		const frame = readFrame(bytes, at);
		if (typeof frame !== 'object') return frame;
		if (frame.configuration !== 'same') this.#configuration = frame.configuration;
		for (let next = at + frame.length; this.#configuration === undefined; ) {
			const later = readFrame(bytes, next);
			if (later === 'more') return bytes.length - at > LONGEST_WAIT ? undefined : later;
			if (later === undefined) return undefined;
			if (later.configuration !== 'same') this.#configuration = later.configuration;
			next += later.length;
		}
		const { samples, rate } = this.#configuration;
		return { length: frame.length, samples, rate };
	};

	/** The frame with the configuration that holds for it, for a decoder to begin with; its sound stays as it is, bit by bit. */
	withConfiguration(frame: Uint8Array): Uint8Array {
		const element = frame.subarray(HEADER_BYTES);
		const isSame = (element[0]! & 0x80) !== 0;
		if (!isSame || this.#configuration === undefined) return frame;
		const { bits, length } = this.#configuration;
		const out = new BitWriter();
		out.write(0, 1);
		copyBits(new BitReader(bits), length, out);
		const rest = new BitReader(element);
		rest.read(1);
		copyBits(rest, element.length * 8 - 1, out);
		const bytes = out.bytes();
		const header = Buffer.from([
			SYNC_WORD >> 3,
			((SYNC_WORD & 7) << 5) | (bytes.length >> 8),
			bytes.length & 0xff,
		]);
		return Buffer.concat([header, bytes]);
	}
}

interface LatmFrame {
	length: number;
	configuration: MuxConfiguration | 'same';
}

function readFrame(bytes: Uint8Array, at: number): LatmFrame | 'more' | undefined {
	if (at + HEADER_BYTES > bytes.length) return 'more';
	if (((bytes[at]! << 3) | (bytes[at + 1]! >> 5)) !== SYNC_WORD) return undefined;
	const length = HEADER_BYTES + (((bytes[at + 1]! & 0x1f) << 8) | bytes[at + 2]!);
	if (length === HEADER_BYTES) return undefined;
	if (at + length > bytes.length) return 'more';
	const configuration = readConfiguration(bytes.subarray(at + HEADER_BYTES, at + length));
	return configuration === 'broken' ? undefined : { length, configuration };
}

function copyBits(from: BitReader, count: number, to: BitWriter): void {
	for (let left = count; left > 0; left -= 8) {
		const width = Math.min(8, left);
		to.write(from.read(width), width);
	}
}

/** The configuration that an AudioMuxElement brings; `same` when it brings none; `broken` when nobody could decode by it. */
function readConfiguration(element: Uint8Array): MuxConfiguration | 'same' | 'broken' {
	try {
		const bits = new BitReader(element);
		if (bits.flag()) return 'same';
		const timing = readStreamMuxConfig(bits);
		if (timing === undefined) return 'broken';
		const length = bits.position - 1;
		const out = new BitWriter();
		const again = new BitReader(element);
		again.read(1);
		copyBits(again, length, out);
		return { bits: out.bytes(), length, ...timing };
	} catch (error) {
		if (error instanceof RangeError) return 'broken';
		throw error;
	}
}

/** StreamMuxConfig (table 1.42) with one programme of one layer: decoders know no others. */
function readStreamMuxConfig(bits: BitReader): { samples: number; rate: number } | undefined {
	const version = bits.read(1);
	if (version === 1 && bits.flag()) return undefined;
	if (version === 1) readLatmValue(bits);
	const sameTiming = bits.flag();
	const subFrames = bits.read(6) + 1;
	const [programmes, layers] = [bits.read(4), bits.read(3)];
	if (!sameTiming || programmes !== 0 || layers !== 0) return undefined;
	const length = version === 1 ? readLatmValue(bits) : undefined;
	const start = bits.position;
	const frame = readAudioSpecificConfig(bits);
	if (frame === undefined) return undefined;
	// What is behind it says that SBR extends it: of that, too, the core's rate and samples tell the time.
	if (length !== undefined) bits.read(Math.max(0, start + length - bits.position));
	const FRAMES_OF_ANY_LENGTH = 0;
	if (bits.read(3) !== FRAMES_OF_ANY_LENGTH) return undefined;
	bits.read(8);
	if (bits.flag()) readOtherDataLength(bits, version);
	if (bits.flag()) bits.read(8);
	return { samples: frame.samples * subFrames, rate: frame.rate };
}

function readOtherDataLength(bits: BitReader, version: number): void {
	if (version === 1) readLatmValue(bits);
	else
		for (let more = true; more; ) {
			more = bits.flag();
			bits.read(8);
		}
}

/** LatmGetValue, table 1.43. */
function readLatmValue(bits: BitReader): number {
	let value = 0;
	for (let left = bits.read(2) + 1; left > 0; left--) value = value * 256 + bits.read(8);
	return value;
}

/** By samplingFrequencyIndex, table 1.18. */
const RATES = [96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350];

/** audioObjectType, table 1.17. */
const SBR = 5;
const PS = 29;
/** Main, LC, SSR, LTP: frames of 1024 samples, or 960. */
const PLAIN_TYPES = new Set([1, 2, 3, 4]);

/** AudioSpecificConfig, 1.6.2.1: the core's rate, and its samples in a frame. */
function readAudioSpecificConfig(bits: BitReader): { samples: number; rate: number } | undefined {
	let type = readObjectType(bits);
	const rate = readRate(bits);
	const channels = bits.read(4);
	if (type === SBR || type === PS) {
		readRate(bits);
		type = readObjectType(bits);
	}
	// Without a channel configuration a programme config element follows, which no broadcaster is known to send.
	if (!PLAIN_TYPES.has(type) || rate === undefined || rate === 0 || channels === 0) return undefined;
	const samples = bits.flag() ? 960 : 1024;
	if (bits.flag()) bits.read(14);
	bits.flag();
	return { samples, rate };
}

function readObjectType(bits: BitReader): number {
	const ESCAPED = 31;
	const type = bits.read(5);
	return type === ESCAPED ? 32 + bits.read(6) : type;
}

function readRate(bits: BitReader): number | undefined {
	const index = bits.read(4);
	return index === 15 ? bits.read(24) : RATES[index];
}
