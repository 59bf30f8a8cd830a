/**
 * The events of one spreadsheet, as Postgres has them, kept in memory and brought up to date by the change feed: a cycle
 * in which nothing changed costs one small query, whatever the number of events.
 */
import type { Db } from '../db/connect.ts';
import type { FeedCursor } from '../db/feed.ts';
import { feedCursor, readFeed } from '../db/feed.ts';
import { readEvents, readEventsOf, readOthersIds, readProgress, readRemembered } from './event-rows.ts';
import { isId } from './placed-rows.ts';
import type { EventRow, RememberedRow } from './snapshot.ts';

export interface KnownEventsOptions {
	spreadsheet: string;
	/** Seconds between readings of all events, in case that something was missed. */
	fullReadSeconds: number;
	/** Seconds between looks at how far the cutters are; undefined when nobody wants to see that. */
	progressSeconds: number | undefined;
}

/** States in which some cutter may be working on an event. */
const OWNED = new Set(['CLAIMED', 'FINALIZING']);

export class KnownEvents {
	readonly events = new Map<string, EventRow>();
	readonly remembered = new Map<string, RememberedRow>();
	/** Ids that were looked up and belong to the rows of another spreadsheet. */
	readonly foreign = new Set<string>();
	readonly #db: Db;
	readonly #options: KnownEventsOptions;
	#cursor: FeedCursor | undefined;
	/** Events that changed since their rows were last read. */
	readonly #stale = new Set<string>();
	#fullReadAt = Number.NEGATIVE_INFINITY;
	#progressAt = Number.NEGATIVE_INFINITY;

	constructor(db: Db, options: KnownEventsOptions) {
		this.#db = db;
		this.#options = options;
	}

	/** Whether events changed in Postgres since the last refresh, or a cutter got further. One query, or two. */
	async hasChanges(): Promise<boolean> {
		await this.#followFeed();
		await this.#readStale();
		return this.#changed.size > 0;
	}

	/** Ids of events that are other objects than at the last call of `refresh`. */
	readonly #changed = new Set<string>();

	/** Bring everything up to date. @returns ids of events that changed since the last refresh */
	async refresh(): Promise<ReadonlySet<string>> {
		const seconds = this.#options.fullReadSeconds;
		if (performance.now() - this.#fullReadAt >= seconds * 1000) await this.#readEverything();
		else {
			await this.#followFeed();
			if (this.#cursor === undefined) await this.#readEverything();
			else await this.#readStale();
		}
		const changed = new Set(this.#changed);
		this.#changed.clear();
		return changed;
	}

	/** Look up ids that stand in the sheet and are not known: an event of ours was perhaps made by another daemon. */
	async lookUp(ids: Iterable<string>): Promise<void> {
		const unknown = [...ids].filter((id) => isId(id) && !this.events.has(id) && !this.foreign.has(id));
		if (unknown.length === 0) return;
		const found = await readEvents(this.#db, unknown);
		if (found.length === 0) return;
		const others = await readOthersIds(
			this.#db,
			this.#options.spreadsheet,
			found.map(({ id }) => id),
		);
		for (const event of found) {
			if (others.has(event.id)) this.foreign.add(event.id);
			else this.events.set(event.id, event);
		}
	}

	/** Events that we changed ourselves: they are read again at the next refresh, without waiting for the feed. */
	touched(ids: Iterable<string>): void {
		for (const id of ids) this.#stale.add(id);
	}

	async #readEverything(): Promise<void> {
		// The cursor first: what changes while the rows are read is told again.
		this.#cursor = await feedCursor(this.#db);
		this.#stale.clear();
		this.foreign.clear();
		const events = await readEventsOf(this.#db, this.#options.spreadsheet);
		const remembered = await readRemembered(this.#db, this.#options.spreadsheet);
		this.events.clear();
		this.remembered.clear();
		for (const event of events) this.#put(event);
		for (const row of remembered) this.remembered.set(row.id, row);
		this.#fullReadAt = performance.now();
		this.#progressAt = Number.NEGATIVE_INFINITY;
		await this.#readProgress();
	}

	async #followFeed(): Promise<void> {
		if (this.#cursor === undefined) return;
		const { cursor, eventIds, reset } = await readFeed(this.#db, this.#cursor);
		this.#cursor = reset ? undefined : cursor;
		for (const id of eventIds) if (this.events.has(id)) this.#stale.add(id);
	}

	async #readStale(): Promise<void> {
		const ids = [...this.#stale];
		for (const event of await readEvents(this.#db, ids)) this.#put(event);
		for (const id of ids) this.#stale.delete(id);
		await this.#readProgress();
	}

	#put(event: EventRow): void {
		const old = this.events.get(event.id);
		const progress = OWNED.has(event.state) ? (old?.progress ?? null) : null;
		if (old !== undefined && sameEvent(old, { ...event, progress })) return;
		this.events.set(event.id, { ...event, progress });
		this.#changed.add(event.id);
	}

	async #readProgress(): Promise<void> {
		const seconds = this.#options.progressSeconds;
		if (seconds === undefined || performance.now() - this.#progressAt < seconds * 1000) return;
		this.#progressAt = performance.now();
		const owned = [...this.events.values()].filter(({ state }) => OWNED.has(state));
		if (owned.length === 0) return;
		const progress = await readProgress(this.#db);
		for (const event of owned) {
			const now = progress.get(event.id) ?? null;
			if (now === event.progress) continue;
			this.events.set(event.id, { ...event, progress: now });
			this.#changed.add(event.id);
		}
	}
}

function sameEvent(a: EventRow, b: EventRow): boolean {
	return (Object.keys(b) as (keyof EventRow)[]).every(
		(key) => a[key] === b[key] || JSON.stringify(a[key]) === JSON.stringify(b[key]),
	);
}
