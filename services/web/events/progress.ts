import { sql } from 'kysely';
import type { Db } from '../../../db/connect.ts';
import type { Progress } from '../../../db/tables.ts';

/** Who works on an event, and how far that is. */
export interface WorkUnderWay extends Partial<Progress> {
	id: string;
	node: string;
}

/** What is worked on now, by live leases. */
export async function readProgress(db: Db): Promise<WorkUnderWay[]> {
	const { rows } = await sql<{ id: string; node: string; progress: Progress | null }>`
		select i.item as id, l.holder as node, l.progress
		from lease_items i join leases l on l.id = i.lease_id
		where i.kind = 'event' and i.released_at is null and l.released_at is null
			and (l.expires_at is null or l.expires_at > clock_timestamp())
		order by i.item`.execute(db);
	return rows.map(({ id, node, progress }) => ({ id, node, ...progress }));
}
