import type { Logger } from 'pino';
import type { Db } from '../../db/connect.ts';
import { type Candidate, noteWaiting } from '../../db/transitions/claim.ts';
import type { SegmentStore } from '../segments/store.ts';
import { diskFingerprint } from './disk-check.ts';

interface Passed {
	event: Candidate;
	/** Of the disk when it was looked at. */
	fingerprint: string;
	/** What the row is to say; undefined once it says so. */
	unsaid: string | undefined;
	/** By performance.now(): whatever the disk is like, it is looked at again then. */
	until: number;
}

/**
 * A row is forgotten after an hour at the latest. One that still waits is looked at again then; nothing tells of one that
 * another node cut meanwhile, or that was cancelled.
 */
const FORGET_AFTER_MS = 3_600_000;

/** A row whose claim the database refused is tried again so soon: no disk tells when that is another matter. */
const REFUSED_FOR_MS = 30_000;

/**
 * The rows that this node cannot cut. They are passed over until its disk changes, or for a while where it is the database
 * that refuses them.
 */
export class LackingRows {
	readonly #store: SegmentStore;
	readonly #node: string;
	readonly #log: Logger;
	readonly #rows = new Map<string, Passed>();
	/** What the log has said of a row last, so that it says it once: each new segment has the row looked at again. */
	readonly #logged = new Map<string, { why: string; at: number }>();

	readonly #forgetAfterMs: number;
	readonly #refusedForMs: number;

	constructor(
		store: SegmentStore,
		node: string,
		log: Logger,
		{ forgetAfterMs = FORGET_AFTER_MS, refusedForMs = REFUSED_FOR_MS } = {},
	) {
		this.#forgetAfterMs = forgetAfterMs;
		this.#refusedForMs = refusedForMs;
		this.#store = store;
		this.#node = node;
		this.#log = log;
	}

	/** `id:edit_version` of each. */
	keys(): string[] {
		return [...this.#rows.keys()];
	}

	/**
	 * Passes over a row whose claim the database refused. The first time that may be a race that somebody else won, which is
	 * over before anybody reads of it; from the second one on the row says why it waits.
	 */
	async refused(db: Db, event: Candidate, fingerprint: string, why: string): Promise<void> {
		const again = this.#logged.get(keyOf(event))?.why === why;
		const row = this.#passOver(event, fingerprint, why, this.#refusedForMs);
		if (again) await this.#say(db, row, `${this.#node} may not claim this: ${why}`);
	}

	/** Passes over a row because of what the disk is like, and says in the row that it waits, and for what. */
	async tell(db: Db, event: Candidate, fingerprint: string, missing: string): Promise<void> {
		await this.#say(db, this.#passOver(event, fingerprint, missing, this.#forgetAfterMs), missing);
	}

	/** Forgets the rows that may be another matter now, and says again what a row, held by somebody, could not be told. */
	async review(db: Db): Promise<void> {
		for (const [key, { at }] of this.#logged) {
			if (performance.now() - at > this.#forgetAfterMs) this.#logged.delete(key);
		}
		for (const [key, row] of this.#rows) {
			const isOver = performance.now() > row.until;
			if (isOver || (await diskFingerprint(row.event, this.#store)) !== row.fingerprint)
				this.#rows.delete(key);
			else if (row.unsaid !== undefined) await this.#say(db, row, row.unsaid);
		}
	}

	#passOver(event: Candidate, fingerprint: string, why: string, forMs: number): Passed {
		const now = performance.now();
		const row = { event, fingerprint, unsaid: undefined, until: now + forMs };
		this.#rows.set(keyOf(event), row);
		if (this.#logged.get(keyOf(event))?.why !== why) this.#log.info({ event: event.id }, why);
		this.#logged.set(keyOf(event), { why, at: now });
		return row;
	}

	async #say(db: Db, row: Passed, sentence: string): Promise<void> {
		row.unsaid = (await noteWaiting(db, row.event, this.#node, sentence)) ? undefined : sentence;
	}
}

/** What of a row makes up whether a disk can cut it. */
export function keyOf(event: Candidate): string {
	return `${event.id}:${event.edit_version}`;
}
