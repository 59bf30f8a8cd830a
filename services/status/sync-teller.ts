import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Db } from '../../db/connect.ts';
import { type ToldSync, tellSync } from '../../db/transitions/tell-sync.ts';
import type { SyncObserver } from '../../sheet-sync/sync-observer.ts';

/** Operators look every few seconds; a minute of silence is taken for the end. */
const TELL_EVERY_MS = 10_000;

/** What a sync does is seen by the observer that is given, and told to operators, by way of the database. */
export class SyncTeller {
	/** For the sync. */
	readonly observer: Required<SyncObserver>;
	readonly #name: Pick<ToldSync, 'service' | 'spreadsheet'>;
	readonly #db: Db;
	readonly #log: Logger;
	/** By performance.now(). */
	#inStepAt: number | undefined;
	#trouble: string | null = null;
	/** A process that stands by knows nothing of how the sync is. */
	#leads: boolean;
	#wake: () => void = () => undefined;

	/** `observer`: who else is told. */
	constructor(
		name: Pick<ToldSync, 'service' | 'spreadsheet'>,
		observer: Required<SyncObserver>,
		{ db, log }: { db: Db; log: Logger },
	) {
		this.#name = name;
		this.#db = db;
		this.#log = log;
		// Copies are published by every process that is started for it.
		this.#leads = name.service === 'publish-sheet';
		this.observer = {
			...observer,
			leading: (leads, stranger) => {
				observer.leading(leads, stranger);
				this.#leads = leads;
				this.#wake();
			},
			cycled: (seconds, setAside) => {
				observer.cycled(seconds, setAside);
				this.#inStepAt = performance.now();
				if (this.#trouble === null) return;
				this.#trouble = null;
				this.#wake();
			},
			failed: (sentence) => {
				observer.failed(sentence);
				const isNews = this.#trouble !== sentence;
				this.#trouble = sentence;
				if (isNews) this.#wake();
			},
		};
	}

	/** Tells it at once when something changes, and every few seconds, until `signal` aborts. */
	async run(signal: AbortSignal): Promise<void> {
		while (!signal.aborted) {
			const woken = new AbortController();
			this.#wake = () => woken.abort();
			if (this.#leads) {
				const ago = this.#inStepAt === undefined ? undefined : (performance.now() - this.#inStepAt) / 1000;
				const told = { ...this.#name, inStepSecondsAgo: ago, trouble: this.#trouble };
				await tellSync(this.#db, told).catch((error) =>
					this.#log.debug({ err: error }, 'Could not tell operators how the sync is'),
				);
			}
			await sleep(TELL_EVERY_MS, undefined, { signal: AbortSignal.any([signal, woken.signal]) }).catch(
				() => undefined,
			);
		}
	}
}
