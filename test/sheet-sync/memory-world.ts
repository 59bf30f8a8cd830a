import type { ExecutionContext } from 'ava';
import type { Db } from '../../db/connect.ts';
import type { Workbook } from '../../sheet-sync/local-sheet/workbook.ts';
import { withCells } from '../../sheet-sync/local-sheet/workbook.ts';
import type { SheetSyncOptions } from '../../sheet-sync/options.ts';
import { SheetSync } from '../../sheet-sync/sheet-sync.ts';
import type { SheetsTransport } from '../../sheet-sync/sheets-transport.ts';
import { createDatabase } from '../support/database.ts';
import { firstWorkbook } from './model/history.ts';
import type { Stage } from './model/stages.ts';
import { stageInMemory } from './model/stages.ts';
import { HEADERS, silent } from './world.ts';

/** A spreadsheet in memory, with a database of its own. */
export interface MemoryWorld {
	db: Db;
	/** Its transport may be changed by a test, to meddle with calls. */
	stage: Stage;
	/** Put values under headers into a row of the first worksheet, counted from 1 below the headers. */
	type(row: number, values: Record<string, string | number | boolean>): Promise<void>;
	/** What a row shows, by header; empty cells are ''. */
	row(row: number): Promise<Record<string, string>>;
	open(options?: Partial<SheetSyncOptions>, transport?: SheetsTransport): Promise<SheetSync>;
}

export async function memoryWorld(
	t: Pick<ExecutionContext, 'teardown'>,
	spreadsheetId = 'events',
	database?: Db,
): Promise<MemoryWorld> {
	const db = database ?? (await createDatabase(t)).db;
	const stage = stageInMemory(firstWorkbook(spreadsheetId, HEADERS));
	const edit = (row: number, values: Record<string, string | number | boolean>) => (workbook: Workbook) => {
		const [sheet, ...others] = workbook.worksheets;
		if (sheet === undefined) return workbook;
		const cells = new Map(
			Object.entries(values).map(([header, v]) => [HEADERS.indexOf(header), v === '' ? null : { v }]),
		);
		const rows = sheet.rows.map((one, index) => (index === row ? withCells(one, cells) : one));
		return { ...workbook, worksheets: [{ ...sheet, rows }, ...others] };
	};
	return {
		db,
		stage,
		type: (row, values) => stage.change(edit(row, values)),
		async row(row) {
			const { worksheets } = await stage.read();
			const cells = worksheets[0]?.rows[row]?.cells ?? [];
			return Object.fromEntries(HEADERS.map((header, column) => [header, String(cells[column]?.v ?? '')]));
		},
		open(options = {}, transport = stage.transport) {
			const quick = {
				worksheetsSeconds: 0,
				readsPerMinute: 10_000,
				writesPerMinute: 10_000,
				fullReadSeconds: 0,
			};
			return SheetSync.open({ spreadsheetId, ...quick, ...options }, { db, log: silent }, transport);
		},
	};
}
