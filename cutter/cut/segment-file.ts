import { open } from 'node:fs/promises';
import { indexSegment, type SegmentIndex, UnreadableSegmentError } from './mpegts/segment-index.ts';

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

/**
 * Reads whole segments into buffers that it uses again: memory for a few segments serves a cut of any length.
 */
export class SegmentReader {
	readonly #free: Buffer[] = [];

	/** The bytes of a segment. Give them back with `release` when they are no longer needed. */
	async read(path: string): Promise<Buffer> {
		await using file = await open(path).catch((error: unknown) => {
			throw new SegmentError(path, `cannot be read: ${messageOf(error)}`, { cause: error });
		});
		const { size } = await file.stat();
		if (size > LARGEST_SEGMENT) throw new SegmentError(path, `is too large to be a segment (${size} bytes)`);
		const buffer = this.#take(size);
		let length = 0;
		while (length < size) {
			const { bytesRead } = await file.read(buffer, length, size - length);
			if (bytesRead === 0) break;
			length += bytesRead;
		}
		return buffer.subarray(0, length);
	}

	/** Takes back bytes that came from `read`. */
	release(bytes: Buffer): void {
		if (this.#free.length < 5) this.#free.push(Buffer.from(bytes.buffer, 0, bytes.buffer.byteLength));
	}

	#take(size: number): Buffer {
		const index = this.#free.findIndex((buffer) => buffer.length >= size);
		const found = index === -1 ? this.#free.pop() : this.#free.splice(index, 1)[0];
		if (found !== undefined && found.length >= size) return found;
		// A quarter more, so that segments of nearly one size fit into one buffer.
		return Buffer.from(new ArrayBuffer(Math.ceil(size * 1.25)));
	}
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
