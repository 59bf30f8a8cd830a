import type { AudioCodec } from '../mpegts/tables.ts';
import { type AudioFrameHeader, headerReader, type ReadHeader } from './audio-frames.ts';
import { LatmReader } from './latm.ts';

const TICKS_PER_SECOND = 90_000;

/** One whole audio frame. Times in ticks, not rounded: a frame of 1024 samples at 44.1 kHz takes 2089.795… */
export interface AudioFrame {
	start: number;
	end: number;
	bytes: Uint8Array;
}

/**
 * Splits one audio stream into frames. A PES packet may hold several, and a frame may go on in the next packet; the
 * PTS belongs to the first frame that begins in a packet (ISO/IEC 13818-1, 2.4.3.7).
 *
 * For a codec whose frames do not say their length (DTS, PCM) the payload of one PES packet counts as one
 * frame, which lasts until the next.
 */
export class AudioSplitter {
	readonly #latm: LatmReader | undefined;
	readonly #readHeader: ReadHeader | undefined;
	#rest: Uint8Array = new Uint8Array(0);
	/** Where the next frame begins, if nothing says otherwise. */
	#next: number | undefined;
	#held: { start: number; bytes: Uint8Array } | undefined;
	#lastLength = 0;
	/** Bytes that belonged to no frame. */
	skipped = 0;

	constructor(codec: AudioCodec) {
		this.#latm = codec === 'latm' ? new LatmReader() : undefined;
		this.#readHeader = this.#latm?.read ?? headerReader(codec);
	}

	/** What comes next does not go on with what came last. */
	reset(): void {
		this.#rest = new Uint8Array(0);
		this.#next = undefined;
		this.#held = undefined;
	}

	/** A frame, whole as `push` returned it, as one that a decoder can begin with. */
	asFirst(frame: Uint8Array): Uint8Array {
		return this.#latm?.withConfiguration(frame) ?? frame;
	}

	/** Takes the payload of one PES packet and its PTS; returns the frames that are whole by now. */
	push(payload: Uint8Array, pts: number | undefined): AudioFrame[] {
		return this.#readHeader === undefined ? this.#pushUnit(payload, pts) : this.#pushFrames(payload, pts);
	}

	/** The frame that was held back because nothing told its length: it is as long as the one before. */
	flush(): AudioFrame[] {
		const held = this.#held;
		this.#held = undefined;
		return held === undefined ? [] : [{ ...held, end: held.start + this.#lastLength }];
	}

	#pushFrames(payload: Uint8Array, pts: number | undefined): AudioFrame[] {
		const carried = this.#rest.length;
		const bytes = carried === 0 ? payload : Buffer.concat([this.#rest, payload]);
		const frames: AudioFrame[] = [];
		let unusedPts = pts;
		let at = 0;
		while (at < bytes.length) {
			const header = this.#readHeader?.(bytes, at);
			if (header === 'more') break;
			if (header === undefined || header.length <= 0 || !this.#isConfirmed(bytes, at, header)) {
				at++;
				this.skipped++;
				continue;
			}
			if (at + header.length > bytes.length) break;
			const fresh = at >= carried && header.samples > 0;
			const start = (fresh ? unusedPts : undefined) ?? this.#next;
			if (fresh) unusedPts = undefined;
			const frame = bytes.subarray(at, at + header.length);
			at += header.length;
			if (start === undefined) continue;
			const last = frames.at(-1);
			if (header.samples === 0 && last !== undefined) {
				last.bytes = Buffer.concat([last.bytes, frame]);
				continue;
			}
			const end = start + (header.samples * TICKS_PER_SECOND) / header.rate;
			frames.push({ start, end, bytes: frame });
			this.#next = end;
		}
		this.#rest = Buffer.from(bytes.subarray(at));
		if (this.#rest.length > 0 && at >= carried && unusedPts !== undefined) this.#next = unusedPts;
		return frames;
	}

	/** A sync pattern can stand in the middle of sound: a header counts when the next one follows it. */
	#isConfirmed(bytes: Uint8Array, at: number, header: AudioFrameHeader): boolean {
		const next = this.#readHeader?.(bytes, at + header.length);
		return next !== undefined || at + header.length >= bytes.length;
	}

	#pushUnit(payload: Uint8Array, pts: number | undefined): AudioFrame[] {
		if (pts === undefined) {
			if (this.#held !== undefined) this.#held.bytes = Buffer.concat([this.#held.bytes, payload]);
			return [];
		}
		const held = this.#held;
		this.#held = { start: pts, bytes: Buffer.from(payload) };
		if (held === undefined) return [];
		const length = pts - held.start;
		if (length <= 0 || length > TICKS_PER_SECOND) return [{ ...held, end: held.start + this.#lastLength }];
		this.#lastLength = length;
		return [{ ...held, end: pts }];
	}
}
