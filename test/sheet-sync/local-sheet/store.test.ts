import test from 'ava';
import fc from 'fast-check';
import { batchUpdate } from '../../../sheet-sync/local-sheet/batch-update.ts';
import { readCells } from '../../../sheet-sync/local-sheet/cell-operations.ts';
import { USUAL_HABITS } from '../../../sheet-sync/local-sheet/metadata-habits.ts';
import { wholeGrid } from '../../../sheet-sync/local-sheet/ranges.ts';
import { WorkbookStore } from '../../../sheet-sync/local-sheet/store.ts';
import { updateValues } from '../../../sheet-sync/local-sheet/values-api.ts';
import type { Workbook } from '../../../sheet-sync/local-sheet/workbook.ts';
import { newWorkbook, newWorksheet } from '../../../sheet-sync/local-sheet/workbook.ts';
import { createDatabase } from '../../support/database.ts';

const USER_ENTERED = {
	valueInputOption: 'USER_ENTERED',
	responseValueRenderOption: 'FORMATTED_VALUE',
	responseDateTimeRenderOption: 'SERIAL_NUMBER',
} as const;
const ROWS = 6;
const COLUMNS = 4;

/** Every cell of every worksheet, and the metadata: all that a person or the sync can see. */
function visible({ title, timeZone, worksheets, metadata }: Workbook): object {
	return {
		title,
		timeZone,
		metadata,
		worksheets: worksheets.map((worksheet) => ({
			title: worksheet.title,
			sheetId: worksheet.sheetId,
			frozenRows: worksheet.frozenRows,
			columns: worksheet.columns,
			keys: worksheet.rows.map(({ key }) => key),
			nextKey: worksheet.nextKey,
			cells: readCells({ title, timeZone, worksheets, metadata, id: '' }, wholeGrid(worksheet)),
		})),
	};
}

const dimension = fc.constantFrom('ROWS', 'COLUMNS');
const index = fc.integer({ min: 0, max: 5 });
const sheetId = fc.integer({ min: 0, max: 2 });
const range = fc
	.tuple(sheetId, dimension, index, fc.integer({ min: 1, max: 2 }))
	.map(([id, which, startIndex, length]) => ({
		sheetId: id,
		dimension: which,
		startIndex,
		endIndex: startIndex + length,
	}));
const single = range.map((one) => ({ ...one, endIndex: one.startIndex + 1 }));
const request = fc.oneof(
	range.map((one) => ({ insertDimension: { range: one } })),
	range.map((one) => ({ deleteDimension: { range: one } })),
	fc
		.tuple(range, index)
		.map(([source, destinationIndex]) => ({ moveDimension: { source, destinationIndex } })),
	fc.tuple(sheetId, index).map(([id, dimensionIndex]) => ({
		sortRange: { range: { sheetId: id, startRowIndex: 1 }, sortSpecs: [{ dimensionIndex }] },
	})),
	sheetId.map((id) => ({
		addSheet: { properties: { sheetId: id, gridProperties: { rowCount: ROWS, columnCount: COLUMNS } } },
	})),
	sheetId.map((id) => ({ deleteSheet: { sheetId: id } })),
	fc.tuple(sheetId, fc.constantFrom('A', 'B')).map(([id, title]) => ({
		updateSheetProperties: { properties: { sheetId: id, title, index: 0 }, fields: 'title,index' },
	})),
	single.map((location) => ({
		createDeveloperMetadata: {
			developerMetadata: {
				metadataKey: 'k',
				metadataValue: 'v',
				visibility: 'DOCUMENT',
				location: { dimensionRange: location },
			},
		},
	})),
);
const cell = fc.constantFrom('', 'text', 12.5, true, null, '12:34', '2026-07-04');
const writing = fc.tuple(
	fc.constantFrom('A1', 'B2', 'C3', 'D6'),
	fc.array(fc.array(cell, { maxLength: 3 }), { maxLength: 3 }),
);
const step = fc.oneof(
	fc.record({ requests: fc.array(request, { minLength: 1, maxLength: 3 }) }),
	writing.map(([a1, values]) => ({ a1, values })),
);

test('whatever is done to a spreadsheet, Postgres holds what memory shows, and a refused change leaves no trace', async (t) => {
	const db = (await createDatabase(t)).db;
	let number = 0;
	await fc.assert(
		fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
			const store = new WorkbookStore(db);
			const id = `spreadsheet-${number++}`;
			await store.create({
				...newWorkbook(id, 'Test'),
				worksheets: [newWorksheet(0, 'First', ROWS, COLUMNS)],
			});
			for (const one of steps) {
				const before = visible((await store.read(id)).workbook);
				const changed = store.change<unknown>(id, { who: 'test', session: '' }, (workbook) => {
					if ('a1' in one) return updateValues(workbook, one.a1, one.values, 'ROWS', USER_ENTERED);
					const { workbook: next, replies } = batchUpdate(workbook, one.requests, USUAL_HABITS);
					return { workbook: next, reply: replies };
				});
				const refused = await changed.then(
					() => false,
					(error: Error) => {
						if (error.name !== 'ApiError') throw error;
						return true;
					},
				);
				const memory = visible((await store.read(id)).workbook);
				const stored = visible((await new WorkbookStore(db).read(id)).workbook);
				t.deepEqual(stored, memory);
				if (refused) t.deepEqual(memory, before);
			}
		}),
		{ numRuns: 60 },
	);
});
