/** Where a history takes place: a spreadsheet in memory, or one that is reached over HTTP by the real client. */
import type { Db } from '../../../db/connect.ts';
import { ApiError } from '../../../sheet-sync/local-sheet/api-error.ts';
import { batchUpdate } from '../../../sheet-sync/local-sheet/batch-update.ts';
import { USUAL_HABITS } from '../../../sheet-sync/local-sheet/metadata-habits.ts';
import { WorkbookStore } from '../../../sheet-sync/local-sheet/store.ts';
import { batchGetByFilter, batchUpdateByFilter } from '../../../sheet-sync/local-sheet/values-api.ts';
import {
	batchGetByFilterBody,
	batchUpdateByFilterBody,
} from '../../../sheet-sync/local-sheet/values-shapes.ts';
import type { Workbook } from '../../../sheet-sync/local-sheet/workbook.ts';
import type { SheetsTransport } from '../../../sheet-sync/sheets-transport.ts';
import { httpTransport } from '../../../sheet-sync/sheets-transport.ts';

export interface Stage {
	transport: SheetsTransport;
	read(): Promise<Workbook>;
	/** What people do, at one moment. */
	change(run: (workbook: Workbook) => Workbook): Promise<void>;
}

/** The local sheet's own functions on a workbook in memory. */
export function stageInMemory(start: Workbook): Stage {
	let workbook = start;
	const call = async <T>(run: () => T): Promise<T> => {
		try {
			return run();
		} catch (error) {
			if (!(error instanceof ApiError)) throw error;
			const { code, message, status } = error;
			throw Object.assign(new Error(message), {
				response: { status: code, data: { error: { code, message, status } } },
			});
		}
	};
	return {
		async read() {
			return workbook;
		},
		async change(run) {
			workbook = run(workbook);
		},
		transport: {
			get: () =>
				call(() => ({
					properties: { timeZone: workbook.timeZone },
					sheets: workbook.worksheets.map(({ sheetId, title }) => ({ properties: { sheetId, title } })),
				})),
			batchUpdate: (requests) =>
				call(() => {
					const { workbook: next, replies } = batchUpdate(
						workbook,
						structuredClone(requests) as never,
						USUAL_HABITS,
					);
					workbook = next;
					return { replies };
				}),
			readValues: (body) =>
				call(() => batchGetByFilter(workbook, batchGetByFilterBody.parse(structuredClone(body)))),
			writeValues: (body) =>
				call(() => {
					const parsed = batchUpdateByFilterBody.parse(structuredClone(body));
					const { workbook: next, reply } = batchUpdateByFilter(workbook, parsed);
					workbook = next;
					return reply;
				}),
		},
	};
}

/** A local sheet that listens at `url`; people change the tables that it keeps its cells in. */
export async function stageOverHttp(db: Db, url: string, start: Workbook): Promise<Stage> {
	const store = new WorkbookStore(db);
	await store.create(start);
	return {
		read: async () => (await store.read(start.id)).workbook,
		async change(run) {
			await store.change(start.id, { who: 'people', session: '' }, (workbook) => ({
				workbook: run(workbook),
				reply: undefined,
			}));
		},
		transport: httpTransport({ spreadsheetId: start.id, endpoint: url }, {}),
	};
}
