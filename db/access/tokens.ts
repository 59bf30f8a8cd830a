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
