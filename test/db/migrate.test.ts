import test from 'ava';
import { sql } from 'kysely';
import { openDatabase } from '../../db/connect.ts';
import { migrate, ProgramTooOldError } from '../../db/migrate.ts';
import { asRole, createDatabase, createEmptyDatabase } from '../support/database.ts';

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

test('a stranger that holds the lock of migrations is named at once, with what to do', async (t) => {
	for (const key of [sql`hashtextextended('cutsheet migrate', 0)`, sql`3853314791062309107`]) {
		const { url, db } = await createDatabase(t);
		const guest = openDatabase(asRole(url, 'readonly'), { applicationName: 'guest', connections: 1 });
		await sql`select pg_advisory_lock(${key})`.execute(guest.kysely);
		await t.throwsAsync(migrate(db), {
			message:
				/of the role test_readonly \(PID \d+\) holds the lock that one cutsheet migrate at a time takes.*select pg_terminate_backend\(\d+\);/,
		});
		await guest.close();
		t.deepEqual(await migrate(db), []);
	}
});

test('a step whose tables somebody has in use does not wait for long, nor let others wait, and says for whom', async (t) => {
	const { url, db } = await createEmptyDatabase(t);
	await migrate(db, { last: '0030_accounts' });
	const reader = openDatabase(url, { applicationName: 'psql', connections: 1 });
	const reading = await reader.kysely.startTransaction().execute();
	await sql`select from events`.execute(reading);
	const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(reading);
	await t.throwsAsync(migrate(db, { lockSeconds: 0.1 }), {
		message: new RegExp(
			`^0031_editor could not be run, as its tables are in use by postgres \\(PID ${rows[0]!.pid}\\)`,
		),
	});
	await reading.rollback().execute();
	await reader.close();
	t.is((await migrate(db))[0], '0031_editor');
});
