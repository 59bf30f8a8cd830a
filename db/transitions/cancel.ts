import { sql } from 'kysely';
import type { Db } from '../connect.ts';
import type { EventState } from '../tables.ts';

/**
 * EDITED, CLAIMED or UPLOADED → UNEDITED. A cutter that works on it stops; an uploaded video stays where it is, only its
 * link leaves the row. Returns the state that the event had; rejects with a sentence in any other state.
 */
export async function cancelEvent(
	db: Db,
	eventId: string,
	who: string,
	reason?: string,
): Promise<EventState> {
	const { rows } = await sql<{ was: EventState }>`
		select cancel_event(${eventId}, ${who}, ${reason ?? null}) as was`.execute(db);
	return rows[0]!.was;
}
