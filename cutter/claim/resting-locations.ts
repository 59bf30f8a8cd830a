/** The first pause, and the longest: it doubles while a location stays as it is (ms). */
const FIRST_MS = 10_000;
const LONGEST_MS = 120_000;

interface Rest {
	/** By performance.now(). */
	until: number;
	ms: number;
	sentence: string;
}

/**
 * The upload locations that were down for this node a moment ago: it claims nothing for them during a pause. A node whose
 * disk is not mounted fails faster than others work: without the pause it would have every row before they do.
 */
export class RestingLocations {
	readonly #rests = new Map<string, Rest>();

	/** A location was found down. Of jobs that find that at the same time one counts. */
	rest(name: string, sentence: string, now = performance.now()): void {
		const before = this.#rests.get(name);
		if (before && now < before.until) return;
		const ms = before ? Math.min(2 * before.ms, LONGEST_MS) : FIRST_MS;
		this.#rests.set(name, { until: now + ms, ms, sentence });
	}

	/** Something was published there. */
	works(name: string): void {
		this.#rests.delete(name);
	}

	/** The locations that are left alone now, each with the sentence that says why. */
	resting(now = performance.now()): Map<string, string> {
		const resting = [...this.#rests].filter(([, { until }]) => now < until);
		return new Map(resting.map(([name, { sentence }]) => [name, sentence]));
	}
}
