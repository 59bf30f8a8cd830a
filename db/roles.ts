import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from 'kysely';
import type { Db } from './connect.ts';

/** Who uses the database: each kind of program and person has a role of its own, and may do what db/roles.sql says. */
export const ROLES = ['sheet_sync', 'cutter', 'web', 'operator', 'readonly'] as const;

export type Role = (typeof ROLES)[number];

/** So many connections the login for dashboards and guests may have at once, unless somebody sets it otherwise. */
const GUESTS = 20;

export interface RoleOptions {
	/** Stands before the name of each role: roles belong to the whole server. Default `cutsheet_`. */
	prefix?: string;
}

/**
 * Makes the roles that are not there yet, as roles that nobody can log in as, and gives each exactly what db/roles.sql says:
 * what it was given before is taken away, in the same transaction, so that daemons at work notice nothing. To be run by the
 * owner of the tables, again after each migration. Returns the names of the roles.
 */
export async function grantRoles(db: Db, { prefix = 'cutsheet_' }: RoleOptions = {}): Promise<string[]> {
	// Those that begin with pg_ PostgreSQL keeps for itself.
	if (!/^(?!pg_)[a-z_][a-z0-9_]{0,40}$/.test(prefix)) {
		throw new Error(
			`The prefix “${prefix}” is not one: use up to 41 small letters, digits and underscores, beginning with a letter, and not with pg_.`,
		);
	}
	const statements = await readFile(join(import.meta.dirname, 'roles.sql'), 'utf8');
	await db.transaction().execute(async (trx) => {
		// Two that grant at once would each see the other's half. A row, as an advisory lock could be held by any role.
		await sql`select from cutsheet_schema for update`.execute(trx);
		await refuseAdministrators(
			trx,
			ROLES.map((role) => prefix + role),
		);
		for (const role of ROLES) await makeRole(trx, prefix + role);
		const names = sql.join(ROLES.map((role) => sql.id(prefix + role)));
		const { rows } = await sql<{ database: string }>`select current_database() as database`.execute(trx);
		const database = sql.id(rows[0]!.database);
		for (const what of ['tables', 'sequences', 'functions']) {
			await sql`revoke all on all ${sql.raw(what)} in schema public from public, ${names}`.execute(trx);
		}
		await revokeColumns(trx, names);
		await revokeLaterFunctions(trx);
		await sql`revoke create on schema public from public, ${names}`.execute(trx);
		await sql`revoke create, temporary on database ${database} from ${names}`.execute(trx);
		// Nobody here needs temporary tables and large objects, and they fill a disk.
		await sql`revoke temporary on database ${database} from public`.execute(trx);
		await revokeLargeObjects(trx);
		await sql`grant connect on database ${database} to ${names}`.execute(trx);
		await sql`grant usage on schema public to ${names}`.execute(trx);
		await resetSearchPaths(
			trx,
			ROLES.map((role) => prefix + role),
		);
		const named = statements.replace(/\{(\w+)\}/g, (_, role: string) => `"${prefix}${role}"`);
		await sql.raw(named).execute(trx);
	});
	return ROLES.map((role) => prefix + role);
}

/**
 * Lets a role log in, with a new random password and without whatever it has set for its own sessions: whoever had the old
 * one may have changed both. Returns the password: whoever asks keeps it.
 */
export async function giveLogin(db: Db, role: string): Promise<string> {
	const password = randomBytes(24).toString('base64url');
	const { rows } = await sql<{ database: string }>`select current_database() as database`.execute(db);
	await sql`alter role ${sql.id(role)} reset all`.execute(db);
	await sql`alter role ${sql.id(role)} in database ${sql.id(rows[0]!.database)} reset all`.execute(db);
	await sql`alter role ${sql.id(role)} login password ${sql.lit(scramVerifier(password))}`.execute(db);
	return password;
}

/** What the server keeps of a password (RFC 5803). It is made here, so that no log of statements holds the password. */
function scramVerifier(password: string): string {
	const iterations = 4096;
	const salt = randomBytes(16);
	const salted = pbkdf2Sync(password, salt, iterations, 32, 'sha256');
	const key = (name: string) => createHmac('sha256', salted).update(name).digest();
	const stored = createHash('sha256').update(key('Client Key')).digest('base64');
	const server = key('Server Key').toString('base64');
	return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${stored}:${server}`;
}

/** Of a role that is there already and owns the tables, or may do everything, rights cannot be taken away without harm. */
async function refuseAdministrators(db: Db, names: string[]): Promise<void> {
	const { rows } = await sql<{ role: string }>`
		select rolname as role from pg_roles where rolname = any (${names}) and (rolsuper or rolcreaterole or oid in (
			select relowner from pg_class where relnamespace = 'public'::regnamespace))`.execute(db);
	if (rows[0]) {
		throw new Error(
			`The prefix cannot be used: the role ${rows[0].role} is there already, and owns the tables or is an administrator. Choose another one with --prefix.`,
		);
	}
}

async function makeRole(db: Db, name: string): Promise<void> {
	const { rows } = await sql`select from pg_roles where rolname = ${name}`.execute(db);
	if (rows.length > 0) return;
	// Guests shall not take the connections that services need.
	const limit = name.endsWith('readonly') ? GUESTS : -1;
	await sql`create role ${sql.id(name)} nologin connection limit ${sql.lit(limit)}`.execute(db);
}

/** Each role may set a search_path for its own later sessions, which then find no table. */
async function resetSearchPaths(db: Db, names: string[]): Promise<void> {
	const { rows } = await sql<{ role: string; database: string | null }>`
		select rolname as role, datname as database
		from pg_db_role_setting s join pg_roles r on r.oid = s.setrole left join pg_database d on d.oid = s.setdatabase
		where rolname = any (${names}) and exists (select from unnest(setconfig) one where one like 'search_path=%')`.execute(
		db,
	);
	for (const { role, database } of rows) {
		const where = database === null ? sql`` : sql`in database ${sql.id(database)}`;
		await sql`alter role ${sql.id(role)} ${where} reset search_path`.execute(db);
	}
}

/** Everybody may make large objects, which only an administrator can change. Other owners of databases have to bear it. */
async function revokeLargeObjects(db: Db): Promise<void> {
	const { rows } = await sql<{ is: boolean }>`
		select rolsuper as is from pg_roles where rolname = current_user`.execute(db);
	if (!rows[0]!.is) return;
	await sql`revoke execute on function lo_create(oid), lo_creat(int), lo_from_bytea(oid, bytea) from public`.execute(
		db,
	);
}

/** As 0040 does: in a database that was restored without privileges, functions of later steps would be everybody's. */
async function revokeLaterFunctions(db: Db): Promise<void> {
	const { rows } = await sql<{ owner: string }>`
		select tableowner as owner from pg_tables where schemaname = 'public' and tablename = 'cutsheet_schema'`.execute(
		db,
	);
	await sql`alter default privileges for role ${sql.id(rows[0]!.owner)} revoke execute on functions from public`.execute(
		db,
	);
}

/** What was given by column is not taken away with what was given by table. */
async function revokeColumns(db: Db, names: ReturnType<typeof sql.join>): Promise<void> {
	const { rows } = await sql<{ table: string; columns: string[] }>`
		select c.relname as table, array_agg(a.attname::text) as columns
		from pg_attribute a join pg_class c on c.oid = a.attrelid
		where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'v', 'p') and a.attnum > 0
			and not a.attisdropped and a.attacl is not null
		group by c.relname`.execute(db);
	for (const { table, columns } of rows) {
		const ids = sql.join(columns.map((column) => sql.id(column)));
		await sql`revoke all (${ids}) on ${sql.id(table)} from public, ${names}`.execute(db);
	}
}
