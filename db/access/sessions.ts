import { sql } from 'kysely';
import type { Db } from '../connect.ts';
import { newSecret, secretHash } from './credentials.ts';
import type { AccountRole } from './tables.ts';

export interface SessionAccount {
	id: string;
	name: string;
	role: AccountRole;
	session: string;
}

export interface NewSession {
	accountId: string;
	/** Over when it was not used for so long. */
	idleHours: number;
	/** Over in any case. */
	days: number;
	address: string | null;
	/** The browser, in its own words. */
	agent: string;
}

/**
 * Begins a session and notes the sign-in. Returns the secret for the cookie, which is kept nowhere else. Drops the sessions
 * that are over, of everybody: they are of no use, and there are never more of them than since the last sign-in.
 */
export async function openSession(db: Db, session: NewSession): Promise<string> {
	const secret = newSecret();
	await sql`
		with over as (
			delete from sessions where least(expires_at, last_used_at + idle) < clock_timestamp()
		), signed_in as (
			update accounts set last_sign_in_at = clock_timestamp() where id = ${session.accountId} returning id
		)
		insert into sessions (account_id, secret_hash, idle, expires_at, address, agent)
		select id, ${secretHash(secret)}, make_interval(hours => ${session.idleHours}),
			clock_timestamp() + make_interval(days => ${session.days}), ${session.address}, ${session.agent.slice(0, 300)}
		from signed_in`.execute(db);
	return secret;
}

/** Who the cookie's secret belongs to; undefined when its session is over or was never there. Renews the session. */
export async function useSession(db: Db, secret: string): Promise<SessionAccount | undefined> {
	const { rows } = await sql<SessionAccount>`
		select account_id as id, name, role, session_id as session from use_session(${secretHash(secret)})`.execute(
		db,
	);
	return rows[0];
}

/** Ends sessions of an account: one, or all but one. Returns how many. */
export async function endSessions(
	db: Db,
	accountId: string,
	which: { id: string } | { allBut: string },
): Promise<number> {
	const all = db.deleteFrom('sessions').where('account_id', '=', accountId);
	const those = 'id' in which ? all.where('id', '=', which.id) : all.where('id', '<>', which.allBut);
	const ended = await those.executeTakeFirst();
	return Number(ended.numDeletedRows);
}

/** Where and since when somebody is signed in. */
export interface ListedSession {
	id: string;
	created_at: Date;
	last_used_at: Date;
	expires_at: Date;
	address: string | null;
	agent: string;
}

/** The sessions of an account that are not over, the last used first. */
export async function listSessions(db: Db, accountId: string): Promise<ListedSession[]> {
	const { rows } = await sql<ListedSession>`
		select id, created_at, last_used_at, least(expires_at, last_used_at + idle) as expires_at, host(address) as address, agent
		from sessions
		where account_id = ${accountId} and least(expires_at, last_used_at + idle) > clock_timestamp()
		order by last_used_at desc, id`.execute(db);
	return rows;
}
