import type { Selectable } from 'kysely';
import { sql } from 'kysely';
import type { Db } from '../connect.ts';
import type { AccountRole, AccountsTable } from './tables.ts';

export type AccountRow = Selectable<AccountsTable>;

export interface NewAccount {
	name: string;
	role: AccountRole;
	email?: string | null;
	passwordHash?: string | null;
}

/** Makes an account. Returns its id; rejects with the database's sentence when the name is taken. */
export async function createAccount(db: Db, account: NewAccount): Promise<string> {
	const { id } = await db
		.insertInto('accounts')
		.values({
			name: account.name,
			role: account.role,
			email: account.email?.toLowerCase() ?? null,
			password_hash: account.passwordHash ?? null,
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

/** Sets or takes away a password. All sessions of the account end. */
export async function setPasswordHash(db: Db, id: string, passwordHash: string | null): Promise<void> {
	await db.updateTable('accounts').set({ password_hash: passwordHash }).where('id', '=', id).execute();
}
