import test from 'ava';
import { sql } from 'kysely';
import { openDatabase } from '../../../db/connect.ts';
import { databaseCheck } from '../../../services/health/database-check.ts';
import { createDatabase } from '../../support/database.ts';

test('a database that somebody lets only be read is not ready, and is again once it may be written to', async (t) => {
	const { url, db } = await createDatabase(t);
	const name = sql.id(new URL(url).pathname.slice(1));
	// The setting is for connections that are made from then on.
	const check = async () => {
		const database = openDatabase(url, { applicationName: 'check' });
		try {
			return await databaseCheck(database.kysely)();
		} finally {
			await database.close();
		}
	};
	t.regex(await check(), /answers/);
	await sql`alter database ${name} set default_transaction_read_only = on`.execute(db);
	await t.throwsAsync(check(), { message: /can only be read.*default_transaction_read_only/ });
	await sql`alter database ${name} reset default_transaction_read_only`.execute(db);
	t.regex(await check(), /answers/);
});
