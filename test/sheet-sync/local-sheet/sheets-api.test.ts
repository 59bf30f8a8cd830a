import test from 'ava';
import { startLocalSheet } from '../../../sheet-sync/local-sheet/server.ts';
import { openSync, SPREADSHEET, silent, startWorld } from '../world.ts';

const spreadsheetId = SPREADSHEET;

/** What the API refuses with. */
async function refusal(
	call: Promise<unknown>,
): Promise<{ code?: number; status?: string; message?: string }> {
	try {
		await call;
	} catch (error) {
		const { response } = error as {
			response?: { data?: { error?: { code?: number; status?: string; message?: string } } };
		};
		return response?.data?.error ?? { message: String(error) };
	}
	throw new Error('The call was not refused.');
}

test('typed text is taken as a spreadsheet takes it, and raw text as it stands', async (t) => {
	const { api, type } = await startWorld(t);
	const typed = [
		'12:34',
		'30:15:00',
		'2026-07-04',
		'2026-07-04 18:30',
		'true',
		'1,234.5',
		'25%',
		"'=1",
		'text',
		'1:30 PM',
	];
	await type('Talks!A2', [typed]);
	await api.spreadsheets.values.update({
		spreadsheetId,
		range: 'Talks!A3',
		valueInputOption: 'RAW',
		requestBody: { values: [[...typed.slice(0, 6), 5, true, '=IMPORTXML("x")', "'"]] },
	});
	const read = async (range: string, valueRenderOption: string) =>
		(await api.spreadsheets.values.get({ spreadsheetId, range, valueRenderOption })).data.values;
	t.deepEqual(await read('Talks!2:2', 'UNFORMATTED_VALUE'), [
		[
			(12 * 60 + 34) / 1440,
			30.25 / 24,
			46_207,
			46_207 + 18.5 / 24,
			true,
			1234.5,
			0.25,
			'=1',
			'text',
			13.5 / 24,
		],
	]);
	t.deepEqual(await read('Talks!2:2', 'FORMATTED_VALUE'), [
		[
			'12:34',
			'30:15:00',
			'2026-07-04',
			'2026-07-04 18:30:00',
			'TRUE',
			'1234.5',
			'25.00%',
			'=1',
			'text',
			'13:30',
		],
	]);
	t.deepEqual(await read('Talks!3:3', 'UNFORMATTED_VALUE'), [
		[...typed.slice(0, 6), 5, true, '=IMPORTXML("x")', "'"],
	]);
});

test('an answer to a write holds what was written, if asked', async (t) => {
	const { api } = await startWorld(t);
	const { data } = await api.spreadsheets.values.update({
		spreadsheetId,
		range: 'Talks!A2',
		valueInputOption: 'USER_ENTERED',
		includeValuesInResponse: true,
		responseValueRenderOption: 'UNFORMATTED_VALUE',
		requestBody: { values: [['12:00', 'x']] },
	});
	t.deepEqual(data, {
		spreadsheetId,
		updatedRange: 'Talks!A2:B2',
		updatedRows: 1,
		updatedColumns: 2,
		updatedCells: 2,
		updatedData: { range: 'Talks!A2:B2', majorDimension: 'ROWS', values: [[0.5, 'x']] },
	});
});

test('ranges are read in A1 notation and come without empty cells at their ends', async (t) => {
	const { api, type, change } = await startWorld(t);
	await change({ addSheet: { properties: { title: "It's 2" } } });
	await type("'It''s 2'!B2:C3", [
		['b2', 'c2'],
		['b3', ''],
	]);
	const get = async (range: string, majorDimension = 'ROWS') =>
		(await api.spreadsheets.values.get({ spreadsheetId, range, majorDimension })).data;
	t.deepEqual(await get("It's 2"), {
		range: "'It''s 2'!A1:Z1000",
		majorDimension: 'ROWS',
		values: [[], ['', 'b2', 'c2'], ['', 'b3']],
	});
	t.deepEqual((await get("'It''s 2'!C3:B2", 'COLUMNS')).values, [['b2', 'b3'], ['c2']]);
	t.deepEqual((await get("'It''s 2'!B:B")).values, [[], ['b2'], ['b3']]);
	t.is((await get("'It''s 2'!Z9")).values, undefined);
	const { data } = await api.spreadsheets.values.batchGet({
		spreadsheetId,
		ranges: ['Talks!A1', 'Talks!N1:N1'],
	});
	t.deepEqual(
		data.valueRanges?.map(({ values }) => values),
		[[['Start']], [['ID']]],
	);
});

test('data filters select by worksheet id, by position and by metadata, which follows its row', async (t) => {
	const { api, type, change } = await startWorld(t);
	await type('Talks!A2', [['one'], ['two'], ['three']]);
	const location = { dimensionRange: { sheetId: 0, dimension: 'ROWS', startIndex: 2, endIndex: 3 } };
	await change({
		createDeveloperMetadata: {
			developerMetadata: { metadataKey: 'k', metadataValue: 'v', visibility: 'DOCUMENT', location },
		},
	});
	await change(
		{ insertDimension: { range: { sheetId: 0, dimension: 'ROWS', startIndex: 0, endIndex: 2 } } },
		{
			moveDimension: {
				source: { sheetId: 0, dimension: 'ROWS', startIndex: 4, endIndex: 5 },
				destinationIndex: 1,
			},
		},
		{ updateSheetProperties: { properties: { sheetId: 0, title: 'Renamed' }, fields: 'title' } },
	);
	const byMark = { developerMetadataLookup: { metadataKey: 'k', metadataValue: 'v' } };
	await api.spreadsheets.values.batchUpdateByDataFilter({
		spreadsheetId,
		requestBody: { valueInputOption: 'RAW', data: [{ dataFilter: byMark, values: [[null, 'here']] }] },
	});
	const { data } = await api.spreadsheets.values.batchGetByDataFilter({
		spreadsheetId,
		requestBody: {
			dataFilters: [
				byMark,
				{ gridRange: { sheetId: 0, startRowIndex: 1, endRowIndex: 2 } },
				{ developerMetadataLookup: { metadataKey: 'none' } },
			],
		},
	});
	t.deepEqual(
		data.valueRanges?.map(({ valueRange }) => [valueRange?.range, valueRange?.values]),
		[
			['Renamed!A2:Z2', [['two', 'here']]],
			['Renamed!A2:Z2', [['two', 'here']]],
		],
	);
	await change({ deleteDimension: { range: { sheetId: 0, dimension: 'ROWS', startIndex: 1, endIndex: 2 } } });
	const gone = await api.spreadsheets.values.batchGetByDataFilter({
		spreadsheetId,
		requestBody: { dataFilters: [byMark] },
	});
	t.deepEqual(gone.data.valueRanges, []);
});

test('values are appended below the table that the range touches', async (t) => {
	const { api, type } = await startWorld(t);
	await type('Talks!A2', [['a'], ['b']]);
	const append = async (insertDataOption: string, value: string) =>
		(
			await api.spreadsheets.values.append({
				spreadsheetId,
				range: 'Talks!A1',
				valueInputOption: 'RAW',
				insertDataOption,
				requestBody: { values: [[value]] },
			})
		).data;
	t.like(await append('OVERWRITE', 'c'), {
		tableRange: 'Talks!A1:T3',
		updates: { updatedRange: 'Talks!A4', updatedCells: 1 },
	});
	t.like(await append('INSERT_ROWS', 'd'), {
		tableRange: 'Talks!A1:T4',
		updates: { updatedRange: 'Talks!A5' },
	});
	const { data } = await api.spreadsheets.values.get({ spreadsheetId, range: 'Talks!A2:A' });
	t.deepEqual(data.values, [['a'], ['b'], ['c'], ['d']]);
	await api.spreadsheets.values.clear({ spreadsheetId, range: 'Talks!A2:A3' });
	t.deepEqual((await api.spreadsheets.values.get({ spreadsheetId, range: 'Talks!A2:A' })).data.values, [
		[],
		[],
		['c'],
		['d'],
	]);
});

test('a batch of requests is carried out as a whole or not at all', async (t) => {
	const { api, change } = await startWorld(t);
	const refused = await refusal(
		change(
			{ addSheet: { properties: { title: 'New' } } },
			{ deleteSheet: { sheetId: 99 } },
			{ addSheet: {} },
		),
	);
	t.deepEqual(refused, { code: 400, status: 'INVALID_ARGUMENT', message: 'No grid with id: 99' });
	const { data } = await api.spreadsheets.get({
		spreadsheetId,
		fields: 'properties.timeZone,sheets.properties(sheetId,title)',
	});
	t.deepEqual(data, {
		properties: { timeZone: 'UTC' },
		sheets: [{ properties: { sheetId: 0, title: 'Talks' } }],
	});
});

test('what the local sheet does not know it refuses in the API’s own form', async (t) => {
	const { api, change, type } = await startWorld(t);
	const get = (range: string) => refusal(api.spreadsheets.values.get({ spreadsheetId, range }));
	t.like(await get('Nowhere!A1'), {
		code: 400,
		status: 'INVALID_ARGUMENT',
		message: 'Unable to parse range: Nowhere!A1',
	});
	t.like(await get('Talks!A1001'), {
		message: 'Range (Talks!A1001) exceeds grid limits. Max rows: 1000, max columns: 26',
	});
	t.like(await refusal(change({ mergeCells: {} })), {
		code: 400,
		message: 'Invalid requests[0].mergeCells: the local sheet does not implement this kind of request.',
	});
	t.like(await refusal(type('Talks!A2', [['=1+1']])), { code: 400, status: 'INVALID_ARGUMENT' });
	t.like(await refusal(type('Talks!A2', [['x'.repeat(50_001)]])), { code: 400 });
	t.like(await refusal(type('Talks!A2:B2', [['a', 'b', 'c']])), {
		message: 'Requested writing within range [Talks!A2:B2], but tried writing to column [3]',
	});
	t.like(await refusal(api.spreadsheets.get({ spreadsheetId: 'none' })), { code: 404, status: 'NOT_FOUND' });
	const copied = api.spreadsheets.sheets.copyTo({
		spreadsheetId,
		sheetId: 0,
		requestBody: { destinationSpreadsheetId: 'another' },
	});
	t.like(await refusal(copied), { code: 501, status: 'UNIMPLEMENTED' });
	t.like(
		await refusal(
			api.spreadsheets.values.update({ spreadsheetId, range: 'Talks!A2', requestBody: { values: [['x']] } }),
		),
		{ code: 400 },
	);
});

test('cells outlive the server, and two servers on one database show the same', async (t) => {
	const { api, db, change, type } = await startWorld(t);
	await type('Talks!A2', [
		['b', 'x'],
		['a', 'y'],
	]);
	const other = await startLocalSheet({ db, log: silent });
	t.teardown(() => other.close());
	const theirs = async () => {
		const response = await fetch(`${other.url}/v4/spreadsheets/${SPREADSHEET}/values/Talks!A2:B9`);
		return ((await response.json()) as { values: string[][] }).values;
	};
	t.deepEqual(await theirs(), [
		['b', 'x'],
		['a', 'y'],
	]);
	const range = { sheetId: 0, startRowIndex: 1, endRowIndex: 1000 };
	await change({ sortRange: { range, sortSpecs: [{ dimensionIndex: 0 }] } });
	t.deepEqual(await theirs(), [
		['a', 'y'],
		['b', 'x'],
	]);
	await change({
		deleteDimension: { range: { sheetId: 0, dimension: 'COLUMNS', startIndex: 0, endIndex: 1 } },
	});
	t.deepEqual(await theirs(), [['y'], ['x']]);
	await api.spreadsheets.values.clear({ spreadsheetId, range: 'Talks!A3' });
	t.deepEqual(await theirs(), [['y']]);
});

test('many writers at once lose nothing', async (t) => {
	const { api, type } = await startWorld(t);
	const cells = Array.from({ length: 40 }, (_, index) => index);
	await Promise.all(cells.map((index) => type(`Talks!A${index + 2}`, [[`row ${index}`]])));
	const { data } = await api.spreadsheets.values.get({ spreadsheetId, range: 'Talks!A2:A' });
	t.deepEqual(
		data.values,
		cells.map((index) => [`row ${index}`]),
	);
});

test('with a token nobody else may read or edit', async (t) => {
	const world = await startWorld(t, { token: 'let me in' });
	const url = `${world.sheet.url}/v4/spreadsheets/${SPREADSHEET}/values/Talks!A1`;
	const status = async (authorization?: string) =>
		(await fetch(url, authorization === undefined ? {} : { headers: { authorization } })).status;
	t.is(await status(), 401);
	t.is(await status('Bearer wrong'), 401);
	t.is(await status('Bearer let'), 401);
	t.is(await status(`Basic ${Buffer.from('anybody:let me in').toString('base64')}`), 200);
	const sync = await openSync(world, { token: 'let me in' });
	t.is((await sync.cycle()).setAside, 0);
	await t.throwsAsync((await openSync(world)).cycle(), { message: /does not accept the credentials/ });
});

test('a page of another site may not edit', async (t) => {
	const { sheet } = await startWorld(t);
	const edit = (headers: Record<string, string>) =>
		fetch(`${sheet.url}/v4/spreadsheets/${SPREADSHEET}:batchUpdate`, {
			method: 'POST',
			headers: { 'content-type': 'application/json', ...headers },
			body: JSON.stringify({ requests: [{ addSheet: {} }] }),
		});
	t.is((await edit({ origin: 'https://evil.example' })).status, 403);
	t.is((await edit({ origin: sheet.url })).status, 200);
});

/** As clients in other languages send it: fields that nobody set are null, and masks have slashes. */
test('fields that are null count as absent, and a mask may be written with slashes', async (t) => {
	const { sheet, api } = await startWorld(t);
	const call = (method: string, path: string, body: object) =>
		fetch(`${sheet.url}/v4/spreadsheets/${spreadsheetId}${path}`, {
			method,
			headers: { 'content-type': 'application/json' },
			body: JSON.stringify(body),
		});
	const values = { values: [['a', null, 'c']], majorDimension: null, range: null };
	const updated = await call('PUT', '/values/%27Talks%27%21A2?valueInputOption=RAW', values);
	t.is(updated.status, 200);
	const resize = {
		properties: { sheetId: 0, title: null, gridProperties: { rowCount: 50 } },
		fields: 'gridProperties/rowCount',
	};
	const resized = await call('POST', ':batchUpdate', { requests: [{ updateSheetProperties: resize }] });
	t.is(resized.status, 200);
	const { data } = await api.spreadsheets.get({
		spreadsheetId,
		ranges: ['A2:C2'],
		fields: 'sheets(properties.gridProperties.rowCount,data.rowData.values.formattedValue)',
	});
	t.is(data.sheets?.[0]?.properties?.gridProperties?.rowCount, 50);
	const shown = data.sheets?.[0]?.data?.[0]?.rowData?.[0]?.values?.map((cell) => cell.formattedValue ?? '');
	t.deepEqual(shown, ['a', '', 'c']);
});

test('text is found and replaced in a range, a worksheet or everywhere, and what is new is taken as typed', async (t) => {
	const { api, type, change } = await startWorld(t);
	await type('Talks!A2:C2', [['draft', 'Draft 1', 'other']]);
	const [reply] = await change({
		findReplace: { find: 'draft', replacement: '2026-07-04', allSheets: true },
	});
	t.deepEqual(reply?.findReplace, {
		occurrencesChanged: 2,
		valuesChanged: 2,
		rowsChanged: 1,
		sheetsChanged: 1,
	});
	await change({ findReplace: { find: 'other', replacement: '12', sheetId: 0, matchEntireCell: true } });
	const { data } = await api.spreadsheets.values.get({
		spreadsheetId,
		range: 'Talks!A2:C2',
		valueRenderOption: 'UNFORMATTED_VALUE',
	});
	t.deepEqual(data.values, [[46207, '2026-07-04 1', 12]]);
	const refused = await refusal(
		change({ findReplace: { find: 'a.c', searchByRegex: true, allSheets: true } }),
	);
	t.is(refused.code, 400);
});
