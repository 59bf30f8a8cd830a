import type { Logger } from 'pino';
import type { Db } from '../../db/connect.ts';
import type { Progress, WorkStage } from '../../db/tables.ts';
import { reportProgress } from '../../db/transitions/leased.ts';
import { Pace } from './pace.ts';

const TELL_EVERY_MS = 2_000;

/**
 * Tells the lease how far its work is: the beginning and the end of each stage at once, and in between every two seconds at
 * most. Never rejects, and nobody waits for it.
 */
export class ProgressTeller {
	readonly #db: Db;
	readonly #lease: string;
	readonly #log: Logger;
	#stage: WorkStage | undefined;
	/** Of the stage; undefined before any of it was counted. */
	#fraction: number | undefined;
	#pace = new Pace();
	#toldAt = Number.NEGATIVE_INFINITY;
	/** One report after the other, so that none is overtaken. */
	#told: Promise<unknown> = Promise.resolve();

	constructor(db: Db, lease: string, log: Logger) {
		this.#db = db;
		this.#lease = lease;
		this.#log = log;
	}

	/** So much (0 to 1) of a video of `seconds` is made, checked or packed. */
	made(stage: 'cutting' | 'checking' | 'packing', fraction: number, seconds: number): void {
		this.#tell(stage, fraction, (perSecond) => ({ speed: Math.round(perSecond * seconds * 10) / 10 }));
	}

	/** So many of the bytes are sent. */
	sent(bytes: number, size: number): void {
		const fraction = size === 0 ? 1 : bytes / size;
		this.#tell('uploading', fraction, (perSecond) => ({ bytes_per_second: Math.round(perSecond * size) }));
	}

	/** A stage begins, and nothing of it is counted, or not yet. */
	begins(stage: WorkStage): void {
		this.#stage = stage;
		this.#fraction = undefined;
		this.#write({ stage });
	}

	#tell(stage: WorkStage, fraction: number, paceOf: (perSecond: number) => Partial<Progress>): void {
		const now = performance.now();
		const isNew = stage !== this.#stage || this.#fraction === undefined;
		if (!isNew && now - this.#toldAt < TELL_EVERY_MS && fraction < 1) return;
		if (!isNew && fraction === this.#fraction) return;
		if (isNew) this.#pace = new Pace();
		this.#stage = stage;
		this.#fraction = fraction;
		this.#toldAt = now;
		const perSecond = this.#pace.note(fraction, now);
		this.#write({
			stage,
			percent: Math.round(fraction * 10_000) / 100,
			...(perSecond !== undefined && {
				...paceOf(perSecond),
				seconds_left: Math.round((1 - fraction) / perSecond),
			}),
		});
	}

	#write(progress: Progress): void {
		this.#told = this.#told
			.then(() => reportProgress(this.#db, this.#lease, progress))
			.catch((error) => this.#log.debug({ err: error }, 'Could not report progress'));
	}
}
