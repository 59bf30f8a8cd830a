import { sql } from 'kysely';
import type { Db } from './connect.ts';

/**
 * A place in the change feed: everything that transactions before it have written has been read. It means nothing
 * to another server, so it is kept in memory only: who starts, reads all rows once after taking a cursor.
 */
export type FeedCursor = string;

export interface FeedPage {
	cursor: FeedCursor;
	/** Ids of the events that changed, in no order. Read their rows anew: the feed says which, not what. */
	eventIds: string[];
	/** The server's transactions begin before the cursor: it is another server or a restored one. Read everything anew. */
	reset: boolean;
}

/** The place from which on changes are told. Take it before the rows are read for the first time. */
export async function feedCursor(db: Db): Promise<FeedCursor> {
	const { rows } = await sql<{
		xmin: string;
	}>`select pg_snapshot_xmin(pg_current_snapshot())::text as xmin`.execute(db);
	return rows[0]!.xmin;
}

/**
 * The events that changed since `cursor`, in committed transactions only and without skipping one that is still in
 * flight: the cursor waits for it, and what was committed beside it is told with each page until it is done. Ask once or
 * twice a second.
 */
export async function readFeed(db: Db, cursor: FeedCursor): Promise<FeedPage> {
	const { rows } = await sql<{ event_id: string | null; until: string }>`
		select event_id, until::text from read_changes(${cursor}::xid8)`.execute(db);
	const until = rows[0]!.until;
	return {
		cursor: until,
		eventIds: rows.flatMap((row) => row.event_id ?? []),
		reset: BigInt(until) < BigInt(cursor),
	};
}
