import { sql } from 'kysely';
import type { Db } from '../connect.ts';
import type { EventRow } from '../tables.ts';

/**
 * The events that a node may claim now, best first: highest priority, then oldest edit. Locks nothing.
 * `skip`: `id:edit_version` of rows that this node cannot cut as they are.
 */
export async function claimableEvents(db: Db, node: string, skip: string[], most = 10): Promise<EventRow[]> {
	const { rows } = await sql<EventRow>`select * from claimable_events(${node}, ${skip}, ${most})`.execute(db);
	return rows;
}

/**
 * EDITED → CLAIMED, if the row is still as the node read it. Returns the id of the lease, which lasts `leaseSeconds`
 * unless extended; undefined when another node was faster or the row changed.
 */
export async function claimEvent(
	db: Db,
	event: Pick<EventRow, 'id' | 'edit_version'>,
	node: string,
	leaseSeconds: number,
): Promise<string | undefined> {
	const { rows } = await sql<{ lease: string | null }>`
		select claim_event(${event.id}, ${event.edit_version}, ${node}, ${leaseSeconds}) as lease`.execute(db);
	return rows[0]!.lease ?? undefined;
}

/** Says in the row's error why it waits, while that is empty. Touches neither state nor claim. */
export async function noteWaiting(
	db: Db,
	event: Pick<EventRow, 'id' | 'edit_version'>,
	node: string,
	sentence: string,
): Promise<void> {
	await sql`select note_waiting(${event.id}, ${event.edit_version}, ${node}, ${sentence})`.execute(db);
}
