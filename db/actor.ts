import { sql } from 'kysely';
import type { Db } from './connect.ts';

/** Runs `work` in one transaction whose changes the histories tell of as that person's. */
export function asActor<T>(db: Db, name: string, work: (trx: Db) => Promise<T>): Promise<T> {
	return db.transaction().execute(async (trx) => {
		await sql`select set_config('cutsheet.actor', ${name}, true)`.execute(trx);
		return work(trx);
	});
}
