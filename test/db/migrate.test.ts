import test from 'ava';
import { sql } from 'kysely';
import { openDatabase } from '../../db/connect.ts';
import { migrate, ProgramTooOldError } from '../../db/migrate.ts';
import { createDatabase, createEmptyDatabase } from '../support/database.ts';

test('several processes that migrate an empty database at once run each migration once', async (t) => {
	const { url } = await createEmptyDatabase(t);
	const programs = Array.from({ length: 5 }, () => openDatabase(url, { applicationName: 'migrate' }));
	const ran = (await Promise.all(programs.map((program) => migrate(program.kysely)))).flat();
	await Promise.all(programs.map((program) => program.close()));
	t.true(ran.length > 0);
	t.is(new Set(ran).size, ran.length);
});

test('a database that went further than this program is fine until it demands a newer one', async (t) => {
	const { db } = await createDatabase(t);
	await sql`insert into kysely_migration (name, timestamp) values ('9000_from_the_future', '2030-01-01')`.execute(
		db,
	);
	t.deepEqual(await migrate(db), []);
	await db.updateTable('cutsheet_schema').set({ needs_program: 9000 }).execute();
	const error = await t.throwsAsync(migrate(db), { instanceOf: ProgramTooOldError });
	t.regex(error.message, /needs a cutsheet that knows migration 9000/);
});
