import { sql } from 'kysely';
import type { Db } from '../connect.ts';

/**
 * Sends CLAIMED events without a live lease back to EDITED, or to UNEDITED after `maxAttempts`. Returns how many. Any
 * service may do so at any time.
 */
export async function expireLeases(db: Db, maxAttempts = 5): Promise<number> {
	const { rows } = await sql<{ expired: number }>`select expire_leases(${maxAttempts}) as expired`.execute(
		db,
	);
	return rows[0]!.expired;
}

/** Says on rows that no running node may or can take what they wait for. Returns how many. */
export async function explainWaiting(db: Db): Promise<number> {
	const { rows } = await sql<{ explained: number }>`select explain_waiting() as explained`.execute(db);
	return rows[0]!.explained;
}

/** Drops history, job logs and released leases older than `days`. Returns how many rows. */
export async function pruneHistory(db: Db, days: number): Promise<number> {
	const { rows } = await sql<{ pruned: string }>`
		select prune_history(${days} * interval '1 day') as pruned`.execute(db);
	return Number(rows[0]!.pruned);
}
