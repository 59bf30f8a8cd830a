import PQueue from 'p-queue';
import { Problem } from '../problem.ts';

export interface WorkLimits {
	/** What is made, for sentences: `pictures`. */
	name: string;
	/** So many at once. */
	concurrency: number;
	/** So many more may wait. */
	waiting: number;
	/** Each is given up after so long (ms), the waiting not counted. */
	timeoutMs: number;
}

/** A hint for whom there was no room (s). */
const RETRY_AFTER = 5;

/** No room now. */
export class BusyError extends Problem {
	override name = 'BusyError';
	readonly retryAfter = RETRY_AFTER;
}

/**
 * Costly work that requests ask for, bounded in number and time. It is ended at once, and what waits never begins, when who
 * asked for it is gone.
 */
export class BoundedWork {
	readonly #queue: PQueue;
	readonly #limits: WorkLimits;

	constructor(limits: WorkLimits) {
		this.#limits = limits;
		this.#queue = new PQueue({ concurrency: limits.concurrency });
	}

	/** How many run and how many wait. */
	get load(): { running: number; waiting: number } {
		return { running: this.#queue.pending, waiting: this.#queue.size };
	}

	/**
	 * Runs `work` when its turn comes. It must end soon after its signal aborts: that is when `gone` does, or when its time
	 * is over.
	 *
	 * @throws BusyError (503) when too many wait; Problem 503 when it took too long; the reason of `gone`.
	 */
	async run<T>(gone: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
		const { name, concurrency, waiting, timeoutMs } = this.#limits;
		gone.throwIfAborted();
		if (this.#queue.pending + this.#queue.size >= concurrency + waiting)
			throw new BusyError(
				503,
				`This node makes as many ${name} as it can just now. Try again in ${RETRY_AFTER} seconds.`,
			);
		// The slot is free only when the work itself has ended: so p-queue gets the signal for waiting alone.
		const waitingFor = new AbortController();
		const stopWaiting = () => waitingFor.abort(gone.reason);
		gone.addEventListener('abort', stopWaiting, { once: true });
		try {
			return await this.#queue.add(
				async () => {
					gone.removeEventListener('abort', stopWaiting);
					return await withTimeout(gone, timeoutMs, name, work);
				},
				{ signal: waitingFor.signal },
			);
		} finally {
			gone.removeEventListener('abort', stopWaiting);
		}
	}
}

async function withTimeout<T>(
	gone: AbortSignal,
	timeoutMs: number,
	name: string,
	work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
	const late = new AbortController();
	const sentence = `It was not ready after ${timeoutMs / 1000} seconds, the most that one of the ${name} may take here. Ask for less, or try again.`;
	const timer = setTimeout(() => late.abort(new Problem(503, sentence)), timeoutMs);
	try {
		return await work(AbortSignal.any([gone, late.signal]));
	} catch (error) {
		if (late.signal.aborted && !gone.aborted) throw late.signal.reason;
		throw error;
	} finally {
		clearTimeout(timer);
	}
}
