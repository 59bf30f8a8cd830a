import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Db } from '../../../db/connect.ts';
import { type FeedCursor, feedCursor, readFeed } from '../../../db/feed.ts';
import { type Audience, type EventRowJson, readEvents } from './event-row.ts';
import { readProgress, type WorkUnderWay } from './progress.ts';

const LOOK_EVERY_MS = 1_000;

/** When more rows than this changed at once, pages read all of them anew: that is compressed, a stream is not. */
const MOST_ROWS = 2_000;

/** What pages are told, as names and data of server-sent events. */
export interface LiveNews {
	/** Rows as they are now. All changes before the cursor have been told with it. */
	changed: { events: EventRowJson[]; cursor: FeedCursor };
	/** All that is worked on now. */
	progress: { work: WorkUnderWay[] };
	/** Too much changed to tell, or the database is another one: read the list anew. */
	reset: Record<string, never>;
}

export interface Listener {
	audience: Audience;
	tell<Name extends keyof LiveNews>(name: Name, news: LiveNews[Name]): void;
}

/**
 * Reads the change feed once a second for all pages of this process, and not at all while nobody listens. What is being
 * cut is asked for once a second as long as something is.
 */
export class LiveFeed {
	readonly #db: Db;
	readonly #log: Logger;
	readonly #listeners = new Set<Listener>();
	readonly #closed = new AbortController();
	/** Rows told last, as JSON: while a transaction stays open, what was committed beside it comes again and again. */
	readonly #told: Record<Audience, Map<string, string>> = { viewers: new Map(), editors: new Map() };
	#cursor: FeedCursor | undefined;
	#progress = '[]';
	#running: Promise<void> | undefined;

	constructor(db: Db, log: Logger) {
		this.#db = db;
		this.#log = log;
	}

	/** Tells `listener` of everything that changed since `after`, until `gone` aborts. */
	async join(listener: Listener, after: FeedCursor, gone: AbortSignal): Promise<void> {
		this.#cursor ??= await feedCursor(this.#db);
		// Before it catches up: what happens in between is told twice rather than never.
		this.#listeners.add(listener);
		const leave = () => this.#listeners.delete(listener);
		gone.addEventListener('abort', leave, { once: true });
		if (gone.aborted) leave();
		this.#running ??= this.#run();
		const { eventIds, cursor, reset } = await readFeed(this.#db, after);
		if (reset || eventIds.length > MOST_ROWS) return listener.tell('reset', {});
		const events = await readEvents(this.#db, listener.audience, eventIds);
		listener.tell('changed', { events, cursor });
		listener.tell('progress', { work: await readProgress(this.#db) });
	}

	/** Stops reading. */
	async close(): Promise<void> {
		this.#closed.abort();
		await this.#running;
	}

	async #run(): Promise<void> {
		let something = true;
		while (this.#listeners.size > 0 && !this.#closed.signal.aborted) {
			try {
				const changed = await this.#tellChanges();
				if (changed || something) something = await this.#tellProgress();
			} catch (error) {
				this.#log.warn({ err: error }, 'pages are not told of changes for the moment');
			}
			await pause(LOOK_EVERY_MS, undefined, { signal: this.#closed.signal }).catch(() => undefined);
		}
		this.#running = undefined;
		this.#cursor = undefined;
	}

	/** Returns whether anything changed. */
	async #tellChanges(): Promise<boolean> {
		this.#cursor ??= await feedCursor(this.#db);
		const { eventIds, cursor, reset } = await readFeed(this.#db, this.#cursor);
		if (reset || eventIds.length > MOST_ROWS) {
			this.#cursor = cursor;
			this.#tell(undefined, 'reset', {});
			return true;
		}
		const moved = cursor !== this.#cursor;
		for (const audience of ['viewers', 'editors'] as const) {
			if (![...this.#listeners].some((listener) => listener.audience === audience)) {
				this.#told[audience].clear();
				continue;
			}
			const events = eventIds.length > 0 ? await readEvents(this.#db, audience, eventIds) : [];
			const before = this.#told[audience];
			const now = new Map(events.map((event) => [event.id, JSON.stringify(event)]));
			this.#told[audience] = now;
			const news = events.filter(({ id }) => before.get(id) !== now.get(id));
			if (news.length > 0 || moved) this.#tell(audience, 'changed', { events: news, cursor });
		}
		this.#cursor = cursor;
		return eventIds.length > 0;
	}

	/** Returns whether anything is worked on. */
	async #tellProgress(): Promise<boolean> {
		const work = await readProgress(this.#db);
		const text = JSON.stringify(work);
		if (text !== this.#progress) this.#tell(undefined, 'progress', { work });
		this.#progress = text;
		return work.length > 0;
	}

	#tell<Name extends keyof LiveNews>(audience: Audience | undefined, name: Name, news: LiveNews[Name]): void {
		for (const listener of this.#listeners) {
			if (audience === undefined || listener.audience === audience) listener.tell(name, news);
		}
	}
}
