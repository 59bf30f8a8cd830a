/** One leader among several processes: who holds an advisory lock, on a connection of its own. */
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Db } from './connect.ts';
import { type LockHolder, lockHolder } from './lock-holder.ts';

/** A leader asks every second or so; one that says nothing for so long (seconds) does not lead any more. */
const SILENT_SECONDS = 20;

export interface LeadershipOptions {
	/** What is led: processes that say the same name have one leader. */
	name: string;
	/** Ends the wait, and the leadership. */
	signal: AbortSignal;
	/** Seconds between tries to become the leader, and between checks that the lock is still held. Default 1. */
	seconds?: number;
	/** A function that only those may call who may lead, with its types: who else holds the lock is a stranger. */
	right?: string;
	/** Told when another one holds the lock, and again when somebody else does. */
	onStandby?: (holder: LockHolder) => void;
}

/**
 * Wait until this process leads, then run `lead` until it is done, the lock is lost or `signal` aborts. The server
 * releases the lock of a process that ended at once, and of a host that vanished within some 15 s, as it probes this
 * connection; of one that stands still (it is stopped, or hangs) after `SILENT_SECONDS`, in which it said nothing.
 *
 * A leader whose connection broke may not know it for a moment in which another one leads already: what is led must bear
 * two leaders for that long.
 *
 * @param lead its signal aborts when the leadership is over; it then returns soon
 * @throws what `lead` throws, or Error when the connection is lost
 */
export async function whileLeading(
	db: Db,
	{ name, signal, seconds = 1, right, onStandby }: LeadershipOptions,
	lead: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
	await db.connection().execute(async (connection) => {
		await sql`select
			set_config('tcp_keepalives_idle', '5', false),
			set_config('tcp_keepalives_interval', '3', false),
			set_config('tcp_keepalives_count', '3', false),
			set_config('idle_session_timeout', ${`${SILENT_SECONDS}s`}, false)`.execute(connection);
		let told: number | undefined;
		while (!signal.aborted && !(await tryLock(connection, name))) {
			const holder = await lockHolder(connection, name, { ...(right !== undefined && { right }) });
			if (holder && holder.pid !== told) onStandby?.(holder);
			told = holder?.pid ?? told;
			await pause(seconds * 1000, signal);
		}
		if (signal.aborted) return;
		const over = new AbortController();
		const leading = AbortSignal.any([signal, over.signal]);
		const led = lead(leading).finally(() => over.abort());
		try {
			await Promise.all([led, holdOn(connection, name, seconds, leading)]);
		} finally {
			over.abort();
			await Promise.allSettled([led]);
			// A connection that is gone has released it already.
			await sql`select pg_advisory_unlock(hashtextextended(${name}, 0))`
				.execute(connection)
				.catch(() => undefined);
		}
	});
}

async function tryLock(connection: Db, name: string): Promise<boolean> {
	const { rows } = await sql<{ locked: boolean }>`
		select pg_try_advisory_lock(hashtextextended(${name}, 0)) as locked`.execute(connection);
	return rows[0]?.locked ?? false;
}

/** Ask again and again whether the connection, and with it the lock, is still there. */
async function holdOn(connection: Db, name: string, seconds: number, leading: AbortSignal): Promise<void> {
	while (!leading.aborted) {
		await pause(seconds * 1000, leading);
		if (leading.aborted) return;
		try {
			await sql`select 1`.execute(connection);
		} catch (error) {
			throw new Error(`The connection that holds the lock “${name}” is lost.`, { cause: error });
		}
	}
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
	await sleep(ms, undefined, { signal }).catch(() => undefined);
}
