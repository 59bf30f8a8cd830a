import { sql } from 'kysely';
import type { Db } from '../connect.ts';
import type { LocationLimits } from '../tables.ts';

export interface NodeRegistration {
	/** Unique among the nodes. */
	name: string;
	/** A new UUID for each start of the process. */
	instance: string;
	version: string;
	locations: { name: string; kind: string; limits: LocationLimits; configHash: string }[];
}

/**
 * Says hello: this node runs, with these upload locations. Returns a sentence for each location that another running
 * node configures differently.
 */
export async function registerNode(db: Db, node: NodeRegistration): Promise<string[]> {
	const locations = node.locations.map(({ configHash, ...rest }) => ({ ...rest, config_hash: configHash }));
	const { rows } = await sql<{ problem: string }>`
		select register_node(${node.name}, ${node.instance}, ${node.version}, ${JSON.stringify(locations)}) as problem`.execute(
		db,
	);
	return rows.map((row) => row.problem);
}

/** Says that the node still runs; false when another process has taken its name since. */
export async function heartbeatNode(db: Db, name: string, instance: string): Promise<boolean> {
	const { rows } = await sql<{ ours: boolean }>`select heartbeat_node(${name}, ${instance}) as ours`.execute(
		db,
	);
	return rows[0]!.ours;
}
