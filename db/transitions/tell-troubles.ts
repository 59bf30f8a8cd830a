import { sql } from 'kysely';
import type { Db } from '../connect.ts';

/** What is wrong with a node although it runs. */
export interface NodeTroubles {
	/** Sentences that name the node and what is to be mended; none: it is as it should be. */
	troubles: readonly string[];
	/** The upload locations for which it claims nothing meanwhile. */
	stopped: readonly string[];
}

/**
 * A node says what is wrong with it; to be said again within a minute, as long as it lasts. False when another process that
 * runs has its name.
 */
export async function tellTroubles(
	db: Db,
	{ node, instance }: { node: string; instance: string },
	{ troubles, stopped }: NodeTroubles,
): Promise<boolean> {
	const { rows } = await sql<{ ours: boolean }>`
		select tell_troubles(${node}, ${instance}, ${troubles}::text[], ${stopped}::text[]) as ours`.execute(db);
	return rows[0]!.ours;
}
