import { BitReader, BitWriter } from './bits.ts';

/** Copies the payload of a parameter set (unescaped, without its NAL header) field by field, and replaces some of them. */
export class SetEditor {
	readonly #payload: Buffer;
	readonly #in: BitReader;
	readonly #out = new BitWriter();

	constructor(payload: Buffer) {
		this.#payload = payload;
		this.#in = new BitReader(payload);
	}

	/** Copies `count` bits; returns the value of the last one. */
	copy(count: number): number {
		let bit = 0;
		for (let left = count; left > 0; left--) {
			bit = this.#in.read(1);
			this.#out.write(bit, 1);
		}
		return bit;
	}

	/** Copies an Exp-Golomb code, and returns its value. */
	copyCode(): number {
		const value = this.#in.unsigned();
		this.#out.unsigned(value);
		return value;
	}

	/** Puts `value` in the place of an Exp-Golomb code. */
	replaceCode(value: number): void {
		this.#in.unsigned();
		this.#out.unsigned(value);
	}

	/** Copies the rest. The last one bit ends a payload, and zeros fill up the byte (ITU-T H.265, 7.3.2.11). */
	finish(): Buffer {
		const last = this.#payload.findLastIndex((byte) => byte !== 0);
		const final = this.#payload[last] ?? 0;
		const end = last * 8 + 8 - Math.log2(final & -final);
		this.copy(end - this.#in.position);
		return this.#out.bytes();
	}
}
