/** How fast something has got on of late is told by the last half minute: a line, or a disk, may change. */
const WINDOW_MS = 30_000;

/** How fast work gets on. Pure: it is told the time. */
export class Pace {
	#samples: { at: number; done: number }[] = [];

	/**
	 * Notes that `done` is done at `at` (ms), and returns how much is done per second; undefined until something was. Where
	 * less is done than before, as an interruption cost some, it begins anew.
	 */
	note(done: number, at: number): number | undefined {
		const last = this.#samples.at(-1);
		if (last !== undefined && done < last.done) this.#samples = [];
		this.#samples.push({ at, done });
		while (this.#samples.length > 2 && this.#samples[1]!.at <= at - WINDOW_MS) this.#samples.shift();
		const first = this.#samples[0]!;
		const perSecond = (done - first.done) / ((at - first.at) / 1000);
		return perSecond > 0 && Number.isFinite(perSecond) ? perSecond : undefined;
	}
}
