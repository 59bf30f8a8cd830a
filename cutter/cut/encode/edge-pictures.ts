import type { Readable } from 'node:stream';
import { AccessUnitSplitter } from '../codec/access-units.ts';
import type { EdgeCodec, EncodedPicture } from './edge-codec.ts';
import type { RunningFfmpeg } from './ffmpeg.ts';

/** An encoder whose pictures nobody takes is held up when it is this far ahead (bytes). */
const AHEAD_LIMIT = 64 * 1024 * 1024;

/**
 * The pictures that an encoder makes, in order. They are taken in from the beginning, so that it works while something
 * else is copied, but never more than `AHEAD_LIMIT` of them.
 */
export class EdgePictures {
	readonly #codec: Pick<EdgeCodec, 'name' | 'finish' | 'closing'>;
	readonly #closesAfter: number | undefined;
	#made = 0;
	readonly #ready: EncodedPicture[] = [];
	#readyBytes = 0;
	#ended = false;
	#failure: unknown;
	#wake: () => void = () => {};
	#taken: () => void = () => {};

	/** `closesAfter`: the number of the picture that ends the coded sequence. */
	constructor(
		{ stdout, finished }: Pick<RunningFfmpeg, 'stdout' | 'finished'>,
		codec: Pick<EdgeCodec, 'name' | 'finish' | 'closing'>,
		closesAfter: number | undefined,
	) {
		this.#codec = codec;
		this.#closesAfter = closesAfter;
		this.#readAll(stdout, finished).catch((error: unknown) => this.fail(error));
	}

	/** Makes `take` fail with `error`. */
	fail(error: unknown): void {
		this.#failure ??= error;
		this.#ended = true;
		this.#wake();
	}

	/**
	 * The next `count` pictures, as soon as they are there.
	 *
	 * @throws RangeError when the encoder ends before; whatever it failed with, when it failed.
	 */
	async take(count: number): Promise<EncodedPicture[]> {
		while (this.#ready.length < count && !this.#ended)
			await new Promise<void>((resolve) => {
				this.#wake = resolve;
				// All that is there is too little: let it go on, however much that is.
				this.#taken();
			});
		if (this.#failure !== undefined) throw this.#failure;
		if (this.#ready.length < count)
			throw new RangeError(
				`The decoder gave ${count - this.#ready.length} pictures too few: parts of the segments are damaged.`,
			);
		const pictures = this.#ready.splice(0, count);
		for (const picture of pictures) this.#readyBytes -= picture.bytes.length;
		this.#taken();
		return pictures;
	}

	/** Resolves when the encoder has ended. @throws RangeError when it has made more pictures than were taken. */
	async end(): Promise<void> {
		while (!this.#ended)
			await new Promise<void>((resolve) => {
				this.#wake = resolve;
				this.#taken();
			});
		if (this.#failure !== undefined) throw this.#failure;
		if (this.#ready.length > 0)
			throw new RangeError(
				`The decoder gave ${this.#ready.length} pictures too many: parts of the segments are damaged.`,
			);
	}

	async #readAll(stdout: Readable, finished: Promise<string>): Promise<void> {
		const splitter = new AccessUnitSplitter(this.#codec.name);
		for await (const chunk of stdout) {
			this.#add(splitter.push(chunk as Buffer));
			if (this.#readyBytes > AHEAD_LIMIT)
				await new Promise<void>((resolve) => {
					this.#taken = resolve;
				});
		}
		await finished;
		this.#add(splitter.flush());
		this.#ended = true;
		this.#wake();
	}

	#add(units: readonly Buffer[]): void {
		for (const unit of units) {
			const picture = this.#codec.finish(unit);
			if (++this.#made === this.#closesAfter)
				picture.bytes = Buffer.concat([picture.bytes, this.#codec.closing]);
			this.#readyBytes += picture.bytes.length;
			this.#ready.push(picture);
		}
		this.#wake();
	}
}
