import { sql } from 'kysely';
import type { Db } from '../connect.ts';
import type { EventRow } from '../tables.ts';

/** What a node has to know of a waiting row to look whether its disk has the segments. */
export type Candidate = Pick<
	EventRow,
	'id' | 'edit_version' | 'upload_location' | 'allow_holes' | 'video_start' | 'video_end' | 'video_ranges'
>;

/**
 * Ten events that a node may claim now, best first: highest priority, then oldest edit. Locks nothing.
 * `skip`: `id:edit_version` of rows that this node cannot cut as they are. `scattered`: others were faster with all of the
 * first ten, so ten of the first three hundred.
 */
export async function claimableEvents(
	db: Db,
	node: string,
	skip: string[],
	scattered = false,
): Promise<Candidate[]> {
	const { rows } =
		await sql<Candidate>`select * from claimable_events(${node}, ${skip}, ${scattered})`.execute(db);
	return rows;
}

/** An event under a lease of ours. */
export interface Claimed {
	lease: string;
	event: EventRow;
}

/**
 * EDITED → CLAIMED for the first of `candidates` that is still as the node read it and that nobody else holds. The lease
 * lasts `leaseSeconds` unless extended. Undefined when others were faster with all of them.
 */
export async function claimFirst(
	db: Db,
	candidates: readonly Pick<EventRow, 'id' | 'edit_version'>[],
	node: string,
	leaseSeconds: number,
): Promise<Claimed | undefined> {
	const ids = candidates.map((event) => event.id);
	const versions = candidates.map((event) => event.edit_version);
	const { rows } = await sql<EventRow & { lease: string }>`
		select lease, (event).* from claim_first(${ids}, ${versions}, ${node}, ${leaseSeconds})`.execute(db);
	const [row] = rows;
	if (!row) return undefined;
	const { lease, ...event } = row;
	return { lease, event };
}

/** The same for one event: the id of its lease, or undefined. */
export async function claimEvent(
	db: Db,
	event: Pick<EventRow, 'id' | 'edit_version'>,
	node: string,
	leaseSeconds: number,
): Promise<string | undefined> {
	return (await claimFirst(db, [event], node, leaseSeconds))?.lease;
}

/**
 * Says in the row's error why it waits, while that is empty or says so already. Touches neither state nor claim. False when
 * nothing was said: the row is another one meanwhile, or somebody holds it in an open transaction.
 */
export async function noteWaiting(
	db: Db,
	event: Pick<EventRow, 'id' | 'edit_version'>,
	node: string,
	sentence: string,
): Promise<boolean> {
	const { rows } = await sql<{ said: boolean }>`
		select note_waiting(${event.id}, ${event.edit_version}, ${node}, ${sentence}) as said`.execute(db);
	return rows[0]!.said;
}
