import type { Selectable } from 'kysely';
import { sql } from 'kysely';
import type { Db } from '../connect.ts';
import type { AccountRole, AccountsTable } from './tables.ts';

export type AccountRow = Selectable<AccountsTable>;

export interface NewAccount {
	name: string;
	role: AccountRole;
	email?: string | null;
	/** Argon2id as a PHC string; absent: no sign-in by password. */
	passwordHash?: string | null;
	/** Who the person is at an OpenID Connect provider. */
	identity?: Identity;
}

/** A person at an OpenID Connect provider: the pair that never changes (OpenID Connect Core 1.0, section 2). */
export interface Identity {
	issuer: string;
	subject: string;
}

/** What of an account can be changed. Absent = as it is. */
export interface AccountChange {
	role?: AccountRole;
	email?: string | null;
	passwordHash?: string | null;
	disabled?: boolean;
}

/** Makes an account. Returns its id; rejects with the database's sentence when name or address is taken. */
export async function createAccount(db: Db, account: NewAccount): Promise<string> {
	const { id } = await db
		.insertInto('accounts')
		.values({
			name: account.name,
			role: account.role,
			email: account.email?.toLowerCase() ?? null,
			password_hash: account.passwordHash ?? null,
			...account.identity,
		})
		.returning('id')
		.executeTakeFirstOrThrow();
	return id;
}

/** The account of that name, in whatever case; undefined when there is none. */
export async function accountByName(db: Db, name: string): Promise<AccountRow | undefined> {
	return db
		.selectFrom('accounts')
		.selectAll()
		.where(sql`lower(name)`, '=', sql`lower(${name})`)
		.executeTakeFirst();
}

export async function accountById(db: Db, id: string): Promise<AccountRow | undefined> {
	return db.selectFrom('accounts').selectAll().where('id', '=', id).executeTakeFirst();
}

/** The account with that address; undefined when there is none. `email`: in lower case. */
export async function accountByEmail(db: Db, email: string): Promise<AccountRow | undefined> {
	return db.selectFrom('accounts').selectAll().where('email', '=', email).executeTakeFirst();
}

/** The account of that person at a provider; undefined when there is none. */
export async function accountByIdentity(db: Db, identity: Identity): Promise<AccountRow | undefined> {
	const { issuer, subject } = identity;
	return db
		.selectFrom('accounts')
		.selectAll()
		.where('issuer', '=', issuer)
		.where('subject', '=', subject)
		.executeTakeFirst();
}

/** From now on the account is that person's at a provider; false when it already is somebody's. */
export async function linkAccount(db: Db, id: string, { issuer, subject }: Identity): Promise<boolean> {
	const { numUpdatedRows } = await db
		.updateTable('accounts')
		.set({ issuer, subject })
		.where('id', '=', id)
		.where('subject', 'is', null)
		.executeTakeFirst();
	return numUpdatedRows > 0n;
}

/** An account with what else is known of its use. Never a hash. */
export interface ListedAccount extends Omit<AccountRow, 'password_hash' | 'subject'> {
	has_password: boolean;
	sessions: number;
	tokens: number;
}

/** All accounts, by name. */
export async function listAccounts(db: Db): Promise<ListedAccount[]> {
	const { rows } = await sql<ListedAccount>`
		select a.id, a.name, a.role, a.email, a.issuer, a.disabled_at, a.created_at, a.last_sign_in_at,
			a.password_hash is not null as has_password,
			(select count(*) from sessions s where s.account_id = a.id and s.expires_at > clock_timestamp()
				and s.last_used_at + s.idle > clock_timestamp())::int as sessions,
			(select count(*) from api_tokens t where t.account_id = a.id)::int as tokens
		from accounts a order by lower(a.name)`.execute(db);
	return rows;
}

/**
 * Changes an account; whether there is one of that id. A new password and disabling end its sessions. Rejects with the
 * database's sentence when nobody would be left who is an admin.
 */
export async function changeAccount(db: Db, id: string, change: AccountChange): Promise<boolean> {
	const { role, email, passwordHash, disabled } = change;
	const { numUpdatedRows } = await db
		.updateTable('accounts')
		.set({
			id,
			...(role !== undefined && { role }),
			...(email !== undefined && { email: email?.toLowerCase() ?? null }),
			...(passwordHash !== undefined && { password_hash: passwordHash }),
			...(disabled !== undefined && {
				disabled_at: disabled ? sql<Date>`coalesce(disabled_at, clock_timestamp())` : null,
			}),
		})
		.where('id', '=', id)
		.executeTakeFirst();
	return numUpdatedRows > 0n;
}

/** Removes an account with its sessions and tokens; whether there was one. What it did stays in the history. */
export async function removeAccount(db: Db, id: string): Promise<boolean> {
	const { numDeletedRows } = await db.deleteFrom('accounts').where('id', '=', id).executeTakeFirst();
	return numDeletedRows > 0n;
}

/** Whether anybody can sign in at all. */
export async function hasAccounts(db: Db): Promise<boolean> {
	const found = await db.selectFrom('accounts').select('id').limit(1).executeTakeFirst();
	return found !== undefined;
}
