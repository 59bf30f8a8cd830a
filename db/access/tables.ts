import type { ColumnType, Generated } from 'kysely';

export type AccountRole = 'viewer' | 'editor' | 'operator' | 'admin';
export type TokenScope = 'read' | 'write' | 'admin';

/** Stamped by the database only. */
type Stamp<T> = ColumnType<T, never, never>;
type OptionalText = ColumnType<string | null, string | null | undefined, string | null>;
type OptionalTime = ColumnType<Date | null, Date | null | undefined, Date | null>;

export interface AccountsTable {
	id: Generated<string>;
	name: string;
	role: AccountRole;
	/** In lower case. */
	email: OptionalText;
	/** Argon2id as a PHC string; null: no sign-in by password. */
	password_hash: OptionalText;
	issuer: OptionalText;
	subject: OptionalText;
	disabled_at: OptionalTime;
	created_at: Stamp<Date>;
	last_sign_in_at: OptionalTime;
}

export interface SessionsTable {
	id: Generated<string>;
	account_id: string;
	/** SHA-256 of the cookie's secret. */
	secret_hash: Buffer;
	created_at: Stamp<Date>;
	last_used_at: Generated<Date>;
	/** An interval, such as `12 hours`. */
	idle: string;
	expires_at: Date;
	address: OptionalText;
	agent: Generated<string>;
}

export interface ApiTokensTable {
	id: Generated<string>;
	account_id: string;
	name: string;
	/** SHA-256 of the token. */
	secret_hash: Buffer;
	scopes: TokenScope[];
	created_at: Stamp<Date>;
	/** null: never. */
	expires_at: OptionalTime;
	last_used_at: OptionalTime;
}

export interface AccountHistoryTable {
	/** bigint: a string in JavaScript. */
	id: Stamp<string>;
	at: Stamp<Date>;
	db_user: Stamp<string>;
	actor: Stamp<string | null>;
	account_id: Stamp<string>;
	account: Stamp<string>;
	what: Stamp<string>;
}

export interface SignInFailuresTable {
	at: Stamp<Date>;
	name: string;
	address: string;
}

/** The tables of people and what lets them in. */
export interface AccessTables {
	accounts: AccountsTable;
	sessions: SessionsTable;
	api_tokens: ApiTokensTable;
	account_history: AccountHistoryTable;
	sign_in_failures: SignInFailuresTable;
}
