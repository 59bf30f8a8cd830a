/**
 * Follows the times of a stream's pictures in decoding order (ticks). None is shown before it is decoded, so a picture that
 * comes can only have the time of one that is still to be shown: no more than these are remembered, however long the stream is.
 */
export class PictureTimes {
	count = 0;
	/** When the first and the last one is shown. */
	first = Number.POSITIVE_INFINITY;
	last = Number.NEGATIVE_INFINITY;
	/** What is wrong with them, to follow "The made file "; undefined when nothing is. */
	fault: string | undefined;
	#lastDts = Number.NEGATIVE_INFINITY;
	readonly #toBeShown = new Set<number>();

	/** Takes the next picture. */
	add(pts: number, dts: number): void {
		this.count++;
		this.first = Math.min(this.first, pts);
		this.last = Math.max(this.last, pts);
		if (dts <= this.#lastDts)
			this.fault ??= `has decoding times that do not rise: ${dts} after ${this.#lastDts}`;
		if (pts < dts) this.fault ??= `shows a picture (${pts}) before it is decoded (${dts})`;
		this.#lastDts = dts;
		for (const time of this.#toBeShown) if (time < dts) this.#toBeShown.delete(time);
		if (this.#toBeShown.has(pts)) this.fault ??= `shows two pictures at one time (${pts})`;
		this.#toBeShown.add(pts);
	}
}
