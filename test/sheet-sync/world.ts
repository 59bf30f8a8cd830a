import type { ExecutionContext } from 'ava';
import type { sheets_v4 } from 'googleapis/build/src/apis/sheets/index.js';
import { sheets } from 'googleapis/build/src/apis/sheets/index.js';
import type { Logger } from 'pino';
import pino from 'pino';
import { type Db, openDatabase } from '../../db/connect.ts';
import { DEFAULT_HEADERS } from '../../sheet-sync/columns.ts';
import type { LocalSheet, LocalSheetOptions } from '../../sheet-sync/local-sheet/server.ts';
import { startLocalSheet } from '../../sheet-sync/local-sheet/server.ts';
import type { SheetSyncOptions } from '../../sheet-sync/options.ts';
import { SheetSync } from '../../sheet-sync/sheet-sync.ts';
import type { SyncObserver } from '../../sheet-sync/sync-observer.ts';
import { asRole, createDatabase } from '../support/database.ts';
import { until } from '../support/until.ts';

export const SPREADSHEET = 'events';
export const HEADERS = Object.values(DEFAULT_HEADERS);
export const silent: Logger = pino({ level: 'silent' });

/** A local sheet with a worksheet `Talks` on a database of its own, and the real client of Google's API for it. */
export interface SheetWorld {
	/** The owner's. */
	db: Db;
	/** What the sync and the local sheet have: the database under their role. */
	roleDb: Db;
	url: string;
	sheet: LocalSheet;
	api: sheets_v4.Sheets;
	/** Type values into cells, as a person would. */
	type(range: string, values: unknown[][]): Promise<void>;
	/** Requests of `spreadsheets.batchUpdate`. */
	change(...requests: sheets_v4.Schema$Request[]): Promise<sheets_v4.Schema$Response[]>;
	/** The rows of a worksheet by header, as a person reads them; empty cells are ''. */
	rows(worksheet?: string): Promise<Record<string, string>[]>;
}

export async function startWorld(
	t: Pick<ExecutionContext, 'teardown'>,
	options: Partial<LocalSheetOptions> = {},
): Promise<SheetWorld> {
	const { db, url } = await createDatabase(t);
	const worksheets = [{ title: 'Talks', headers: HEADERS }];
	const spreadsheet = { id: SPREADSHEET, title: 'Our event', worksheets };
	const own = openDatabase(asRole(url, 'sheet_sync'), { applicationName: 'sheet-sync' });
	const roleDb = own.kysely;
	const sheet = await startLocalSheet({ db: roleDb, log: silent, spreadsheet, ...options });
	t.teardown(async () => {
		await sheet.close();
		await own.close();
	});
	const api = sheets({ version: 'v4', rootUrl: `${sheet.url}/`, retry: false });
	return {
		db,
		roleDb,
		url,
		sheet,
		api,
		async type(range, values) {
			await api.spreadsheets.values.update({
				spreadsheetId: SPREADSHEET,
				range,
				valueInputOption: 'USER_ENTERED',
				requestBody: { values },
			});
		},
		async change(...requests) {
			const { data } = await api.spreadsheets.batchUpdate({
				spreadsheetId: SPREADSHEET,
				requestBody: { requests },
			});
			return data.replies ?? [];
		},
		async rows(worksheet = 'Talks') {
			const { data } = await api.spreadsheets.values.get({ spreadsheetId: SPREADSHEET, range: worksheet });
			const [headers = [], ...rows] = (data.values ?? []) as string[][];
			return rows.map((row) =>
				Object.fromEntries(headers.map((header, column) => [header, row[column] ?? ''])),
			);
		},
	};
}

/** A sync of the world's spreadsheet, whose cycles the test runs by hand. */
export async function openSync(
	world: SheetWorld,
	options: Partial<SheetSyncOptions> = {},
	observer?: SyncObserver,
): Promise<SheetSync> {
	const quick = { worksheetsSeconds: 0, readsPerMinute: 10_000, writesPerMinute: 10_000 };
	const all = { spreadsheetId: SPREADSHEET, endpoint: world.sheet.url, ...quick, ...options };
	return SheetSync.open(all, { db: world.roleDb, log: silent, ...(observer && { observer }) });
}

/** Cycles until nothing is left to do. */
export async function settle(sync: SheetSync): Promise<void> {
	for (let cycle = 0; cycle < 10; cycle++) {
		const { idsGiven, idsWaiting, inserted, updated, removed, cellsWritten } = await sync.cycle();
		if (idsGiven + idsWaiting + inserted + updated + removed + cellsWritten === 0) return;
	}
	throw new Error('The sync does not come to rest.');
}

/**
 * The same after a change by SQL. The change feed tells it only when no older transaction of the whole server is in
 * flight, and other tests run on that server.
 */
export async function settleAfterSql(sync: SheetSync): Promise<void> {
	await until(() => sync.hasChanges());
	await settle(sync);
}
