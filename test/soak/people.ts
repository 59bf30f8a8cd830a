import { setTimeout as sleep } from 'node:timers/promises';
import { type Deed, REAL_LOAD } from './load.ts';

/** Does what people do, each deed at its rate, until it is told to stop. */
export class People {
	readonly #times: number;
	readonly #random: () => number;
	readonly #stopped = new AbortController();
	readonly #doing: Promise<void>[] = [];
	/** How often each deed was done. */
	readonly done = new Map<Deed, number>();
	/** What went wrong with a deed that nothing should be wrong with. */
	readonly problems: string[] = [];

	/** `times`: how many times the real load. */
	constructor(times: number, random: () => number) {
		this.#times = times;
		this.#random = random;
	}

	/** Aborted when people go home. */
	get signal(): AbortSignal {
		return this.#stopped.signal;
	}

	/** From now on `act` takes place at the deed's rate: after pauses of random length, as people have them (Poisson). */
	begin(deed: Deed, act: () => Promise<unknown>): void {
		const meanMs = 3_600_000 / (REAL_LOAD[deed] * this.#times);
		const loop = async () => {
			// One after the other would fall behind the rate where a deed takes long.
			const underWay = new Set<Promise<void>>();
			while (!this.signal.aborted) {
				await sleep(-Math.log(1 - this.#random()) * meanMs, undefined, { signal: this.signal }).catch(
					() => undefined,
				);
				if (this.signal.aborted) break;
				const one = this.#do(deed, act).finally(() => underWay.delete(one));
				underWay.add(one);
			}
			await Promise.all(underWay);
		};
		this.#doing.push(loop());
	}

	async #do(deed: Deed, act: () => Promise<unknown>): Promise<void> {
		try {
			// What fails is tried once more, as people do: on a busy machine a connection may take too long. Whoever has typed a
			// row looks first whether it is there.
			await (deed === 'newRows' ? act() : act().catch(act));
			this.done.set(deed, (this.done.get(deed) ?? 0) + 1);
		} catch (error) {
			// Whoever is just going home does not care.
			if (!this.signal.aborted || !(error instanceof DOMException))
				this.problems.push(`${deed}: ${(error as Error).message}`);
		}
	}

	/** They end what they are doing, and go home. */
	async stop(): Promise<void> {
		this.#stopped.abort();
		await Promise.all(this.#doing);
	}
}
