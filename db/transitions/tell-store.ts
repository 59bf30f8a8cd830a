import { sql } from 'kysely';
import type { Db } from '../connect.ts';

export interface ToldStore {
	channel: string;
	quality: string;
	/** Stretches of wall time without a hole, `[start, end)` in milliseconds, in order, apart from each other. */
	held: readonly { start: number; end: number }[];
	diskBytes: number;
	freeBytes: number;
}

/** Says what a node's segment store holds; false when another process has taken the node's name since. */
export async function tellStore(
	db: Db,
	node: string,
	instance: string,
	{ channel, quality, held, diskBytes, freeBytes }: ToldStore,
): Promise<boolean> {
	const iso = (ms: number) => new Date(ms).toISOString();
	const ranges = `{${held.map(({ start, end }) => `[${iso(start)},${iso(end)})`).join(',')}}`;
	const { rows } = await sql<{ ours: boolean }>`
		select tell_store(${node}, ${instance}, ${channel}, ${quality}, ${ranges}::tstzmultirange,
			${diskBytes}, ${freeBytes}) as ours`.execute(db);
	return rows[0]!.ours;
}
