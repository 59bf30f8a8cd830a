/** The history of the local sheet in Postgres: who changed which cell, and when. */
import { sql } from 'kysely';
import type { Db } from '../../db/connect.ts';
import type { RowChange, StructureChange, WorkbookChange } from './workbook-change.ts';
import { isEmptyChange } from './workbook-change.ts';

/** Who makes a change. */
export interface Author {
	/** The person's or program's name, for the history. */
	who: string;
	/** The open page, whose undo takes the change back; '' for clients of the API. */
	session: string;
}

export type ChangeKind = 'change' | 'undo' | 'redo';

/** Add a change to the history, in the transaction that makes it; one that changes nothing leaves no trace. */
export async function recordChange(
	db: Db,
	spreadsheet: string,
	change: WorkbookChange,
	{ who, session }: Author,
	kind: ChangeKind,
): Promise<void> {
	if (isEmptyChange(change)) return;
	const { id } = await db
		.insertInto('local_changes')
		.values({ spreadsheet, who, session, kind, structure: JSON.stringify(change.structure) })
		.returning('id')
		.executeTakeFirstOrThrow();
	for (const { sheetId, rows } of change.cells) {
		await sql`
			insert into local_row_changes (change, sheet_id, row_key, cells)
			select ${id}, ${sheetId}, key, cells
			from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r (key int, cells jsonb)
		`.execute(db);
	}
}

/**
 * The change that an undo or redo of this author's page takes back; it counts as taken back from now on. A redo is
 * possible until the page makes another change.
 */
export async function changeToTakeBack(
	db: Db,
	spreadsheet: string,
	{ session }: Author,
	kind: 'undo' | 'redo',
): Promise<WorkbookChange | undefined> {
	const mine = db
		.selectFrom('local_changes')
		.select(['id', 'kind', 'structure'])
		.where('spreadsheet', '=', spreadsheet)
		.where('session', '=', session)
		.where('reverted', '=', false)
		.orderBy('id', 'desc')
		.limit(1);
	const found = await mine
		.where('kind', 'in', kind === 'undo' ? ['change', 'redo'] : ['change', 'undo'])
		.executeTakeFirst();
	if (found === undefined || (kind === 'redo' && found.kind !== 'undo')) return undefined;
	await db.updateTable('local_changes').set({ reverted: true }).where('id', '=', found.id).execute();
	const rows = await db.selectFrom('local_row_changes').selectAll().where('change', '=', found.id).execute();
	const bySheet = Map.groupBy(rows, (row) => row.sheet_id);
	return {
		structure: found.structure as StructureChange,
		cells: Array.from(bySheet, ([sheetId, changed]) => ({
			sheetId,
			rows: changed.map((row) => ({ key: row.row_key, cells: row.cells as RowChange['cells'] })),
		})),
	};
}

/** Part of the history to show: of all of it, or of one cell by its keys. */
export interface HistoryQuery {
	sheetId?: number | undefined;
	row?: number | undefined;
	column?: number | undefined;
	limit: number;
}

/** The last changes of cells, newest first. Texts are those of `local_cell_history`. */
export async function readHistory(db: Db, spreadsheet: string, query: HistoryQuery) {
	const { sheetId = null, row = null, column = null, limit } = query;
	const { rows } = await sql<{
		at: Date;
		who: string;
		kind: ChangeKind;
		sheetId: number;
		row: number;
		column: number;
		change: [unknown, unknown];
	}>`
		select c.at, c.who, c.kind, r.sheet_id as "sheetId", r.row_key as row, cell.key::int as column, cell.value as change
		from local_changes c
		join local_row_changes r on r.change = c.id
		cross join jsonb_each(r.cells) as cell
		where c.spreadsheet = ${spreadsheet}
			and (${sheetId}::int is null or r.sheet_id = ${sheetId})
			and (${row}::int is null or r.row_key = ${row})
			and (${column}::int is null or cell.key::int = ${column})
		order by c.id desc, r.row_key, cell.key::int
		limit ${limit}
	`.execute(db);
	return rows;
}

/** Forget what is older than so many days. */
export async function pruneHistory(db: Db, days: number): Promise<void> {
	await sql`delete from local_changes where at < clock_timestamp() - make_interval(days => ${days})`.execute(
		db,
	);
}
