import type { Access } from '../cut/codec/access.ts';

/** Pictures [from, to) in decoding order, which lie in the bytes [start, end) of their stream. */
export interface Window {
	from: number;
	to: number;
	start: number;
	end: number;
}

/** Numbers of pictures in decoding order, known before a stream is read: what the ranges begin with, and what was blended. */
export interface Seams {
	rangeStarts: readonly number[];
	/** [from, to), in order. */
	blends: readonly { from: number; to: number }[];
}

/** A picture as it comes by in decoding order. */
export interface PassingPicture {
	/** Ticks. */
	pts: number;
	access: Access;
	/** Where its first packet begins. */
	at: number;
	/** Whether other sequence parameter sets hold from it on: where re-encoded and copied pictures meet. */
	isJoin: boolean;
}

/** So much after a join is looked at (ticks): one second. */
const AFTER = 90_000;

/** A picture that decoding can begin at without losing any. */
type CleanStart = Pick<Window, 'from' | 'start'>;

/**
 * Finds what to decode of a stream so that every place is looked at where something was put together: from the last clean
 * start before it to a second after it. Windows that touch become one. The beginning and the end of the stream are always
 * looked at. Takes the pictures one by one, and keeps no more of them than the last clean starts.
 */
export class JoinWindows {
	readonly #starts: ReadonlySet<number>;
	readonly #blends: Seams['blends'];
	/** Which of them is next, or goes on. */
	#blend = 0;
	readonly #windows: Window[] = [];
	#count = 0;
	#first: CleanStart = { from: 0, start: 0 };
	/** The last clean start, and the one before. */
	#clean: CleanStart | undefined;
	#cleanBefore: CleanStart | undefined;
	/** When the last clean start is shown, if it is none as soon as a picture is shown before it. */
	#perhapsClean = Number.NEGATIVE_INFINITY;
	/** The last window ends with the first picture that is shown after this; undefined when it has ended. */
	#until: number | undefined;

	constructor({ rangeStarts, blends }: Seams) {
		this.#starts = new Set(rangeStarts);
		this.#blends = blends;
	}

	/** Takes the next picture. */
	add({ pts, access, at, isJoin }: PassingPicture): void {
		const number = this.#count++;
		if (number === 0) this.#first = { from: 0, start: at };
		// What is decoded after a CRA picture and shown before it is lost to whoever begins there.
		if (pts < this.#perhapsClean) this.#lastIsNotClean();
		if (number === 0 || isJoin || this.#isBlended(number) || this.#starts.has(number)) {
			this.#open(this.#clean ?? this.#first);
			this.#until = Math.max(this.#until ?? pts, pts + AFTER);
		} else if (this.#until !== undefined && pts > this.#until) this.#close(number, at);
		if (access !== 'clean' && access !== 'clean-if-leading-free') return;
		this.#cleanBefore = this.#clean;
		this.#clean = { from: number, start: at };
		this.#perhapsClean = access === 'clean' ? Number.NEGATIVE_INFINITY : pts;
	}

	/** The windows of the stream, which is over and has `size` bytes. */
	finish(size: number): Window[] {
		if (this.#count === 0) return [];
		const clean = this.#clean?.from === this.#count - 1 ? this.#cleanBefore : this.#clean;
		this.#open(clean ?? this.#first);
		this.#close(this.#count, size);
		return this.#windows;
	}

	#isBlended(number: number): boolean {
		while (number >= (this.#blends[this.#blend]?.to ?? Number.POSITIVE_INFINITY)) this.#blend++;
		return number >= (this.#blends[this.#blend]?.from ?? Number.POSITIVE_INFINITY);
	}

	/** Goes on with the last window where that reaches to `clean`, else begins another one. */
	#open(clean: CleanStart): void {
		const last = this.#windows.at(-1);
		const goesOn = last !== undefined && (this.#until !== undefined || clean.from <= last.to);
		if (!goesOn) this.#windows.push({ ...clean, to: clean.from, end: clean.start });
	}

	#close(to: number, end: number): void {
		Object.assign(this.#windows.at(-1)!, { to, end });
		this.#until = undefined;
	}

	/** The window that begins there has to begin earlier, and may reach the one before. */
	#lastIsNotClean(): void {
		const dropped = this.#clean;
		this.#clean = this.#cleanBefore;
		this.#perhapsClean = Number.NEGATIVE_INFINITY;
		const last = this.#windows.at(-1);
		if (last === undefined || last.from !== dropped?.from) return;
		Object.assign(last, this.#clean ?? this.#first);
		const before = this.#windows.at(-2);
		if (before === undefined || last.from > before.to) return;
		Object.assign(before, { to: last.to, end: last.end });
		this.#windows.pop();
	}
}
