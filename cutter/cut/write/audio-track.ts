import { type AudioFrame, AudioSplitter } from '../codec/audio-splitter.ts';
import type { AudioCodec } from '../mpegts/tables.ts';

/** Frames to be written as one PES packet; times on the output's clock. */
export interface AudioPiece {
	pts: number;
	/** The very object that was taken, when all of it is wanted and it holds nothing but whole frames. */
	payload: Uint8Array;
}

/** A stretch without sound in a run; ticks after the run's beginning. */
export interface Silence {
	from: number;
	to: number;
}

/** A frame may come so much (5 ms, in ticks) later than the one before ends: many a muxer rounds times to milliseconds. */
const JITTER = 450;

/** At the ends of a recording the sound may be so much (0.25 s) shorter than the pictures before that is told. */
export const SHORT_OF_PICTURES = 22_500;

/**
 * Chooses which frames of one audio stream go into the output, and when they play.
 *
 * Frames cannot be cut, so sound begins and ends at the frame border nearest to that of the pictures. At a join it
 * goes on exactly where the sound before it ended (which is within half a frame of the join), with the frame nearest
 * to that: so frames never overlap, no gap opens, and sound and picture are never further apart than half a frame,
 * however many joins there are.
 */
export class AudioTrack {
	readonly #splitter: AudioSplitter;
	readonly #accepts: (frame: Uint8Array) => boolean;
	/** Where the sound written so far ends. */
	#end: number | undefined;
	#runStart = 0;
	#runEnd = Number.POSITIVE_INFINITY;
	#joining = true;
	/** What joining added to the times of this run's frames. */
	#shift = 0;
	#done = false;
	/** Where the run lacks frames. */
	#silences: Silence[] = [];
	/** Up to here the run has sound, or a silence was noted. */
	#heard = 0;
	/** Whether it has had any. */
	#isHeard = false;

	/** `accepts` tells which frames are taken; by default all. */
	constructor(codec: AudioCodec, accepts: (frame: Uint8Array) => boolean = () => true) {
		this.#splitter = new AudioSplitter(codec);
		this.#accepts = accepts;
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
		this.#silences = [];
		this.#heard = Math.max(start, this.#end ?? start);
		this.#isHeard = false;
		this.rejoin();
	}

	/** The run's pictures end here. Known later than its beginning, but before its last sound comes. */
	endRun(end: number): void {
		this.#runEnd = end;
	}

	/** Where the run, which is over, lacks sound. */
	silences(): readonly Silence[] {
		this.#noteSilence(this.#runEnd, SHORT_OF_PICTURES);
		return this.#silences;
	}

	/** Notes one that is longer than `most` (ticks). */
	#noteSilence(until: number, most: number): void {
		if (until - this.#heard > most)
			this.#silences.push({ from: this.#heard - this.#runStart, to: until - this.#runStart });
		this.#heard = until;
	}

	/** The clock of the source jumped: what was left of a frame is lost, and the sound has to join anew. */
	rejoin(): void {
		this.#splitter.reset();
		this.#joining = true;
	}

	/** Something is missing of what was taken last: what is left of a frame belongs to nothing that comes. */
	loseFrames(): void {
		this.#splitter.reset();
	}

	/** Takes one PES packet's payload and its PTS on the output's clock; returns what is to be written of it. */
	take(payload: Uint8Array, pts: number | undefined): AudioPiece | undefined {
		const isJoining = this.#joining;
		const wanted = this.#splitter.push(payload, pts).filter((frame) => this.#wants(frame));
		const first = wanted[0];
		if (first === undefined) return undefined;
		if (isJoining) first.bytes = this.#splitter.asFirst(first.bytes);
		const last = wanted.at(-1)!;
		this.#end = last.end + this.#shift;
		// Rounded up: a tick too late is no overlap.
		const rounded = Math.ceil(first.start + this.#shift - 1e-6);
		return { pts: rounded, payload: isAllOf(payload, wanted) ? payload : together(wanted) };
	}

	#wants(frame: AudioFrame): boolean {
		const half = (frame.end - frame.start) / 2;
		if (this.#done || !this.#accepts(frame.bytes)) return false;
		if (this.#joining && !this.#join(frame, half)) return false;
		// Where a recorder put streams together, the first frame of the one may come before the last of the other ends.
		if (this.#isHeard && frame.start + this.#shift < this.#heard - half) return false;
		if (frame.end + this.#shift <= this.#runEnd + half) {
			this.#noteSilence(frame.start + this.#shift, this.#isHeard ? half + JITTER : SHORT_OF_PICTURES);
			this.#isHeard = true;
			this.#heard = frame.end + this.#shift;
			return true;
		}
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
