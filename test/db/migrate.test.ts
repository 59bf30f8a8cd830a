import { randomBytes } from 'node:crypto';
import test from 'ava';
import { sql } from 'kysely';
import { openDatabase } from '../../db/connect.ts';
import { migrate, requireFit } from '../../db/migrate.ts';
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
	await t.throwsAsync(migrate(db), { message: /needs a cutsheet that knows migration 9000/ });
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
		await sql`select pg_advisory_unlock_all()`.execute(guest.kysely);
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

test('whoever runs the next steps, all belongs to the owner of the tables, and no function to everybody', async (t) => {
	const { url, db } = await createEmptyDatabase(t);
	const names = {
		other: `other_${randomBytes(6).toString('hex')}`,
		owner: `owner_${randomBytes(6).toString('hex')}`,
	};
	const [other, owner] = [sql.id(names.other), sql.id(names.owner)];
	const login = (name: string) => {
		const address = new URL(url);
		address.username = name;
		address.password = 'x';
		const database = openDatabase(address.href, { applicationName: name });
		t.teardown(() => database.close());
		return database.kysely;
	};
	await sql`create role ${owner} login password 'x'`.execute(db);
	await sql`create role ${other} login password 'x'`.execute(db);
	await sql`grant create on schema public to ${owner}, ${other}`.execute(db);
	t.teardown(async () => {
		await sql`drop owned by ${owner}, ${other} cascade`.execute(db);
		await sql`drop role ${owner}, ${other}`.execute(db);
	});
	await migrate(login(names.owner), { last: '0040_roles' });
	await sql`grant select on kysely_migration, cutsheet_schema to ${other}`.execute(db);
	await sql`grant all on kysely_migration, kysely_migration_lock to ${other}`.execute(db);
	await t.throwsAsync(migrate(login(names.other)), {
		message: `The tables belong to the role ${names.owner}: run cutsheet migrate as that one.`,
	});
	t.not((await migrate(db)).length, 0);
	const { rows } = await sql`
		select relname as what from pg_class where relnamespace = 'public'::regnamespace and relowner <> ${names.owner}::regrole
		union all
		select proname from pg_proc where pronamespace = 'public'::regnamespace
			and (proowner <> ${names.owner}::regrole or has_function_privilege('public', oid, 'execute'))`.execute(
		db,
	);
	t.deepEqual(rows, []);
});

test('a search_path that hides the tables is what every program says, and no second set of tables is made', async (t) => {
	const { url, db } = await createDatabase(t);
	const name = new URL(url).pathname.slice(1);
	await sql.raw(`alter database ${name} set search_path = 'elsewhere'`).execute(db);
	const later = openDatabase(url, { applicationName: 'later' });
	const said =
		/tables lie in the schema public, to which the search_path of postgres does not lead\. Run: alter role postgres/;
	await t.throwsAsync(requireFit(later.kysely), { message: said });
	await t.throwsAsync(migrate(later.kysely), { message: said });
	await later.close();
});

test('a database that cannot hold every character is refused before anything is made in it', async (t) => {
	for (const encoding of ['SQL_ASCII', 'LATIN1']) {
		const { db } = await createEmptyDatabase(t, `template template0 encoding '${encoding}' locale 'C'`);
		await t.throwsAsync(migrate(db), {
			message: new RegExp(
				`is encoded in ${encoding}, which cannot hold every character\\. Make one in UTF8: createdb --encoding=UTF8`,
			),
		});
		const { rows } = await sql`select from pg_class where relnamespace = 'public'::regnamespace`.execute(db);
		t.is(rows.length, 0);
	}
});
