/**
 * Who holds an advisory lock. PostgreSQL lets every role take every one of them, so that whoever waits for one that a
 * stranger holds has to say so.
 */
import { sql } from 'kysely';
import type { Db } from './connect.ts';

export interface LockHolder {
	/** Of the server's process, for pg_terminate_backend. */
	pid: number;
	role: string;
	/** Whether it may do what the lock is for, and says that it is a program of the same kind. */
	isPeer: boolean;
}

export interface LockOwners {
	/** The application name of the programs that the lock is for. Default: that of this connection. */
	application?: string;
	/** A function that only they may call, with its types. */
	right?: string;
}

/** Who holds the advisory lock of that name, `hashtextextended(name, 0)`; undefined when nobody does. */
export async function lockHolder(
	db: Db,
	name: string,
	{ application, right }: LockOwners = {},
): Promise<LockHolder | undefined> {
	const { rows } = await sql<LockHolder>`
		select l.pid, coalesce(a.usename::text, '?') as role, coalesce(
			a.application_name = coalesce(${application ?? null}, current_setting('application_name'))
				and (${right ?? null}::text is null or has_function_privilege(a.usesysid, to_regprocedure(${right ?? null}), 'execute')),
			false) as "isPeer"
		from pg_locks l left join pg_stat_activity a on a.pid = l.pid
		where l.locktype = 'advisory' and l.granted and l.objsubid = 1
			and l.database = (select oid from pg_database where datname = current_database())
			and (l.classid::bigint << 32 | l.objid::bigint) = hashtextextended(${name}, 0)
		order by "isPeer" desc, l.pid limit 1`.execute(db);
	return rows[0];
}

/** What to do about a stranger that holds a lock, as sentences. `program`: whose lock it is. */
export function describeStranger({ pid, role }: LockHolder, program: string): string {
	return (
		`A connection of the role ${role} (PID ${pid}) holds the lock that one ${program} at a time takes, and is none: no ` +
		`${program} works until it lets go. Look what it is: select * from pg_stat_activity where pid = ${pid}; to end it, as an ` +
		`administrator of the server: select pg_terminate_backend(${pid});`
	);
}
