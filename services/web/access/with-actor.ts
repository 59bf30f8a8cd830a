import type { FastifyRequest } from 'fastify';
import { sql } from 'kysely';
import type { Db } from '../../../db/connect.ts';
import { signedIn } from './require-access.ts';

/**
 * Does something in the database in the name of the person who asks: in one transaction, at the end of which the history
 * of each changed event names that person. (The functions of db/transitions that take a name of their own are given
 * `signedIn(request).name`.)
 */
export function withActor<T>(db: Db, request: FastifyRequest, work: (trx: Db) => Promise<T>): Promise<T> {
	const { name } = signedIn(request);
	return db.transaction().execute(async (trx) => {
		await sql`select set_config('cutsheet.actor', ${name}, true)`.execute(trx);
		return work(trx);
	});
}
