/** Events and memory as the planner wants them. */
import { sql } from 'kysely';
import type { Db } from '../db/connect.ts';
import { standsStill } from '../db/standstill.ts';
import type { Progress } from '../db/tables.ts';
import type { EventRow, RememberedRow, SubmitMemory } from './snapshot.ts';

const COLUMNS = [
	'events.id',
	'events.sheet_name',
	'events.state',
	'events.error',
	'events.video_link',
	'events.start',
	'events.end',
	'events.category',
	'events.description',
	'events.notes',
	'events.allow_holes',
	'events.uploader_whitelist',
	'events.upload_location',
	'events.tags',
	'events.priority',
	'events.removed_from_sheet_at',
] as const;

/** The events with the given ids. One statement. */
export async function readEvents(db: Db, ids: readonly string[]): Promise<EventRow[]> {
	if (ids.length === 0) return [];
	const query = db
		.selectFrom('events')
		.select(COLUMNS)
		.where(sql<boolean>`events.id = any(${[...ids]}::uuid[])`);
	return (await query.execute()).map(eventRow);
}

/** The events that came from a spreadsheet. One statement. */
export async function readEventsOf(db: Db, spreadsheet: string): Promise<EventRow[]> {
	const query = db
		.selectFrom('events')
		.innerJoin('sheet_rows', 'sheet_rows.event_id', 'events.id')
		.select(COLUMNS)
		.where('sheet_rows.spreadsheet', '=', spreadsheet);
	return (await query.execute()).map(eventRow);
}

interface StoredRow extends Omit<EventRow, 'start' | 'end' | 'removed' | 'progress'> {
	start: Date | null;
	end: Date | null;
	removed_from_sheet_at: Date | null;
}

function eventRow({ removed_from_sheet_at, start, end, ...row }: StoredRow): EventRow {
	return {
		...row,
		start: start?.toISOString() ?? null,
		end: end?.toISOString() ?? null,
		removed: removed_from_sheet_at !== null,
		progress: null,
	};
}

/**
 * What cutters are doing with events, by event: `42 % on node-2` while one is cut, `uploading 42 % on node-2` and the like
 * later, the node alone before anything is told; with `, stands still` when it does. One statement, which reads the leases that are held and nothing else.
 */
export async function readProgress(db: Db): Promise<Map<string, string>> {
	const rows = await db
		.selectFrom('lease_items')
		.innerJoin('leases', 'leases.id', 'lease_items.lease_id')
		.select(['lease_items.item', 'leases.holder', 'leases.progress'])
		.select(sql<number>`extract(epoch from clock_timestamp() - leases.moved_at)::float8`.as('since_moved'))
		.where('lease_items.kind', '=', 'event')
		.where('lease_items.released_at', 'is', null)
		.where('leases.released_at', 'is', null)
		.execute();
	return new Map(
		rows.map(({ item, holder, progress, since_moved }) => [
			item,
			`${workCell(holder, progress)}${standsStill(progress, since_moved) ? ', stands still' : ''}`,
		]),
	);
}

function workCell(holder: string, progress: Progress | null): string {
	if (progress === null) return `on ${holder}`;
	const doing = progress.stage === 'cutting' ? '' : `${progress.stage} `;
	const far = progress.percent === undefined ? '' : `${Math.floor(progress.percent)} % `;
	return `${doing}${far}on ${holder}`;
}

/** Which of the events belong to rows, still there, of other spreadsheets. One statement. */
export async function readOthersIds(
	db: Db,
	spreadsheet: string,
	ids: readonly string[],
): Promise<Set<string>> {
	const rows = await db
		.selectFrom('sheet_rows')
		.innerJoin('events', 'events.id', 'sheet_rows.event_id')
		.select('event_id')
		.where(sql<boolean>`event_id = any(${[...ids]}::uuid[])`)
		.where('spreadsheet', '<>', spreadsheet)
		.where('removed_from_sheet_at', 'is', null)
		.execute();
	return new Set(rows.map((row) => row.event_id));
}

/** What is remembered of the rows of a spreadsheet. */
export async function readRemembered(db: Db, spreadsheet: string): Promise<RememberedRow[]> {
	const rows = await db.selectFrom('sheet_rows').selectAll().where('spreadsheet', '=', spreadsheet).execute();
	return rows.map(({ event_id: id, worksheet: sheetId, agreed, written, submit }) => ({
		id,
		sheetId,
		agreed,
		written,
		submit: (submit ?? undefined) as SubmitMemory | undefined,
	}));
}
