import type { Logger } from 'pino';
import { type Db, databaseSentence, isPassingTrouble } from '../../db/connect.ts';
import { type Candidate, type Claimed, claimableEvents, claimFirst } from '../../db/transitions/claim.ts';
import type { CutterOptions } from '../cutter-options.ts';
import { diskFingerprint, missingSegments } from './disk-check.ts';
import { keyOf, LackingRows } from './lacking.ts';

/** So many rows more than there are free slots are looked for on the disk, as other nodes may be faster with some. */
const SPARE_CANDIDATES = 2;

/** Where claimed rows are worked on. */
interface Slots {
	/** How many more could be. */
	free(): number;
	/** Begins with one. `since`: when its claim was sent, by performance.now(). */
	start(claimed: Claimed, since: number): void;
}

/** Claims the rows that a node can cut, best first, and passes over those that it cannot. */
export class RowClaimer {
	readonly #options: Pick<CutterOptions, 'node' | 'store' | 'leaseSeconds' | 'locations'>;
	readonly #db: Db;
	readonly #slots: Slots;
	readonly #lacking: LackingRows;

	constructor(
		options: Pick<CutterOptions, 'node' | 'store' | 'leaseSeconds' | 'locations'>,
		db: Db,
		log: Logger,
		slots: Slots,
	) {
		this.#options = options;
		this.#db = db;
		this.#slots = slots;
		this.#lacking = new LackingRows(options.store, options.node, log);
	}

	/** Looks again at rows that were passed over and may be another matter now. */
	async review(): Promise<void> {
		await this.#lacking.review(this.#db);
	}

	/**
	 * Claims while there are free slots and rows that this node can cut. Nothing for the upload locations that are `stopped`.
	 * Returns whether somebody else held one of them.
	 */
	async claim(signal: AbortSignal, stopped: ReadonlySet<string> = new Set()): Promise<boolean> {
		const { node, locations } = this.#options;
		// Those that may be claimed; the database may know others, where two processes run under one name.
		const open = [...locations.keys()].filter((name) => !stopped.has(name));
		if (open.length === 0) return false;
		/** Each row is tried once: one that somebody holds in an open transaction stays a candidate. */
		const tried = new Set<string>();
		let held = false;
		while (!signal.aborted && this.#slots.free() > 0) {
			const passed = [...this.#lacking.keys(), ...tried];
			const candidates = await claimableEvents(this.#db, node, passed, held);
			if (candidates.length === 0) break;
			const fitting: Candidate[] = [];
			for (const candidate of candidates) {
				if (signal.aborted || fitting.length >= this.#slots.free() + SPARE_CANDIDATES) break;
				tried.add(keyOf(candidate));
				if (!open.includes(candidate.upload_location)) continue;
				if (await this.#fitsDisk(candidate)) fitting.push(candidate);
			}
			while (fitting.length > 0 && !signal.aborted && this.#slots.free() > 0) {
				const claimed = await this.#claimOneOf(fitting);
				if (!claimed) {
					held = true;
					break;
				}
				fitting.splice(
					fitting.findIndex(({ id }) => id === claimed),
					1,
				);
			}
		}
		return held;
	}

	/** Whether the disk has what a row needs; else that is remembered, and said in the row. */
	async #fitsDisk(candidate: Candidate): Promise<boolean> {
		const { node, store } = this.#options;
		const fingerprint = await diskFingerprint(candidate, store);
		const missing = await missingSegments(candidate, store, node);
		if (!missing) return true;
		await this.#lacking.tell(this.#db, candidate, fingerprint, missing);
		return false;
	}

	/** Claims the first that is still to be had, and starts on it. Its id, or undefined when others have all of them. */
	async #claimOneOf(candidates: readonly Candidate[]): Promise<string | undefined> {
		const { node, store, leaseSeconds } = this.#options;
		const since = performance.now();
		try {
			const claimed = await claimFirst(this.#db, candidates, node, leaseSeconds);
			if (claimed) this.#slots.start(claimed, since);
			return claimed?.event.id;
		} catch (error) {
			// A rule refuses one of them, such as a location that the node has lost meanwhile: the others must not wait for it.
			const refusal = databaseSentence(error);
			if (!refusal || isPassingTrouble(error)) throw error;
			const [only, ...others] = candidates;
			if (others.length === 0) {
				await this.#lacking.refused(this.#db, only!, await diskFingerprint(only!, store), refusal);
				return undefined;
			}
			for (const one of candidates) {
				const claimed = await this.#claimOneOf([one]);
				if (claimed) return claimed;
			}
			return undefined;
		}
	}
}
