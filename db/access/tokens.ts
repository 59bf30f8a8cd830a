import { sql } from 'kysely';
import type { Db } from '../connect.ts';
import { newSecret, secretHash } from './credentials.ts';
import type { AccountRole, TokenScope } from './tables.ts';

/** What tokens begin with, so that people and scanners of repositories know one when they see it. */
const PREFIX = 'cutsheet_';

export interface TokenAccount {
	id: string;
	name: string;
	role: AccountRole;
	token: string;
	scopes: TokenScope[];
}

export interface NewToken {
	accountId: string;
	/** What it is for. */
	name: string;
	scopes: TokenScope[];
	/** null: never. */
	expiresAt: Date | null;
}

/** Makes a token. Returns it: it is shown once and kept nowhere. */
export async function createToken(
	db: Db,
	{ accountId, name, scopes, expiresAt }: NewToken,
): Promise<{ id: string; token: string }> {
	const token = PREFIX + newSecret();
	const { id } = await db
		.insertInto('api_tokens')
		.values({ account_id: accountId, name, scopes, secret_hash: secretHash(token), expires_at: expiresAt })
		.returning('id')
		.executeTakeFirstOrThrow();
	return { id, token };
}

/** Who a token belongs to and what it may be used for; undefined when it is over or was never there. */
export async function useToken(db: Db, token: string): Promise<TokenAccount | undefined> {
	const { rows } = await sql<TokenAccount>`
		select account_id as id, name, role, token_id as token, scopes from use_token(${secretHash(token)})`.execute(
		db,
	);
	return rows[0];
}

/** A token as it can be shown: what it is for, never what it is. */
export interface ListedToken {
	id: string;
	account_id: string;
	/** The name of its account. */
	account: string;
	name: string;
	scopes: TokenScope[];
	created_at: Date;
	expires_at: Date | null;
	last_used_at: Date | null;
}

/** The tokens of one account, or of all. */
export async function listTokens(db: Db, accountId?: string): Promise<ListedToken[]> {
	let query = db
		.selectFrom('api_tokens as t')
		.innerJoin('accounts as a', 'a.id', 't.account_id')
		.select(['t.id', 't.account_id', 'a.name as account', 't.name', 't.scopes'])
		.select(['t.created_at', 't.expires_at', 't.last_used_at'])
		.orderBy('a.name')
		.orderBy('t.name');
	if (accountId !== undefined) query = query.where('t.account_id', '=', accountId);
	return query.execute();
}

/** Revokes a token, of that account if one is given; whether it was there. It is refused from now on. */
export async function revokeToken(db: Db, id: string, accountId?: string): Promise<boolean> {
	let query = db.deleteFrom('api_tokens').where('id', '=', id);
	if (accountId !== undefined) query = query.where('account_id', '=', accountId);
	return (await query.executeTakeFirst()).numDeletedRows > 0n;
}
