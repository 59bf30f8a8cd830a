import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from 'kysely';
import type { Db } from './connect.ts';
import { revokeRights } from './revoke-rights.ts';

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
	const roles = ROLES.map((role) => prefix + role);
	const statements = await readFile(join(import.meta.dirname, 'roles.sql'), 'utf8');
	await db.transaction().execute(async (trx) => {
		// Two that grant at once would each see the other's half. A row, as an advisory lock could be held by any role.
		await sql`select from cutsheet_schema for update`.execute(trx);
		await refuseAdministrators(trx, roles);
		for (const role of roles) await makeRole(trx, role);
		await revokeRights(trx, roles);
		const names = sql.join(roles.map((role) => sql.id(role)));
		const { rows } = await sql<{ database: string }>`select current_database() as database`.execute(trx);
		await sql`grant connect on database ${sql.id(rows[0]!.database)} to ${names}`.execute(trx);
		await sql`grant usage on schema public to ${names}`.execute(trx);
		const named = statements.replace(/\{(\w+)\}/g, (_, role: string) => `"${prefix}${role}"`);
		await sql.raw(named).execute(trx);
	});
	return roles;
}

/** Whether rights were given to roles in this database, of any prefix. */
export async function hasRoles(db: Db): Promise<boolean> {
	const { rows } = await sql<{ has: boolean }>`
		select exists (
			select from pg_proc f, aclexplode(f.proacl) a
			where f.pronamespace = 'public'::regnamespace and f.proname = 'register_node' and a.grantee not in (0, f.proowner)
		) as has`.execute(db);
	return rows[0]!.has;
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
