import { readFile } from 'node:fs/promises';
import test from 'ava';
import { sql } from 'kysely';
import type { Db } from '../../db/connect.ts';
import { ROLES, type Role } from '../../db/roles.ts';
import { createDatabase } from '../support/database.ts';
import { READS, SCHEMA, WRITES } from './expected-rights.ts';
import { allows, world } from './role-world.ts';

interface Relation {
	name: string;
	kind: 'r' | 'v';
	columns: string[];
}

async function relations(db: Db): Promise<Relation[]> {
	const { rows } = await sql<Relation>`
		select c.relname as name, c.relkind as kind, array_agg(a.attname::text order by attnum) as columns
		from pg_class c join pg_attribute a on a.attrelid = c.oid and attnum > 0 and not attisdropped
		where relnamespace = 'public'::regnamespace and relkind in ('r', 'v') group by 1, 2 order by 1`.execute(
		db,
	);
	return rows;
}

/** Functions of triggers cannot be called, and these roles have no table to hang them on. */
async function functions(db: Db): Promise<{ name: string; call: string }[]> {
	const { rows } = await sql<{ name: string; types: string[] }>`
		select proname as name,
			array(select format_type(type, null) from unnest(proargtypes) with ordinality a (type, n) order by n) as types
		from pg_proc where pronamespace = 'public'::regnamespace and prorettype <> 'trigger'::regtype order by 1`.execute(
		db,
	);
	return rows.map(({ name, types }) => ({
		name,
		call: `select ${name}(${types.map((type) => `null::${type}`).join(', ')})`,
	}));
}

for (const role of ROLES) {
	test(`${role} reads exactly the columns that are its own to read`, async (t) => {
		const { owner, as } = await world(t);
		for (const { name, columns } of await relations(owner)) {
			const may = SCHEMA.includes(name) ? 'all' : READS[role][name];
			const hidden = may?.replace(/^all( but )?/, '').split(',') ?? columns;
			for (const column of columns) {
				const read = sql`select ${sql.id(column)} from ${sql.id(name)} limit 1`;
				t.is(await allows(as(role), read), !hidden.includes(column), `${name}.${column}`);
			}
		}
	});

	test(`${role} writes exactly the tables that are its own to write, column by column`, async (t) => {
		const { owner, as } = await world(t);
		for (const { name, kind, columns } of await relations(owner)) {
			const may = (WRITES[role][name] ?? '').split(/\([^)]*\)| /);
			const [, only] = /\(([^)]*)\)/.exec(WRITES[role][name] ?? '') ?? [];
			for (const column of columns) {
				const update = sql`update ${sql.id(name)} set ${sql.id(column)} = default where false`;
				const updates = may.includes('update') && (only?.split(',').includes(column) ?? true);
				t.is(await allows(as(role), update), updates, `update ${name}.${column}`);
				const insert = sql`insert into ${sql.id(name)} (${sql.id(column)}) values (default)`;
				t.is(await allows(as(role), insert), may.includes('insert'), `insert ${name}.${column}`);
			}
			const remove = sql`delete from ${sql.id(name)} where false`;
			t.is(await allows(as(role), remove), may.includes('delete'), `delete ${name}`);
			if (kind === 'v') continue;
			t.false(await allows(as(role), sql`truncate ${sql.id(name)} cascade`), `truncate ${name}`);
			t.false(await allows(as(role), sql`alter table ${sql.id(name)} disable trigger all`), `alter ${name}`);
			t.false(await allows(as(role), sql`drop table ${sql.id(name)} cascade`), `drop ${name}`);
		}
		t.false(await allows(as(role), sql`set session_replication_role = replica`));
		t.false(await allows(as(role), sql`create table public.mine (x int)`));
		t.false(await allows(as(role), sql`create schema mine`));
		// With a table of its own one could stand in the way of names that functions look up.
		t.false(await allows(as(role), sql`create temporary table leases (id uuid)`));
		t.false(
			await allows(as(role), sql`create function public.mine() returns int language sql as 'select 1'`),
		);
	});

	test(`${role} cannot become anybody else, nor reach the server's files and programs`, async (t) => {
		const { as, prefix } = await world(t);
		const attempts = [
			...ROLES.filter((other) => other !== role).map((other) => `set role "${prefix}${other}"`),
			'set session authorization postgres',
			`alter role "${prefix}${role}" superuser`,
			`alter role "${prefix}${role}" createrole`,
			'select rolpassword from pg_authid',
			"copy (select 1) to program 'true'",
			"copy (select 1) to '/tmp/cutsheet-roles-test'",
			"select pg_read_file('postgresql.conf')",
			"select lo_import('/etc/hostname')",
			"alter system set log_statement = 'all'",
			'create publication all_of_it for all tables',
			'select lo_create(0)',
			"select lo_from_bytea(0, 'x')",
		];
		for (const attempt of attempts) {
			// Outside of a transaction: some of them are refused in one, whoever asks.
			const outcome = await sql
				.raw(attempt)
				.execute(as(role))
				.catch((error: { code?: string }) => error.code);
			t.is(outcome, '42501', attempt);
		}
	});

	test(`${role} calls exactly the functions that it is given`, async (t) => {
		const { owner, as } = await world(t);
		const given = await grantedFunctions(role);
		for (const { name, call } of await functions(owner)) {
			t.is(await allows(as(role), sql.raw(call)), given.has(name), name);
		}
	});
}

/** The functions that db/roles.sql gives to a role. */
async function grantedFunctions(role: Role): Promise<Set<string>> {
	const text = await rulesText();
	const grants = [...text.matchAll(/grant execute on function\s+([\s\S]*?)\sto\s([^;]*);/g)];
	return new Set(
		grants.filter(([, , to]) => to!.includes(`{${role}}`)).flatMap(([, names]) => names!.split(/[\s,]+/)),
	);
}

async function rulesText(): Promise<string> {
	return readFile(new URL('../../db/roles.sql', import.meta.url), 'utf8');
}

test('every table, column and function is given to a role, or listed as nobody’s', async (t) => {
	const { owner, prefix } = await world(t);
	const nobody = (await rulesText()).split('-- nobody:')[1]!.split(/[^a-z_]+/);
	const { rows } = await sql<{ what: string }>`
		select c.relname || '.' || attname as what from pg_class c join pg_attribute on attrelid = c.oid
		where relnamespace = 'public'::regnamespace and relkind in ('r', 'v') and attnum > 0 and not attisdropped
			and relname <> all (${nobody}) and not exists (
				select from pg_roles where rolname like ${`${prefix}%`}
					and has_column_privilege(oid, c.oid, attnum, 'select, insert, update'))
		union all
		select proname || '()' from pg_proc f
		where pronamespace = 'public'::regnamespace and proname <> all (${nobody}) and not exists (
			select from pg_roles where rolname like ${`${prefix}%`} and has_function_privilege(oid, f.oid, 'execute'))`.execute(
		owner,
	);
	t.deepEqual(rows, []);
});

test('every function with the rights of the owner has a fixed search_path', async (t) => {
	const { db } = await createDatabase(t);
	const { rows } = await sql`
		select proname from pg_proc where pronamespace = 'public'::regnamespace and prosecdef
			and not coalesce(proconfig::text like '%search_path%pg_temp%', false)`.execute(db);
	t.deepEqual(rows, []);
});
