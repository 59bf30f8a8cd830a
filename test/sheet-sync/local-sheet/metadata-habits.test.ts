import test from 'ava';
import type { MetadataHabits } from '../../../sheet-sync/local-sheet/metadata-habits.ts';
import type { SheetWorld } from '../world.ts';
import { SPREADSHEET, startWorld } from '../world.ts';

const ALL = { followsSort: true, followsCut: true, followsUndo: true };
const NONE = { followsSort: false, followsCut: false, followsUndo: false };

async function mark(world: SheetWorld, row: number): Promise<void> {
	const dimensionRange = { sheetId: 0, dimension: 'ROWS', startIndex: row, endIndex: row + 1 };
	const developerMetadata = {
		metadataKey: 'mark',
		metadataValue: 'x',
		visibility: 'DOCUMENT',
		location: { dimensionRange },
	};
	await world.change({ createDeveloperMetadata: { developerMetadata } });
}

/** What stands in column D of the marked row. */
async function marked(world: SheetWorld): Promise<string> {
	const { data } = await world.api.spreadsheets.values.batchGetByDataFilter({
		spreadsheetId: SPREADSHEET,
		requestBody: { dataFilters: [{ developerMetadataLookup: { metadataKey: 'mark' } }] },
	});
	return data.valueRanges?.[0]?.valueRange?.values?.[0]?.[3] ?? '';
}

const CASES: [MetadataHabits, afterSort: string, afterCut: string][] = [
	[ALL, 'b', 'b'],
	[NONE, 'a', ''],
];

for (const [habits, afterSort, afterCut] of CASES) {
	test(`metadata that ${habits === ALL ? 'goes with its cells' : 'stays at its place'} does so in a sort and in a cut`, async (t) => {
		const world = await startWorld(t, { metadataHabits: habits });
		await world.type('Talks!D2', [['b'], ['a']]);
		await mark(world, 1);
		await world.change({
			sortRange: { range: { sheetId: 0, startRowIndex: 1 }, sortSpecs: [{ dimensionIndex: 3 }] },
		});
		t.is(await marked(world), afterSort);
		await world.change({
			cutPaste: {
				source: { sheetId: 0, startRowIndex: habits === ALL ? 2 : 1, endRowIndex: habits === ALL ? 3 : 2 },
				destination: { sheetId: 0, rowIndex: 6, columnIndex: 0 },
			},
		});
		t.is(await marked(world), afterCut);
	});
}

test('a block of cells is copied once or as often as it fits, and cut out of its place', async (t) => {
	const world = await startWorld(t);
	await world.type('Talks!A2:B2', [['one', 'two']]);
	await world.change({
		copyPaste: {
			source: { sheetId: 0, startRowIndex: 1, endRowIndex: 2, startColumnIndex: 0, endColumnIndex: 2 },
			destination: { sheetId: 0, startRowIndex: 3, endRowIndex: 5, startColumnIndex: 0, endColumnIndex: 2 },
		},
	});
	await world.change({
		cutPaste: {
			source: { sheetId: 0, startRowIndex: 1, endRowIndex: 2, startColumnIndex: 0, endColumnIndex: 1 },
			destination: { sheetId: 0, rowIndex: 1, columnIndex: 2 },
		},
	});
	const { data } = await world.api.spreadsheets.values.get({
		spreadsheetId: SPREADSHEET,
		range: 'Talks!A2:C5',
	});
	t.deepEqual(data.values, [['', 'two', 'one'], [], ['one', 'two'], ['one', 'two']]);
});
