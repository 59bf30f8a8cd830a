import { sql } from 'kysely';
import type { Db } from '../../db/connect.ts';
import { requireFit } from '../../db/migrate.ts';
import { explainDatabaseError, ONLY_READ } from '../database-errors.ts';
import type { ReadinessCheck } from './health.ts';

/** The database answers, can be written to, has our tables, and takes a program of this version. */
export function databaseCheck(db: Db): ReadinessCheck {
	return async () => {
		try {
			await requireFit(db);
			const { rows } = await sql<{ standby: boolean; tables: boolean; readOnly: boolean }>`
				select pg_is_in_recovery() as standby, to_regclass('public.events') is not null as tables,
					current_setting('transaction_read_only')::boolean as "readOnly"`.execute(db);
			if (rows[0]?.standby) {
				throw new Error(
					'The database server is a standby, which cannot be written to. Promote it, or name another.',
				);
			}
			if (rows[0]?.readOnly) throw new Error(ONLY_READ);
			if (!rows[0]?.tables) throw new Error('The database has no tables of cutsheet. Run: cutsheet migrate');
			return 'The database answers, and its schema fits.';
		} catch (error) {
			throw new Error(explainDatabaseError(error) ?? (error as Error).message, { cause: error });
		}
	};
}
