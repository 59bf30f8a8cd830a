// Another client than Google's own, of people who know nothing of the local sheet.
import test from 'ava';
import { GoogleSpreadsheet } from 'google-spreadsheet';
import type { SheetWorld } from '../world.ts';
import { SPREADSHEET, startWorld } from '../world.ts';

async function openDocument(world: SheetWorld): Promise<GoogleSpreadsheet> {
	const document = new GoogleSpreadsheet(SPREADSHEET, { token: 'any' }, { retryConfig: 0 });
	// Its address of Google is a constant.
	const prefix = `${world.sheet.url}/v4/spreadsheets/${SPREADSHEET}`;
	Object.assign(document, { sheetsApi: document.sheetsApi.extend({ prefix }) });
	await document.loadInfo();
	return document;
}

async function column(world: SheetWorld, header: string, worksheet = 'Talks'): Promise<string[]> {
	return (await world.rows(worksheet)).map((row) => row[header] ?? '');
}

test('rows are read, added, changed and deleted by their headers', async (t) => {
	const world = await startWorld(t);
	await world.type('Talks!D2', [['First'], ['Second']]);
	const document = await openDocument(world);
	t.is(document.title, 'Our event');
	const sheet = document.sheetsByTitle.Talks!;
	const rows = await sheet.getRows();
	t.deepEqual(
		rows.map((row) => row.get('Description')),
		['First', 'Second'],
	);
	const added = await sheet.addRow({ Description: 'Third', Start: '12:30' });
	t.is(added.rowNumber, 4);
	t.is(added.get('Start'), '12:30');
	rows[1]!.set('Description', 'Changed');
	await rows[1]!.save();
	await rows[0]!.delete();
	t.deepEqual(await column(world, 'Description'), ['Changed', 'Third']);
	t.is((await sheet.getRows()).length, 2);
	await sheet.clearRows();
	t.deepEqual(await column(world, 'Description'), []);
});

test('cells are loaded with their values and formats, and saved together', async (t) => {
	const world = await startWorld(t);
	await world.type('Talks!A2', [['2026-07-04 18:30', '=not a formula'.slice(1), '', 'text', '', 'TRUE']]);
	const document = await openDocument(world);
	const sheet = document.sheetsByIndex[0]!;
	await sheet.loadCells('A1:F3');
	t.is(sheet.getCellByA1('A2').value, 46_207 + 18.5 / 24);
	t.is(sheet.getCellByA1('A2').formattedValue, '2026-07-04 18:30:00');
	t.is(sheet.getCellByA1('A2').numberFormat?.type, 'DATE_TIME');
	t.is(sheet.getCellByA1('F2').value, true);
	sheet.getCellByA1('D2').value = 'changed';
	sheet.getCellByA1('D3').value = 12.5;
	sheet.getCellByA1('F2').value = false;
	await sheet.saveUpdatedCells();
	t.deepEqual(await column(world, 'Description'), ['changed', '12.5']);
	t.deepEqual(await column(world, 'Allow holes'), ['FALSE', '']);
});

test('worksheets are added with headers, resized, renamed, copied and deleted', async (t) => {
	const world = await startWorld(t);
	const document = await openDocument(world);
	const added = await document.addSheet({ title: 'Panels', headerValues: ['Description', 'Start'] });
	await added.addRows([{ Description: 'One' }, { Description: 'Two' }]);
	await added.resize({ rowCount: 50, columnCount: 5 });
	t.is(added.rowCount, 50);
	await added.updateProperties({ title: 'Later' });
	t.deepEqual(await column(world, 'Description', 'Later'), ['One', 'Two']);
	await added.duplicate({ title: 'Copy' });
	t.deepEqual(await column(world, 'Description', 'Copy'), ['One', 'Two']);
	await added.delete();
	const titles = (await world.api.spreadsheets.get({ spreadsheetId: SPREADSHEET })).data.sheets;
	t.deepEqual(titles?.map(({ properties }) => properties?.title).sort(), ['Copy', 'Talks']);
	await added.clear().then(
		() => t.fail('a deleted worksheet was cleared'),
		(error: Error) => t.regex(error.message, /Google API error - \[400\]/),
	);
});

test('what has no place in the local sheet is refused with a sentence that the client shows', async (t) => {
	const world = await startWorld(t);
	const document = await openDocument(world);
	const sheet = document.sheetsByIndex[0]!;
	const refused = async (action: Promise<unknown>, expected: RegExp) => {
		const error = await t.throwsAsync(action);
		t.regex(error.message, expected);
	};
	const range = { startRowIndex: 0, endRowIndex: 1, startColumnIndex: 0, endColumnIndex: 2 };
	await refused(
		sheet.mergeCells(range),
		/\[400\] Invalid requests\[0\]\.mergeCells: the local sheet does not/,
	);
	await sheet.loadCells('A1:A2');
	sheet.getCellByA1('A2').note = 'a note';
	await refused(sheet.saveUpdatedCells(), /Unrecognized key: "note"/);
	sheet.getCellByA1('A2').formula = '=1+1';
	await refused(sheet.saveUpdatedCells(), /\[400\] Invalid value/);
	t.deepEqual(await world.rows(), []);
});

test('a range of cells is taken out or made room for, and the others shift', async (t) => {
	const world = await startWorld(t);
	const block = [
		['a', 'b'],
		['c', 'd'],
		['e', 'f'],
	];
	await world.type('Talks!D2', block);
	const range = { sheetId: 0, startRowIndex: 1, endRowIndex: 2, startColumnIndex: 3, endColumnIndex: 4 };
	await world.change({ deleteRange: { range, shiftDimension: 'ROWS' } });
	t.deepEqual(await column(world, 'Description'), ['c', 'e', '']);
	t.deepEqual(await column(world, 'Notes'), ['b', 'd', 'f']);
	await world.change({ insertRange: { range, shiftDimension: 'ROWS' } });
	t.deepEqual(await column(world, 'Description'), ['', 'c', 'e']);
	await world.change({ insertRange: { range: { ...range, endRowIndex: 4 }, shiftDimension: 'COLUMNS' } });
	t.deepEqual(await column(world, 'Notes'), ['', 'c', 'e']);
	t.deepEqual(await column(world, 'Allow holes'), ['b', 'd', 'f']);
	await world.change({
		deleteRange: { range: { ...range, endRowIndex: 4 }, shiftDimension: 'COLUMNS' },
	});
	t.deepEqual(await column(world, 'Notes'), ['b', 'd', 'f']);
});
