/** What happens to events in Postgres while the sync runs. */
import { sql } from 'kysely';
import type { Db } from '../../../db/connect.ts';

/** Change some event of a spreadsheet in a way that its state allows; the numbers say which and how. */
export async function disturb(
	db: Db,
	spreadsheet: string,
	{ a, b, c }: { a: number; b: number; c: number },
): Promise<void> {
	const events = await db
		.selectFrom('events')
		.innerJoin('sheet_rows', 'sheet_rows.event_id', 'events.id')
		.select(['events.id', 'state'])
		.where('spreadsheet', '=', spreadsheet)
		.orderBy('created_at')
		.orderBy('id')
		.execute();
	const event = events[a % Math.max(1, events.length)];
	if (event === undefined) return;
	const uploaded = event.state === 'UPLOADED';
	const changes = [
		event.state !== 'UNEDITED'
			? { state: 'UNEDITED' as const }
			: {
					state: 'UPLOADED' as const,
					uploader: 'manual',
					video_link: `https://video.example/${c}`,
				},
		{ error: `Look at ${c}.` },
		{ error: null },
		{ priority: 1_000 + c },
		uploaded ? { tags: ['x'] } : { uploader_whitelist: c % 3 === 0 ? null : [`pg-${c}`] },
	];
	const change = changes[b % changes.length] ?? {};
	await db.updateTable('events').set(change).where('id', '=', event.id).execute();
}

/** How often the sheet submitted, and cancelled, the edit of each event of a spreadsheet. */
export async function ordersOfTheSheet(
	db: Db,
	spreadsheet: string,
): Promise<{ id: string; submitted: number; cancelled: number }[]> {
	const { rows } = await sql<{ id: string; submitted: number; cancelled: number }>`
		select event_id as id,
			count(*) filter (where to_state = 'EDITED')::int as submitted,
			count(*) filter (where to_state = 'UNEDITED')::int as cancelled
		from event_history join sheet_rows using (event_id)
		where spreadsheet = ${spreadsheet} and actor = 'the sheet' and from_state <> to_state
		group by event_id`.execute(db);
	return rows;
}

/** Whether the change feed tells everything that was committed by now; transactions of other tests hold it back. */
export async function feedHasCaughtUp(db: Db): Promise<boolean> {
	const { rows } = await sql<{ quiet: boolean }>`
		select pg_snapshot_xmin(snapshot) = pg_snapshot_xmax(snapshot) as quiet
		from (select pg_current_snapshot() as snapshot) now`.execute(db);
	return rows[0]?.quiet ?? false;
}
