/**
 * Guessing passwords is slow. Failures are counted by name and address together, so that guessing from elsewhere locks
 * nobody out; and by name alone, against guessing from many addresses, but not for an address from which that person was
 * signed in before. Whoever guesses too often waits for minutes, not for an admin.
 */
import { sql } from 'kysely';
import type { Db } from '../../../db/connect.ts';
import { Problem } from '../problem.ts';

/** So many failures from one address for one name … */
const MOST_FROM_ADDRESS = 5;
/** … and from all addresses together … */
const MOST_FOR_NAME = 50;
/** … in so many minutes. */
const WINDOW_MINUTES = 10;

/** @throws Problem 429 when there were too many failures, whether or not there is an account of that name */
export async function checkAttempt(db: Db, name: string, address: string): Promise<void> {
	const { rows } = await sql<{ from_address: number; for_name: number; known: boolean; seconds: number }>`
		select
			count(*) filter (where address = ${address}::inet)::int as from_address,
			count(*)::int as for_name,
			coalesce(extract(epoch from min(at) + make_interval(mins => ${WINDOW_MINUTES}) - clock_timestamp()), 0)::int as seconds,
			exists (
				select from sessions s join accounts a on a.id = s.account_id
				where lower(a.name) = lower(${name}) and s.address = ${address}::inet
			) as known
		from sign_in_failures
		where name = lower(${name}) and at > clock_timestamp() - make_interval(mins => ${WINDOW_MINUTES})`.execute(
		db,
	);
	const { from_address, for_name, known, seconds } = rows[0]!;
	if (from_address < MOST_FROM_ADDRESS && (known || for_name < MOST_FOR_NAME)) return;
	const minutes = Math.max(1, Math.ceil(seconds / 60));
	const wait = minutes === 1 ? 'a minute' : `${minutes} minutes`;
	throw new Problem(429, `There were too many failed sign-ins with this name. Try again in ${wait}.`);
}

export async function noteFailure(db: Db, name: string, address: string): Promise<void> {
	await sql`
		with over as (delete from sign_in_failures where at < clock_timestamp() - interval '1 hour')
		insert into sign_in_failures (name, address) values (lower(${name}), ${address}::inet)`.execute(db);
}

export async function forgetFailures(db: Db, name: string, address: string): Promise<void> {
	await sql`delete from sign_in_failures where name = lower(${name}) and address = ${address}::inet`.execute(
		db,
	);
}
