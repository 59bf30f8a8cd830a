import type { Logger } from 'pino';
import type { Db } from '../../db/connect.ts';
import { extendLeases } from '../../db/transitions/leased.ts';

/** Why work under a lease has to stop. */
export class LeaseLost extends Error {}

/** Never commit in the last moment of a lease: the commit itself takes time. */
const COMMIT_MARGIN_MS = 5_000;

interface Held {
	/** By our own monotonic clock (ms): until then the lease surely lasts. */
	surelyUntil: number;
	abort: AbortController;
}

/**
 * Extends the leases of everything that this node works on, three times per their length, in one statement. Work whose
 * lease is lost is aborted: somebody else may have it by now.
 */
export class LeaseKeeper {
	readonly #db: Db;
	readonly #seconds: number;
	readonly #log: Logger;
	readonly #held = new Map<string, Held>();
	#timer: NodeJS.Timeout | undefined;
	#looks = false;
	#shallLook = false;

	/** `seconds`: how long a lease lasts from each extension. */
	constructor(db: Db, seconds: number, log: Logger) {
		this.#db = db;
		this.#seconds = seconds;
		this.#log = log;
	}

	/**
	 * Takes care of a lease until `release`. `since`: performance.now() from before it was asked for, so that its end by
	 * our clock is never later than by the database's.
	 */
	hold(lease: string, since: number, abort: AbortController): void {
		this.#held.set(lease, { surelyUntil: since + this.#seconds * 1000, abort });
		this.#timer ??= setInterval(() => this.#extend(), (this.#seconds * 1000) / 3);
	}

	release(lease: string): void {
		this.#held.delete(lease);
		if (this.#held.size === 0) {
			clearInterval(this.#timer);
			this.#timer = undefined;
		}
	}

	/** Makes sure that a lease lasts long enough for a commit that starts now. Rejects with LeaseLost. */
	async beforeCommit(lease: string): Promise<void> {
		if (!this.#lastsForCommit(lease)) await this.#extend();
		if (!this.#lastsForCommit(lease))
			throw new LeaseLost('The lease could not be extended before the commit.');
	}

	/** Looks now whether all leases are still held. Asked for while it looks, it looks once more. */
	async look(): Promise<void> {
		this.#shallLook = true;
		if (this.#looks) return;
		this.#looks = true;
		while (this.#shallLook) {
			this.#shallLook = false;
			await this.#extend();
		}
		this.#looks = false;
	}

	#lastsForCommit(lease: string): boolean {
		const held = this.#held.get(lease);
		const margin = Math.min(COMMIT_MARGIN_MS, (this.#seconds * 1000) / 2);
		return held !== undefined && performance.now() < held.surelyUntil - margin;
	}

	async #extend(): Promise<void> {
		const asked = [...this.#held.keys()];
		const since = performance.now();
		try {
			const extended = new Set(await extendLeases(this.#db, asked, this.#seconds));
			for (const lease of asked) {
				const held = this.#held.get(lease);
				if (!held) continue;
				if (extended.has(lease)) held.surelyUntil = since + this.#seconds * 1000;
				else held.abort.abort(new LeaseLost('The lease is lost: it expired, or the row was cancelled.'));
			}
		} catch (error) {
			this.#log.warn({ err: error }, 'Could not extend the leases; trying again');
			for (const held of this.#held.values()) {
				if (performance.now() > held.surelyUntil) {
					held.abort.abort(new LeaseLost('The lease ran out while the database could not be reached.'));
				}
			}
		}
	}
}
