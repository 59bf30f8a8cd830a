import { type AudioFrame, AudioSplitter } from './codec/audio-splitter.ts';
import type { AudioCodec } from './mpegts/tables.ts';

/** Frames to be written as one PES packet; times on the output's clock. */
export interface AudioPiece {
	pts: number;
	/** The very object that was taken, when all of it is wanted and it holds nothing but whole frames. */
	payload: Uint8Array;
}

/**
 * Chooses which frames of one audio stream go into the output, and when they play.
 *
 * Frames cannot be cut, so sound begins and ends at the frame border nearest to that of the pictures. At a join it
 * goes on exactly where the sound before it ended (which is within half a frame of the join), with the frame nearest
 * to that: so frames never overlap, no gap opens, and sound and picture are never further apart than half a frame,
 * however many joins there are.
 */
export class AudioTrack {
	readonly #codec: AudioCodec;
	#splitter: AudioSplitter;
	/** Where the sound written so far ends. */
	#end: number | undefined;
	#runStart = 0;
	#runEnd = Number.POSITIVE_INFINITY;
	#joining = true;
	/** What joining added to the times of this run's frames. */
	#shift = 0;
	#done = false;
	/** Bytes that belonged to no frame. */
	skipped = 0;
	/** Frames written. */
	frames = 0;

	constructor(codec: AudioCodec) {
		this.#codec = codec;
		this.#splitter = new AudioSplitter(codec);
	}

	/** Whether the run has all its sound. */
	get done(): boolean {
		return this.#done;
	}

	/** Where the sound written so far ends, on the output's clock; undefined before the first frame. */
	get end(): number | undefined {
		return this.#end;
	}

	/** What joining added to the times of the frames of the run before. */
	get shift(): number {
		return this.#shift;
	}

	/** The sound of a whole run was made, not taken: it ends at `end`, or there is none. */
	replaceRun(end: number | undefined): void {
		this.#end = end ?? this.#end;
		this.#done = true;
	}

	/** A run of pictures begins at `start` on the output's clock. */
	beginRun(start: number): void {
		this.#runStart = start;
		this.#runEnd = Number.POSITIVE_INFINITY;
		this.#done = false;
		this.#shift = 0;
		this.rejoin();
	}

	/** The run's pictures end here. Known later than its beginning, but before its last sound comes. */
	endRun(end: number): void {
		this.#runEnd = end;
	}

	/** The clock of the source jumped: what was left of a frame is lost, and the sound has to join anew. */
	rejoin(): void {
		this.#splitter = new AudioSplitter(this.#codec);
		this.#joining = true;
	}

	/** Takes one PES packet's payload and its PTS on the output's clock; returns what is to be written of it. */
	take(payload: Uint8Array, pts: number | undefined): AudioPiece | undefined {
		const settled = !this.#joining;
		const before = this.#splitter.skipped;
		const wanted = this.#splitter.push(payload, pts).filter((frame) => this.#wants(frame));
		if (settled) this.skipped += this.#splitter.skipped - before;
		const first = wanted[0];
		if (first === undefined) return undefined;
		const last = wanted.at(-1)!;
		this.frames += wanted.length;
		this.#end = last.end + this.#shift;
		// Rounded up: a tick too late is no overlap.
		const rounded = Math.ceil(first.start + this.#shift - 1e-6);
		return { pts: rounded, payload: isAllOf(payload, wanted) ? payload : together(wanted) };
	}

	#wants(frame: AudioFrame): boolean {
		const half = (frame.end - frame.start) / 2;
		if (this.#done) return false;
		if (this.#joining && !this.#join(frame, half)) return false;
		if (frame.end + this.#shift <= this.#runEnd + half) return true;
		this.#done = true;
		return false;
	}

	/** Whether the sound goes on with this frame; if so, moves it to where the sound before it ended. */
	#join(frame: AudioFrame, half: number): boolean {
		const before = this.#end;
		const goesOn = before !== undefined && before >= this.#runStart - half;
		const target = goesOn ? before : this.#runStart;
		if (frame.start < target - half) return false;
		this.#joining = false;
		this.#shift = goesOn && frame.start <= target + half ? target - frame.start : 0;
		return true;
	}
}

/** Whether the frames are the whole payload, and not bytes that were carried over from the one before. */
function isAllOf(payload: Uint8Array, frames: readonly AudioFrame[]): boolean {
	const first = frames[0]?.bytes;
	if (first?.buffer !== payload.buffer || first.byteOffset !== payload.byteOffset) return false;
	let length = 0;
	for (const frame of frames) length += frame.bytes.length;
	return length === payload.length;
}

function together(frames: readonly AudioFrame[]): Uint8Array {
	return frames.length === 1 ? frames[0]!.bytes : Buffer.concat(frames.map((frame) => frame.bytes));
}
