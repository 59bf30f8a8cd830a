import { setTimeout as pause } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Logger } from 'pino';
import type { Db } from '../../../db/connect.ts';
import type { EventState } from '../../../db/tables.ts';
import type { LeasedWork } from '../../status/standstill.ts';
import { liveLease, toldLease } from './detail.ts';

/** What pages that have an event open are told whenever it changes. */
export interface EventNews {
	/** The event's last entry in its history. */
	seen: string;
	state: EventState;
	error: string | null;
	lease: ReturnType<typeof toldLease>;
	/** Whose page has it open, and since when; one entry per page. */
	people: { page: string; name: string; since: string }[];
	/** Who has a draft, and since when it is as it is. */
	drafts: { name: string; saved_at: string }[];
}

const LOOK_EVERY_MS = 1_000;
/** A page whose service has not said for so long that it is there has gone with that service. */
const GONE_SECONDS = 30;
const SAY_EVERY_MS = 10_000;

type Reader = (news: EventNews) => void;

/**
 * Watches the events that are open on this service's pages: one query a second for all of them, and none while there are
 * none. The database knows the pages of all services.
 */
export class EventWatch {
	readonly #db: Db;
	readonly #log: Logger;
	readonly #readers = new Map<string, Map<string, Reader>>();
	#running: Promise<void> | undefined;
	#said = 0;
	#closed = false;

	constructor(db: Db, log: Logger) {
		this.#db = db;
		this.#log = log;
	}

	/** Opens a page on an event and tells `reader` its news until `closed` aborts. Returns the page's id. */
	async open(eventId: string, accountId: string, reader: Reader, closed: AbortSignal): Promise<string> {
		await sql`delete from open_events where seen_at < clock_timestamp() - interval '10 minutes'`.execute(
			this.#db,
		);
		const { id } = await this.#db
			.insertInto('open_events')
			.values({ event_id: eventId, account_id: accountId })
			.returning('id')
			.executeTakeFirstOrThrow();
		const leave = () => {
			this.#readers.get(eventId)?.delete(id);
			if (this.#readers.get(eventId)?.size === 0) this.#readers.delete(eventId);
			this.#db
				.deleteFrom('open_events')
				.where('id', '=', id)
				.execute()
				.catch((error) => this.#log.debug({ err: error }, 'a page that has gone is shown for a while'));
		};
		if (closed.aborted) {
			leave();
			return id;
		}
		closed.addEventListener('abort', leave, { once: true });
		const readers = this.#readers.get(eventId) ?? new Map<string, Reader>();
		this.#readers.set(eventId, readers.set(id, onlyNews(reader)));
		this.#running ??= this.#run();
		return id;
	}

	/** Stops looking. */
	async close(): Promise<void> {
		this.#closed = true;
		await this.#running;
	}

	async #run(): Promise<void> {
		while (this.#readers.size > 0 && !this.#closed) {
			try {
				await this.#look();
			} catch (error) {
				this.#log.warn({ err: error }, 'pages are not told of changes for the moment');
			}
			await pause(LOOK_EVERY_MS);
		}
		this.#running = undefined;
	}

	async #look(): Promise<void> {
		const pages = [...this.#readers.values()].flatMap((readers) => [...readers.keys()]);
		if (performance.now() - this.#said > SAY_EVERY_MS) {
			this.#said = performance.now();
			await sql`update open_events set seen_at = clock_timestamp() where id = any(${pages})`.execute(
				this.#db,
			);
		}
		for (const { id, ...news } of await readNews(this.#db, [...this.#readers.keys()])) {
			for (const reader of this.#readers.get(id)?.values() ?? []) reader(news);
		}
	}
}

/** Passes on only what differs from what it passed on before. */
function onlyNews(reader: Reader): Reader {
	let last = '';
	return (news) => {
		const text = JSON.stringify(news);
		if (text === last) return;
		last = text;
		reader(news);
	};
}

async function readNews(db: Db, ids: string[]): Promise<(EventNews & { id: string })[]> {
	const { rows } = await sql<Omit<EventNews, 'lease'> & { id: string; lease: LeasedWork | null }>`
		select events.id, events.state, events.error,
			(select coalesce(max(seq), 0)::text from event_history h where h.event_id = events.id) as seen,
			${liveLease} as lease,
			(select coalesce(jsonb_agg(jsonb_build_object('page', o.id, 'name', a.name, 'since', o.since) order by o.since), '[]')
				from open_events o join accounts a on a.id = o.account_id
				where o.event_id = events.id and o.seen_at > clock_timestamp() - ${GONE_SECONDS} * interval '1 second') as people,
			(select coalesce(jsonb_agg(jsonb_build_object('name', a.name, 'saved_at', d.saved_at) order by a.name), '[]')
				from drafts d join accounts a on a.id = d.account_id where d.event_id = events.id) as drafts
		from events where events.id = any(${ids})`.execute(db);
	return rows.map(({ lease, ...news }) => ({ ...news, lease: toldLease(lease) }));
}
