import { sql } from 'kysely';
import type { Db } from '../connect.ts';

/**
 * Takes the lease of an event away from a node that is gone for good: another one goes on with it. Returns whose it was;
 * rejects when nobody holds one. The risk is told at revoke_lease in the migrations.
 */
export async function revokeLease(db: Db, eventId: string, who: string): Promise<string> {
	const { rows } = await sql<{ holder: string }>`select revoke_lease(${eventId}, ${who}) as holder`.execute(
		db,
	);
	return rows[0]!.holder;
}
