import { sql } from 'kysely';
import type { Db } from '../db/connect.ts';
import type { EventRow, RememberedRow } from './snapshot.ts';

/** Events as the planner wants them; all of them, or those with the given ids. */
export async function readEvents(db: Db, ids?: readonly string[]): Promise<EventRow[]> {
	if (ids?.length === 0) return [];
	let query = db
		.selectFrom('events')
		.select([
			'id',
			'sheet_name',
			'state',
			'error',
			'video_link',
			'start',
			'end',
			'category',
			'description',
			'notes',
			'allow_holes',
			'uploader_whitelist',
			'upload_location',
			'tags',
			'priority',
			'removed_from_sheet_at',
		]);
	if (ids !== undefined) query = query.where(sql<boolean>`id = any(${[...ids]}::uuid[])`);
	const rows = await query.execute();
	return rows.map(({ removed_from_sheet_at, start, end, ...row }) => ({
		...row,
		start: start?.toISOString() ?? null,
		end: end?.toISOString() ?? null,
		removed: removed_from_sheet_at !== null,
	}));
}

export async function readRemembered(db: Db, spreadsheet: string): Promise<RememberedRow[]> {
	const rows = await db.selectFrom('sheet_rows').selectAll().where('spreadsheet', '=', spreadsheet).execute();
	return rows.map(({ event_id: id, worksheet: sheetId, agreed, written }) => ({
		id,
		sheetId,
		agreed,
		written,
	}));
}
