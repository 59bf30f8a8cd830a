import { sql } from 'kysely';
import type { Db } from '../connect.ts';
import type { Published } from './published.ts';

/** A database server, as far as a node can tell one from another, and from an earlier self. */
export interface ServerMark {
	/** Its system identifier and timeline. */
	identity: string;
	/** How far its write-ahead log had come: a server that is behind that has been put back in time. */
	lsn: string;
	/** How often the node had met it, by the server's count; null before the node was registered. */
	visits?: string | null;
}

/**
 * Says which server this node knew last, and learns which one it is. `mustTell`: another one took its place, or it was put
 * back in time, so that the node has to tell what it has published (`restoreUpload`, then `toldAll`).
 * `problem`: why nobody may publish anything now, as a sentence.
 */
export async function meetServer(
	db: Db,
	node: string,
	known: ServerMark | undefined,
): Promise<{ server: ServerMark; mustTell: boolean; problem: string | undefined }> {
	const { rows } = await sql<{
		identity: string;
		lsn: string;
		visits: string | null;
		must_tell: boolean | null;
		problem: string | null;
	}>`
		select * from meet_server(
			${node}, ${known?.identity ?? null}, ${known?.lsn ?? null}::pg_lsn, ${known?.visits ?? null})`.execute(
		db,
	);
	const { must_tell, problem, ...server } = rows[0]!;
	return { server, mustTell: must_tell ?? false, problem: problem ?? undefined };
}

/** What the database made of an upload that a node told it of: see restore_upload in the migrations. */
export type Restored = 'known' | 'restored' | 'doubled' | 'doubtful' | 'missing' | 'later';

/** Tells of an upload from before the server changed. `published`: undefined when its commit may or may not have happened. */
export async function restoreUpload(
	db: Db,
	node: string,
	event: string,
	session: object,
	published: Published | undefined,
): Promise<Restored> {
	const told = published?.told ? JSON.stringify(published.told) : null;
	const { rows } = await sql<{ outcome: Restored }>`
		select restore_upload(${node}, ${event}, ${JSON.stringify(session)}, ${published?.link ?? null},
			${published?.videoId ?? null}, ${told}) as outcome`.execute(db);
	return rows[0]!.outcome;
}

/**
 * This node has told all: the others need not wait for it any more. `told`: false when it is not, or no longer, registered
 * as this process. `problem`: why still nothing may be published, as a sentence.
 */
export async function toldAll(
	db: Db,
	node: string,
	instance: string,
): Promise<{ told: boolean; problem: string | undefined }> {
	const { told } = (await sql<{ told: boolean }>`select told_all(${node}, ${instance}) as told`.execute(db))
		.rows[0]!;
	const { rows } = await sql<{ problem: string | null }>`select awaiting_problem() as problem`.execute(db);
	return { told, problem: rows[0]!.problem ?? undefined };
}
