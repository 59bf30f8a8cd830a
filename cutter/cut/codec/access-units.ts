/** Start code and NAL header of an access unit delimiter. */
const DELIMITERS = {
	h264: Buffer.from([0, 0, 1, 9]),
	hevc: Buffer.from([0, 0, 1, 0x46, 1]),
};

/**
 * Splits an Annex B stream in which every access unit begins with a delimiter into access units, as its chunks come.
 */
export class AccessUnitSplitter {
	readonly #delimiter: Buffer;
	#bytes: Buffer = Buffer.alloc(0);
	/** Where to look on for the next delimiter. */
	#searched = 0;

	constructor(codec: 'h264' | 'hevc') {
		this.#delimiter = DELIMITERS[codec];
	}

	/** The access units that are whole by now. */
	push(chunk: Buffer): Buffer[] {
		this.#bytes = Buffer.concat([this.#bytes, chunk]);
		const units: Buffer[] = [];
		for (;;) {
			const found = this.#bytes.indexOf(this.#delimiter, Math.max(this.#searched, this.#delimiter.length));
			if (found === -1) break;
			// The zero byte before a start code belongs to it.
			const border = this.#bytes[found - 1] === 0 ? found - 1 : found;
			units.push(this.#bytes.subarray(0, border));
			this.#bytes = this.#bytes.subarray(border);
			this.#searched = 0;
		}
		this.#searched = Math.max(0, this.#bytes.length - this.#delimiter.length);
		return units;
	}

	/** The last access unit, after the end of the stream. */
	flush(): Buffer[] {
		const rest = this.#bytes;
		this.#bytes = Buffer.alloc(0);
		return rest.length === 0 ? [] : [rest];
	}
}
