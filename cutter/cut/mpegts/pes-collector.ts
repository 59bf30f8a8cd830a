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
	#parts: Buffer[] = [];
	#missing = 0;

	/** Whether a PES packet is open. */
	get open(): boolean {
		return this.#header !== undefined;
	}

	/** Begins a PES packet with what is left of its first transport packet after the header at `headerAt`. */
	begin(header: PesHeader, headerAt: number, first: Uint8Array): CollectedPes | undefined {
		this.#header = header;
		this.#parts = [];
		const afterLengthField = headerAt + 6;
		this.#missing =
			header.length === 0 ? Number.POSITIVE_INFINITY : header.length - (header.payload - afterLengthField);
		return this.add(first);
	}

	/** Goes on with the next transport packet's payload; returns the PES packet once it is whole. */
	add(chunk: Uint8Array): CollectedPes | undefined {
		if (this.#header === undefined) return undefined;
		const useful = chunk.length > this.#missing ? chunk.subarray(0, Math.max(0, this.#missing)) : chunk;
		this.#parts.push(Buffer.from(useful));
		this.#missing -= useful.length;
		return this.#missing <= 0 ? this.finish() : undefined;
	}

	/** What is there of the open PES packet: one without a length ends where the next one begins. */
	finish(): CollectedPes | undefined {
		const header = this.#header;
		if (header === undefined) return undefined;
		this.#header = undefined;
		const payload = this.#parts.length === 1 ? this.#parts[0]! : Buffer.concat(this.#parts);
		return { streamId: header.streamId, pts: header.pts, payload };
	}

	/** Forgets the open PES packet. */
	reset(): void {
		this.#header = undefined;
	}
}
