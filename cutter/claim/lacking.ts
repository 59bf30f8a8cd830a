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
	/** By performance.now(). */
	since: number;
}

/**
 * A row is forgotten after an hour at the latest. One that still waits is looked at again then; nothing tells of one that
 * another node cut meanwhile, or that was cancelled.
 */
const FORGET_AFTER_MS = 3_600_000;

/** The rows that this node cannot cut with what is on its disk. They are passed over until the disk changes. */
export class LackingRows {
	readonly #store: SegmentStore;
	readonly #node: string;
	readonly #log: Logger;
	readonly #rows = new Map<string, Passed>();
	/** What the log has said of a row last, so that it says it once: each new segment has the row looked at again. */
	readonly #logged = new Map<string, { why: string; at: number }>();

	readonly #forgetAfterMs: number;

	constructor(store: SegmentStore, node: string, log: Logger, forgetAfterMs = FORGET_AFTER_MS) {
		this.#forgetAfterMs = forgetAfterMs;
		this.#store = store;
		this.#node = node;
		this.#log = log;
	}

	/** `id:edit_version` of each. */
	keys(): string[] {
		return [...this.#rows.keys()];
	}

	/** Passes over a row because of what the disk was like. */
	passOver(event: Candidate, fingerprint: string, why: string): void {
		this.#rows.set(keyOf(event), { event, fingerprint, unsaid: undefined, since: performance.now() });
		if (this.#logged.get(keyOf(event))?.why !== why) this.#log.info({ event: event.id }, why);
		this.#logged.set(keyOf(event), { why, at: performance.now() });
	}

	/** Passes over it, and says in the row that it waits, and for what. */
	async tell(db: Db, event: Candidate, fingerprint: string, missing: string): Promise<void> {
		this.passOver(event, fingerprint, missing);
		await this.#say(db, this.#rows.get(keyOf(event))!, missing);
	}

	/** Forgets the rows that may be another matter now, and says again what a row, held by somebody, could not be told. */
	async review(db: Db): Promise<void> {
		for (const [key, { at }] of this.#logged) {
			if (performance.now() - at > this.#forgetAfterMs) this.#logged.delete(key);
		}
		for (const [key, row] of this.#rows) {
			const isOld = performance.now() - row.since > this.#forgetAfterMs;
			if (isOld || (await diskFingerprint(row.event, this.#store)) !== row.fingerprint)
				this.#rows.delete(key);
			else if (row.unsaid !== undefined) await this.#say(db, row, row.unsaid);
		}
	}

	async #say(db: Db, row: Passed, sentence: string): Promise<void> {
		row.unsaid = (await noteWaiting(db, row.event, this.#node, sentence)) ? undefined : sentence;
	}
}

/** What of a row makes up whether a disk can cut it. */
export function keyOf(event: Candidate): string {
	return `${event.id}:${event.edit_version}`;
}
