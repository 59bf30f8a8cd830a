/** Reads bits and Exp-Golomb codes from an unescaped payload (ITU-T H.264, 7.2 and 9.1). Past the end it throws. */
export class BitReader {
	readonly #bytes: Uint8Array;
	#position = 0;

	constructor(bytes: Uint8Array) {
		this.#bytes = bytes;
	}

	/** Bits read so far. */
	get position(): number {
		return this.#position;
	}

	/** u(n) */
	read(count: number): number {
		let value = 0;
		for (let bit = 0; bit < count; bit++) {
			const byte = this.#bytes[this.#position >> 3];
			if (byte === undefined) throw new RangeError('The bits end in mid-field.');
			value = value * 2 + ((byte >> (7 - (this.#position & 7))) & 1);
			this.#position++;
		}
		return value;
	}

	flag(): boolean {
		return this.read(1) === 1;
	}

	/** ue(v) */
	unsigned(): number {
		let zeros = 0;
		while (!this.flag()) if (++zeros > 32) throw new RangeError('An Exp-Golomb code is longer than 32 bits.');
		return 2 ** zeros - 1 + this.read(zeros);
	}

	/** se(v) */
	signed(): number {
		const code = this.unsigned();
		return code % 2 === 1 ? (code + 1) / 2 : -code / 2;
	}
}

/** Collects bits and Exp-Golomb codes: the opposite of `BitReader`. */
export class BitWriter {
	readonly #bits: number[] = [];

	get length(): number {
		return this.#bits.length;
	}

	write(value: number, count: number): void {
		for (let bit = count - 1; bit >= 0; bit--) this.#bits.push(Math.floor(value / 2 ** bit) % 2);
	}

	unsigned(value: number): void {
		const width = Math.floor(Math.log2(value + 1));
		this.write(0, width);
		this.write(value + 1, width + 1);
	}

	/** The bits as bytes; the last is filled up with zeros. */
	bytes(): Buffer {
		const out = Buffer.alloc(Math.ceil(this.#bits.length / 8));
		for (const [index, bit] of this.#bits.entries()) out[index >> 3]! |= bit << (7 - (index & 7));
		return out;
	}
}
