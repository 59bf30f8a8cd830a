import { sql } from 'kysely';
import type { Db } from '../connect.ts';
import type { EventRow, EventState, Progress } from '../tables.ts';
import type { Published } from './published.ts';
import type { ServerMark } from './server-change.ts';

// Everything here names a lease. With a lost lease nothing changes, the function says false (or undefined), and the
// worker stops.

/** Extends leases to `seconds` from now, by the database's clock. Returns those that are still held. */
export async function extendLeases(db: Db, leases: string[], seconds: number): Promise<string[]> {
	const { rows } = await sql<{
		lease: string;
	}>`select extend_leases(${leases}::uuid[], ${seconds}) as lease`.execute(db);
	return rows.map((row) => row.lease);
}

/** Writes how far the work is to where status and pages read it. */
export async function reportProgress(db: Db, lease: string, progress: Progress): Promise<boolean> {
	return held(db, sql`report_progress(${lease}, ${JSON.stringify(progress)})`);
}

/** Adds a line to the log of the job, which operators read from SQL. Also under a lost lease. */
export async function logJob(
	db: Db,
	lease: string,
	level: 'info' | 'warn' | 'error',
	message: string,
	details?: object,
): Promise<void> {
	const json = details ? JSON.stringify(details) : null;
	await sql`select log_job(${lease}, ${level}, ${message}, ${json})`.execute(db);
}

/** Keeps what is needed to find out later what became of an upload; before its first byte leaves. */
export async function storeUploadSession(db: Db, lease: string, session: object): Promise<boolean> {
	return held(db, sql`store_upload_session(${lease}, ${JSON.stringify(session)})`);
}

/**
 * CLAIMED → FINALIZING: all bytes are sent, only the commit is missing. `known`: the server that this node works with.
 * Rejects while nothing may be published, since the server changed and not all nodes have told it of their uploads.
 */
export async function finalizeEvent(db: Db, lease: string, known?: ServerMark): Promise<boolean> {
	const { identity = null, lsn = null, visits = null } = known ?? {};
	return held(db, sql`finalize_event(${lease}, ${identity}, ${lsn}::pg_lsn, ${visits})`);
}

/** FINALIZING → UPLOADED. */
export async function completeEvent(db: Db, lease: string, published: Published): Promise<boolean> {
	const told = published.told ? JSON.stringify(published.told) : null;
	return held(db, sql`complete_event(${lease}, ${published.link}, ${published.videoId ?? null}, ${told})`);
}

/**
 * CLAIMED or FINALIZING (then only when surely nothing was uploaded) → EDITED, to be tried again after a pause that
 * doubles with each attempt; after `maxAttempts` → UNEDITED with `reason`. Returns the new state.
 */
export async function retryEvent(
	db: Db,
	lease: string,
	reason: string,
	maxAttempts: number,
): Promise<EventState | undefined> {
	const { rows } = await sql<{ state: EventState | null }>`
		select retry_event(${lease}, ${reason}, ${maxAttempts}) as state`.execute(db);
	return rows[0]!.state ?? undefined;
}

/** CLAIMED or FINALIZING → EDITED with the reason, for `seconds`, without counting an attempt: the location takes no more for now. */
export async function postponeEvent(
	db: Db,
	lease: string,
	reason: string,
	seconds: number,
): Promise<boolean> {
	return held(db, sql`postpone_event(${lease}, ${reason}, ${seconds})`);
}

/** CLAIMED → EDITED at once, without counting an attempt: the node stops. */
export async function handBackEvent(db: Db, lease: string, reason: string): Promise<boolean> {
	return held(db, sql`hand_back_event(${lease}, ${reason})`);
}

/** CLAIMED or FINALIZING → UNEDITED with an error that a person must deal with. */
export async function failEvent(db: Db, lease: string, problem: string): Promise<boolean> {
	return held(db, sql`fail_event(${lease}, ${problem})`);
}

/** FINALIZING stays: the location could not say what became of the upload. It is asked again after `retrySeconds`. */
export async function leaveUnresolved(
	db: Db,
	lease: string,
	problem: string,
	retrySeconds: number,
): Promise<boolean> {
	return held(db, sql`leave_unresolved(${lease}, ${problem}, ${retrySeconds})`);
}

/** An event under a new lease of ours. */
export interface Adopted {
	lease: string;
	event: EventRow;
}

/** Takes over a FINALIZING event whose lease is gone, to ask its location what became of the upload. */
export async function adoptFinalizing(
	db: Db,
	node: string,
	leaseSeconds: number,
): Promise<Adopted | undefined> {
	return adopted(db, sql`adopt_finalizing(${node}, ${leaseSeconds})`);
}

/**
 * Takes a lease on an UPLOADED event whose location is to be told something new, or asked how its processing goes.
 * `locations`: the names of those that can be.
 */
export async function adoptPublished(
	db: Db,
	node: string,
	locations: string[],
	leaseSeconds: number,
): Promise<Adopted | undefined> {
	return adopted(db, sql`adopt_published(${node}, ${locations}, ${leaseSeconds})`);
}

/**
 * Notes what the location of an UPLOADED event has been told, and releases the lease. `problem`: a sentence for the row;
 * `retrySeconds`: when to go on with it.
 */
export async function notePublished(
	db: Db,
	lease: string,
	told: object,
	problem?: string,
	retrySeconds?: number,
): Promise<boolean> {
	return held(
		db,
		sql`note_published(${lease}, ${JSON.stringify(told)}, ${problem ?? null}, ${retrySeconds ?? null})`,
	);
}

async function adopted(db: Db, call: ReturnType<typeof sql>): Promise<Adopted | undefined> {
	const { rows } = await sql<EventRow & { lease: string }>`
		select lease, (event).* from ${call}`.execute(db);
	const [row] = rows;
	if (!row) return undefined;
	const { lease, ...event } = row;
	return { lease, event };
}

async function held(db: Db, call: ReturnType<typeof sql>): Promise<boolean> {
	const { rows } = await sql<{ held: boolean }>`select ${call} as held`.execute(db);
	return rows[0]!.held;
}
