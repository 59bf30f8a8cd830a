import { sql } from 'kysely';
import type { Db } from '../connect.ts';
import type { SheetSyncsTable } from '../tables.ts';

/** How the sync of a spreadsheet is, as told by the process that does it. */
export interface ToldSync {
	service: SheetSyncsTable['service'];
	spreadsheet: string;
	/** Seconds since sheet and database were in step last; undefined: not since this process began. */
	inStepSecondsAgo: number | undefined;
	/** What the last cycle failed with; null when it went well. */
	trouble: string | null;
}

/** Says how a sync is, and that it runs. */
export async function tellSync(
	db: Db,
	{ service, spreadsheet, inStepSecondsAgo, trouble }: ToldSync,
): Promise<void> {
	await sql`
		insert into sheet_syncs (service, spreadsheet, in_step_at, trouble)
		values (${service}, ${spreadsheet},
			clock_timestamp() - ${inStepSecondsAgo ?? null}::float8 * interval '1 second', ${trouble})
		on conflict (service, spreadsheet) do update set
			seen_at = clock_timestamp(), trouble = excluded.trouble,
			in_step_at = coalesce(excluded.in_step_at, sheet_syncs.in_step_at)`.execute(db);
}
