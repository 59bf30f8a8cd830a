import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import test from 'ava';
import { sql } from 'kysely';
import { openDatabase } from '../../db/connect.ts';
import { migrate } from '../../db/migrate.ts';
import { giveLogin, grantRoles, ROLES } from '../../db/roles.ts';
import { createDatabase, createEmptyDatabase } from '../support/database.ts';
import { allows, world } from './role-world.ts';

test('a login that cutsheet makes has a password that no log of statements holds', async (t) => {
	const { owner, prefix } = await world(t);
	const role = `${prefix}readonly`;
	const password = await giveLogin(owner, role);
	const { rows } = await sql<{ rolpassword: string }>`
		select rolpassword from pg_authid where rolname = ${role}`.execute(owner);
	const [, iterations, salt, stored] = /^SCRAM-SHA-256\$(\d+):([^$]+)\$([^:]+):/.exec(rows[0]!.rolpassword)!;
	// RFC 5802: StoredKey = H(HMAC(SaltedPassword, "Client Key")).
	const salted = pbkdf2Sync(password, Buffer.from(salt!, 'base64'), Number(iterations), 32, 'sha256');
	const clientKey = createHmac('sha256', salted).update('Client Key').digest();
	t.is(stored, createHash('sha256').update(clientKey).digest('base64'));
});

test('what somebody with the old login has set for later ones does not outlast a new login, nor a search_path the next grants', async (t) => {
	const { owner, as, prefix } = await world(t);
	const role = sql.id(`${prefix}web`);
	const { rows } = await sql<{ name: string }>`select current_database() as name`.execute(owner);
	const database = sql.id(rows[0]!.name);
	const settings = async () => {
		const { rows } = await sql<{ set: string }>`
			select unnest(setconfig) as set from pg_db_role_setting s join pg_roles r on r.oid = s.setrole
			where rolname = ${`${prefix}web`} order by 1`.execute(owner);
		return rows.map(({ set }) => set);
	};
	await sql`alter role ${role} set search_path = nowhere`.execute(as('web'));
	await sql`alter role ${role} in database ${database} set search_path = pg_temp`.execute(as('web'));
	await sql`alter role ${role} set statement_timeout = '30s'`.execute(as('web'));
	await grantRoles(owner, { prefix });
	t.deepEqual(await settings(), ['statement_timeout=30s']);
	await sql`alter role ${role} in database ${database} set default_transaction_read_only = on`.execute(
		as('web'),
	);
	await giveLogin(owner, `${prefix}web`);
	t.deepEqual(await settings(), []);
});

test('a role that owns the tables is not taken for one of ours', async (t) => {
	const { db } = await createDatabase(t);
	const prefix = `w${randomBytes(6).toString('hex')}_`;
	const role = sql.id(`${prefix}operator`);
	await sql`create role ${role}`.execute(db);
	t.teardown(async () => {
		await sql`drop owned by ${role} cascade`.execute(db);
		await sql`drop role ${role}`.execute(db);
	});
	await sql`alter table drafts owner to ${role}`.execute(db);
	await t.throwsAsync(grantRoles(db, { prefix }), {
		message: /_operator is there already, and owns the tables/,
	});
	const { rows } = await sql`select from pg_roles where rolname = ${`${prefix}web`}`.execute(db);
	t.deepEqual(rows, []);
});

test('guests can have a few connections only, unless somebody has said otherwise', async (t) => {
	const { owner, prefix } = await world(t);
	const limits = async () => {
		const { rows } = await sql<{ rolconnlimit: number }>`
			select rolconnlimit from pg_roles where rolname = any (${ROLES.map((role) => prefix + role)}) order by rolconnlimit`.execute(
			owner,
		);
		return rows.map(({ rolconnlimit }) => rolconnlimit);
	};
	t.deepEqual(await limits(), [-1, -1, -1, -1, 20]);
	await sql`alter role ${sql.id(`${prefix}readonly`)} connection limit 50`.execute(owner);
	await grantRoles(owner, { prefix });
	t.deepEqual(await limits(), [-1, -1, -1, -1, 50]);
});

test('roles are made anew as often as one likes, and what a role was given besides is taken away', async (t) => {
	const { owner, as, prefix } = await world(t);
	const readonly = sql.id(`${prefix}readonly`);
	const { rows } = await sql<{ name: string }>`select current_database() as name`.execute(owner);
	const database = sql.id(rows[0]!.name);
	await sql`grant select on accounts to public`.execute(owner);
	await sql`grant select (secret_hash) on sessions to public`.execute(owner);
	await sql`grant ${sql.id(`${prefix}operator`)} to ${readonly}`.execute(owner);
	await sql`grant all on all sequences in schema public to ${readonly}`.execute(owner);
	await sql`grant create on schema public to ${readonly}`.execute(owner);
	await sql`grant create, temporary on database ${database} to ${readonly}`.execute(owner);
	await sql`grant select (notes) on events to ${readonly}`.execute(owner);
	t.true(await allows(as('readonly'), sql`select notes from events`));
	await Promise.all([grantRoles(owner, { prefix }), grantRoles(owner, { prefix })]);
	t.false(await allows(as('readonly'), sql`select notes from events`));
	for (const forbidden of [
		sql`select name from accounts`,
		sql`select secret_hash from sessions`,
		sql`select nextval('event_history_seq_seq')`,
		sql`create table public.mine (x int)`,
		sql`create schema mine`,
		sql`set local role ${sql.id(`${prefix}operator`)}`,
		sql`create temporary table mine (x int)`,
	])
		t.false(await allows(as('readonly'), forbidden));
	t.true(await allows(as('readonly'), sql`select state from event_overview`));
	for (const odd of ['x"; drop table events; --', '', 'X_', 'pg_', '1', 'ä_', 'x'.repeat(42)])
		await t.throwsAsync(grantRoles(owner, { prefix: odd }), { message: /is not one/ }, odd);
});

test('what others keep in the same schema is neither touched nor in the way', async (t) => {
	const { url, db } = await createEmptyDatabase(t);
	const prefix = `f${randomBytes(6).toString('hex')}_`;
	const owner = sql.id(`${prefix}owner`);
	await sql`create role ${owner} login createrole password 'x'`.execute(db);
	await sql`grant create on schema public to ${owner}`.execute(db);
	const { rows } = await sql<{ name: string }>`select current_database() as name`.execute(db);
	const database = sql.id(rows[0]!.name);
	await sql`alter database ${database} owner to ${owner}`.execute(db);
	await sql`create table theirs (x int)`.execute(db);
	await sql`create function theirs() returns int language sql as 'select 1'`.execute(db);
	await sql`create function their_secret() returns int language sql as 'select 1'`.execute(db);
	await sql`revoke all on function their_secret from public`.execute(db);
	const login = new URL(url);
	login.username = `${prefix}owner`;
	login.password = 'x';
	const own = openDatabase(login.href, { applicationName: 'owner' });
	t.teardown(async () => {
		await own.close();
		await sql`alter database ${database} owner to postgres`.execute(db);
		const names = sql.join([...ROLES, 'owner'].map((role) => sql.id(prefix + role)));
		await sql`drop owned by ${names} cascade`.execute(db);
		await sql`drop role ${names}`.execute(db);
	});
	await migrate(own.kysely);
	await grantRoles(own.kysely, { prefix });
	await grantRoles(own.kysely, { prefix });
	const may = await sql`
		select has_function_privilege(${`${prefix}web`}, 'theirs()', 'execute') as theirs,
			has_function_privilege(${`${prefix}web`}, 'cancel_event(uuid, text, text)', 'execute') as ours,
			has_function_privilege(${`${prefix}web`}, 'stop_awaiting(text)', 'execute') as operators`.execute(db);
	t.deepEqual(may.rows, [{ theirs: true, ours: true, operators: false }]);
});
