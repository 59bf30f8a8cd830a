import { BitReader, BitWriter } from './bits.ts';

/** Reads the fields of a parameter set one after the other. */
export type FieldReader = Pick<BitReader, 'read' | 'unsigned' | 'signed' | 'flag'>;

/**
 * Reads the fields of a parameter set (its payload, unescaped, without the NAL header) and copies what it reads, with some
 * of them changed.
 */
export class SetEditor implements FieldReader {
	readonly #payload: Buffer;
	readonly #in: BitReader;
	readonly #out = new BitWriter();

	constructor(payload: Buffer) {
		this.#payload = payload;
		this.#in = new BitReader(payload);
	}

	read(count: number): number {
		const value = this.#in.read(count);
		this.#out.write(value, count);
		return value;
	}

	flag(): boolean {
		return this.read(1) === 1;
	}

	unsigned(): number {
		const value = this.#in.unsigned();
		this.#out.unsigned(value);
		return value;
	}

	signed(): number {
		const code = this.unsigned();
		return code % 2 === 1 ? (code + 1) / 2 : -code / 2;
	}

	/** Puts another value in the place of an Exp-Golomb code. */
	changeCode(change: (value: number) => number): void {
		this.#out.unsigned(change(this.#in.unsigned()));
	}

	/** Copies the rest. The last one bit ends a payload, and zeros fill up the byte (ITU-T H.265, 7.3.2.11). */
	finish(): Buffer {
		const last = this.#payload.findLastIndex((byte) => byte !== 0);
		const final = this.#payload[last] ?? 0;
		const end = last * 8 + 8 - Math.log2(final & -final);
		while (this.#in.position < end) this.read(1);
		return this.#out.bytes();
	}
}
