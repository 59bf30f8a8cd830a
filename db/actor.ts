import { sql } from 'kysely';
import type { Db } from './connect.ts';

/** Whoever says nothing in the middle of a change for so long (seconds) is gone, or stands still. */
const SILENT_SECONDS = 20;

/**
 * Runs `work` in one transaction whose changes the histories tell of as that person's. Should this program vanish or stand
 * still in the middle, the server undoes the change and lets go of its rows: else it would find out hours later, by TCP.
 */
export function asActor<T>(db: Db, name: string, work: (trx: Db) => Promise<T>): Promise<T> {
	return db.transaction().execute(async (trx) => {
		await sql`select
			set_config('cutsheet.actor', ${name}, true),
			set_config('idle_in_transaction_session_timeout', ${`${SILENT_SECONDS}s`}, true)`.execute(trx);
		return work(trx);
	});
}
