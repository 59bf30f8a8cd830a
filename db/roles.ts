import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from 'kysely';
import type { Db } from './connect.ts';

/** Who uses the database: each kind of program and person has a role of its own, and may do what db/roles.sql says. */
export const ROLES = ['sheet_sync', 'cutter', 'web', 'operator', 'readonly'] as const;

export type Role = (typeof ROLES)[number];

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
	if (!/^[a-z_][a-z0-9_]{0,40}$/.test(prefix)) {
		throw new Error(
			`The prefix “${prefix}” is not one: use up to 41 small letters, digits and underscores, beginning with a letter.`,
		);
	}
	const statements = await readFile(join(import.meta.dirname, 'roles.sql'), 'utf8');
	await db.transaction().execute(async (trx) => {
		// Two that grant at once would each see the other's half.
		await sql`select pg_advisory_xact_lock(hashtextextended('cutsheet roles', 0))`.execute(trx);
		for (const role of ROLES) await makeRole(trx, prefix + role);
		const names = sql.join(ROLES.map((role) => sql.id(prefix + role)));
		const { rows } = await sql<{ database: string }>`select current_database() as database`.execute(trx);
		const database = sql.id(rows[0]!.database);
		for (const what of ['tables', 'sequences', 'functions']) {
			await sql`revoke all on all ${sql.raw(what)} in schema public from ${names}`.execute(trx);
		}
		await revokeColumns(trx, names);
		await sql`revoke execute on all functions in schema public from public`.execute(trx);
		// Nobody here needs temporary tables, and they fill a disk.
		await sql`revoke temporary on database ${database} from public`.execute(trx);
		await sql`grant connect on database ${database} to ${names}`.execute(trx);
		await sql`grant usage on schema public to ${names}`.execute(trx);
		const named = statements.replace(/\{(\w+)\}/g, (_, role: string) => `"${prefix}${role}"`);
		await sql.raw(named).execute(trx);
	});
	return ROLES.map((role) => prefix + role);
}

/** Lets a role log in, with a new random password. Returns the password: whoever asks keeps it. */
export async function giveLogin(db: Db, role: string): Promise<string> {
	const password = randomBytes(24).toString('base64url');
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

async function makeRole(db: Db, name: string): Promise<void> {
	const { rows } = await sql`select from pg_roles where rolname = ${name}`.execute(db);
	if (rows.length === 0) await sql`create role ${sql.id(name)} nologin`.execute(db);
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
		await sql`revoke all (${ids}) on ${sql.id(table)} from ${names}`.execute(db);
	}
}
