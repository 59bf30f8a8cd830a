import { statfs } from 'node:fs/promises';
import type { Logger } from 'pino';
import type { Db } from '../../db/connect.ts';
import { tellStore } from '../../db/transitions/tell-store.ts';
import { coarse, HeldTime } from '../segments/held-time.ts';
import { type SegmentStore, storeFolder } from '../segments/store.ts';
import { TICKS_PER_SECOND } from '../segments/ticks.ts';

const TELL_EVERY_MS = 60_000;

/** More pieces than a picture of them has pixels say nothing more. */
const MOST_STRETCHES = 1_000;

const TICKS_PER_MS = TICKS_PER_SECOND / 1000;

/** Tells operators once a minute what this node's segment store holds, and how much room its disk has. */
export class StoreTeller {
	readonly #store: SegmentStore;
	readonly #node: string;
	readonly #instance: string;
	readonly #log: Logger;
	readonly #held: HeldTime;
	/** By performance.now(). */
	#due = 0;
	#telling = false;

	constructor(store: SegmentStore, node: string, instance: string, log: Logger) {
		this.#store = store;
		this.#node = node;
		this.#instance = instance;
		this.#log = log;
		this.#held = new HeldTime(store);
	}

	/** Tells it when that is due. Nothing else waits for the disk, nor for this: what fails is tried again in a minute. */
	async tell(db: Db): Promise<void> {
		if (this.#telling || performance.now() < this.#due) return;
		this.#due = performance.now() + TELL_EVERY_MS;
		this.#telling = true;
		try {
			const stretches = coarse(await this.#held.look(), MOST_STRETCHES);
			const folder = storeFolder(this.#store);
			const disk = await statfs(folder).catch(() => statfs(this.#store.base));
			const { channel, quality } = this.#store;
			await tellStore(db, this.#node, this.#instance, {
				channel,
				quality,
				held: stretches.map(({ start, end }) => ({ start: start / TICKS_PER_MS, end: end / TICKS_PER_MS })),
				diskBytes: disk.blocks * disk.bsize,
				freeBytes: disk.bavail * disk.bsize,
			});
		} catch (error) {
			this.#log.warn(
				{ err: error },
				'Operators are not told what the segment store holds; trying again in a minute',
			);
		} finally {
			this.#telling = false;
		}
	}
}
