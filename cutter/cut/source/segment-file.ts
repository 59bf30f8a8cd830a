import { closeSync, fstatSync, openSync, read } from 'node:fs';
import { indexSegment, type SegmentIndex, UnreadableSegmentError } from '../mpegts/segment-index.ts';

/** A segment cannot be used as it must be. The message is a sentence that names it. */
export class SegmentError extends Error {
	override name = 'SegmentError';
	readonly path: string;

	/** `what` follows "The segment PATH ". */
	constructor(path: string, what: string, options?: ErrorOptions) {
		super(`The segment ${path} ${what}.`, options);
		this.path = path;
	}
}

/** Segments are read whole; one of this size is none (10 s at 200 Mbit/s are 250 MB). */
const LARGEST_SEGMENT = 512 * 1024 * 1024;

/** Two are read ahead, one is changed and one is written. */
const MOST_BUFFERS = 4;

/**
 * Reads whole segments into buffers that it uses again: memory for a few segments serves a cut of any length.
 *
 * A cut reads a thousand of them in a second, and to hand a call over to another thread takes 50 µs: so only the
 * reading is done there. To open a file whose folder was listed a moment ago takes 5 µs.
 */
export class SegmentReader {
	readonly #free: Buffer[] = [];

	/** The bytes of a segment. Give them back with `release` when they are no longer needed. */
	async read(path: string): Promise<Buffer> {
		let file: number | undefined;
		try {
			file = openSync(path, 'r');
			return await this.#readAll(path, file);
		} catch (error) {
			if (error instanceof SegmentError) throw error;
			throw new SegmentError(path, `cannot be read: ${messageOf(error)}`, { cause: error });
		} finally {
			if (file !== undefined) closeSync(file);
		}
	}

	/** Takes back bytes that came from `read`. */
	release(bytes: Buffer): void {
		if (this.#free.length < MOST_BUFFERS)
			this.#free.push(Buffer.from(bytes.buffer, 0, bytes.buffer.byteLength));
	}

	async #readAll(path: string, file: number): Promise<Buffer> {
		let buffer = this.#free.pop() ?? roomFor(path, file);
		for (let length = 0; ; ) {
			const count = await readInto(buffer, length, file);
			length += count;
			// Only at its end does a file give less than there is room for.
			if (count === 0 || length < buffer.length) return buffer.subarray(0, length);
			const larger = roomFor(path, file);
			if (larger.length <= length) throw new SegmentError(path, 'grows while it is read');
			larger.set(buffer);
			buffer = larger;
		}
	}
}

/** A buffer for a file: with a quarter more, so that segments of nearly one size fit into one buffer. */
function roomFor(path: string, file: number): Buffer {
	const { size } = fstatSync(file);
	if (size > LARGEST_SEGMENT) throw new SegmentError(path, `is too large to be a segment (${size} bytes)`);
	return Buffer.from(new ArrayBuffer(Math.ceil(size * 1.25) + 1));
}

/** Reads into `buffer` from `from` on, which is also the place in the file. */
function readInto(buffer: Buffer, from: number, file: number): Promise<number> {
	return new Promise((resolve, reject) => {
		read(file, buffer, from, buffer.length - from, from, (error, count) =>
			error === null ? resolve(count) : reject(error),
		);
	});
}

/** Indexes a segment's bytes; what is wrong with them becomes a SegmentError. `before`: the segment before it. */
export function indexOf(path: string, bytes: Buffer, before?: SegmentIndex): SegmentIndex {
	try {
		return indexSegment(bytes, before);
	} catch (error) {
		if (error instanceof UnreadableSegmentError)
			throw new SegmentError(path, error.message, { cause: error });
		throw error;
	}
}

function messageOf(error: unknown): string {
	return error instanceof Error ? error.message : String(error);
}
