import test from 'ava';
import type { sheets_v4 } from 'googleapis/build/src/apis/sheets/index.js';
import { readRemembered } from '../../sheet-sync/event-rows.ts';
import { startMeddlingProxy } from './meddling-proxy.ts';
import { HEADERS, openSync, settle, startWorld } from './world.ts';

const rows = (startIndex: number, endIndex: number) => ({
	sheetId: 0,
	dimension: 'ROWS',
	startIndex,
	endIndex,
});
const sorting = (sortOrder: string) => ({
	sortRange: {
		range: { sheetId: 0, startRowIndex: 1, endRowIndex: 50 },
		sortSpecs: [{ dimensionIndex: 3, sortOrder }],
	},
});

/** What another person does to a sheet whose rows are headers, A (with an id), B, C and D (new ones). */
const ACTIONS: Record<string, sheets_v4.Schema$Request[]> = {
	'inserts a row at the top': [{ insertDimension: { range: rows(1, 2) } }],
	'deletes a new row': [{ deleteDimension: { range: rows(3, 4) } }],
	'deletes the row with an id': [{ deleteDimension: { range: rows(1, 2) } }],
	'moves the last row to the top': [{ moveDimension: { source: rows(4, 5), destinationIndex: 1 } }],
	'sorts downwards': [sorting('DESCENDING')],
	'swaps the columns of ids and notes': [
		{ moveDimension: { source: { ...rows(13, 14), dimension: 'COLUMNS' }, destinationIndex: 4 } },
	],
};

/** A cycle that gives ids takes seven requests; the eighth is of the next one. */
const CALLS = [1, 2, 3, 4, 5, 6, 7, 8];

for (const [action, requests] of Object.entries(ACTIONS)) {
	test(`ids stay on their rows when somebody ${action} between any two calls`, async (t) => {
		const world = await startWorld(t);
		const proxy = await startMeddlingProxy(t, world.sheet.url);
		for (const call of CALLS) {
			const { data } = await world.api.spreadsheets.create({
				requestBody: { properties: { title: `call ${call}` } },
			});
			const spreadsheetId = data.spreadsheetId ?? '';
			const sync = await openSync(world, { endpoint: proxy.url, spreadsheetId });
			const type = (range: string, values: unknown[][]) =>
				world.api.spreadsheets.values.update({
					spreadsheetId,
					range,
					valueInputOption: 'USER_ENTERED',
					requestBody: { values },
				});
			await type('A1', [HEADERS]);
			await type('D2', [['A']]);
			await settle(sync);
			const read = async () => {
				const { data: found } = await world.api.spreadsheets.values.get({ spreadsheetId, range: 'A1:Z50' });
				const [headers = [], ...cells] = (found.values ?? []) as string[][];
				return cells
					.map((one) => Object.fromEntries(headers.map((header, column) => [header, one[column] ?? ''])))
					.filter((row) => Object.values(row).some((cell) => cell !== ''));
			};
			const first = (await read())[0]?.ID;
			await type('D3', [['B'], ['C'], ['D']]);

			proxy.count = 0;
			proxy.before = async ({ number }) => {
				if (number === call)
					await world.api.spreadsheets.batchUpdate({ spreadsheetId, requestBody: { requests } });
				return undefined;
			};
			await settle(sync);
			proxy.before = () => undefined;

			const shown = await read();
			const remembered = await readRemembered(world.db, spreadsheetId);
			const events = await world.db
				.selectFrom('events')
				.select(['id', 'description', 'removed_from_sheet_at'])
				.where(
					'id',
					'in',
					remembered.map(({ id }) => id),
				)
				.execute();
			const alive = events.filter((event) => event.removed_from_sheet_at === null);
			t.deepEqual(
				new Map(alive.map(({ description, id }) => [description, id]).sort() as [string, string][]),
				new Map(shown.map((row) => [row.Description, row.ID]).sort() as [string, string][]),
				`before call ${call}`,
			);
			t.is(alive.length, shown.length, `before call ${call}`);
			t.true(
				shown.every((row) => row.State === 'UNEDITED' && row.Error === ''),
				`before call ${call}`,
			);
			const survivor = shown.find((row) => row.Description === 'A');
			if (survivor) t.is(survivor.ID, first);
			t.true(events.length <= 4);
		}
	});
}
