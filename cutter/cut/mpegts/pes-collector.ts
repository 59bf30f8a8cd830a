import type { PesHeader } from './pes.ts';

/** One whole PES packet; its PTS as it stands in the stream. */
export interface CollectedPes {
	streamId: number;
	pts: number | undefined;
	payload: Buffer;
}

/** Puts the payload of one PID's PES packets together. The bytes given are copied. */
export class PesCollector {
	#header: PesHeader | undefined;
	#bytes = Buffer.alloc(0);
	#length = 0;
	/** How much payload the header announces; infinite when it does not say. */
	#announced = 0;

	/** Begins a PES packet, whose header is at `headerAt`, with what its first transport packet holds after the header. */
	begin(header: PesHeader, headerAt: number, first: Uint8Array): CollectedPes | undefined {
		const afterLengthField = headerAt + 6;
		this.#header = header;
		this.#length = 0;
		this.#announced =
			header.length === 0
				? Number.POSITIVE_INFINITY
				: Math.max(0, header.length - (header.payload - afterLengthField));
		this.#bytes = Buffer.allocUnsafe(header.length === 0 ? 4096 : this.#announced);
		return this.add(first);
	}

	/** Goes on with the next transport packet's payload; returns the PES packet once it is whole. */
	add(chunk: Uint8Array): CollectedPes | undefined {
		if (this.#header === undefined) return undefined;
		const useful = Math.min(chunk.length, this.#announced - this.#length);
		if (this.#length + useful > this.#bytes.length)
			this.#bytes = Buffer.concat([this.#bytes.subarray(0, this.#length)], 2 * (this.#length + useful));
		this.#bytes.set(useful === chunk.length ? chunk : chunk.subarray(0, useful), this.#length);
		this.#length += useful;
		return this.#length >= this.#announced ? this.finish() : undefined;
	}

	/** What is there of the open PES packet: one without a length ends where the next one begins. */
	finish(): CollectedPes | undefined {
		const header = this.#header;
		if (header === undefined) return undefined;
		this.#header = undefined;
		return { streamId: header.streamId, pts: header.pts, payload: this.#bytes.subarray(0, this.#length) };
	}

	/** Forgets the open PES packet. */
	reset(): void {
		this.#header = undefined;
	}
}
