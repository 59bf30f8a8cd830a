import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import test from 'ava';
import { checkSheet } from '../../sheet-sync/check-sheet.ts';
import { SPREADSHEET, startWorld } from './world.ts';

test('a sheet with all headers is found fine, and checking changes nothing', async (t) => {
	const world = await startWorld(t);
	const before = await world.db.selectFrom('local_changes').selectAll().execute();
	const found = await checkSheet({
		spreadsheetId: SPREADSHEET,
		endpoint: world.sheet.url,
		start: new Date('2026-07-04T12:00:00Z'),
		editUrl: 'https://cut.example.org',
	});
	t.deepEqual(found, [
		{ kind: 'fine', sentence: 'The spreadsheet “Our event” can be read.' },
		{ kind: 'fine', sentence: 'It can be written.' },
		{ kind: 'fine', sentence: 'Dates and times in cells are read in the spreadsheet’s time zone, UTC.' },
		{ kind: 'fine', sentence: 'Worksheet “Talks” is synced.' },
	]);
	t.deepEqual(await world.db.selectFrom('local_changes').selectAll().execute(), before);
});

test('what is missing is named, with what to do: worksheets, headers, a start to count from', async (t) => {
	const world = await startWorld(t);
	await world.change(
		{ addSheet: { properties: { sheetId: 1, title: 'Budget' } } },
		{ addSheet: { properties: { sheetId: 2, title: 'Panels' } } },
	);
	await world.type('Panels!A1', [['Start', 'Description', 'My own']]);
	await world.change({ addSheet: { properties: { sheetId: 3, title: 'Short' } } });
	await world.type('Short!A1', [['Start', 'Description', 'ID', 'Submit', 'Video start']]);
	const sentences = async (worksheets?: string[]) => {
		const options = { spreadsheetId: SPREADSHEET, endpoint: world.sheet.url };
		const found = await checkSheet(worksheets === undefined ? options : { ...options, worksheets });
		return found.filter(({ kind }) => kind !== 'fine').map(({ kind, sentence }) => `${kind}: ${sentence}`);
	};
	const all = await sentences();
	t.regex(all.join('\n'), /problem: Worksheet “Panels” has no column with the header “ID”; add one/);
	t.regex(all.join('\n'), /hint: Worksheet “Budget” has none of our headers in row 1, and is left alone/);
	t.regex(all.join('\n'), /hint: Worksheet “Talks” has no start to count from/);
	t.regex(all.join('\n'), /hint: Worksheet “Short” has a column “Submit”, but no column “Video end”/);
	t.regex(all.join('\n'), /hint: Worksheet “Talks” has a column “Edit link”, .* configure sheet\.editUrl/);
	const named = await sentences(['Budget', 'Keynotes']);
	t.regex(
		named.join('\n'),
		/problem: No worksheet is called “Keynotes”; there are “Talks”, “Budget”, “Panels”, “Short”/,
	);
	t.regex(named.join('\n'), /problem: Worksheet “Budget” has none of our headers/);
	t.regex(named.join('\n'), /problem: No worksheet can be synced\./);
	await world.type('Panels!D1', [['ID']]);
	const optional = await sentences(['Panels']);
	t.regex(optional.join('\n'), /hint: Worksheet “Panels” has no column “State”, “Video”, “Error”/);
});

test('no access ends the check with a sentence that says why', async (t) => {
	const world = await startWorld(t, { token: 'right' });
	const options = { spreadsheetId: SPREADSHEET, endpoint: world.sheet.url };
	const last = async (more: object) => (await checkSheet({ ...options, ...more })).at(-1);
	t.regex((await last({ token: 'wrong' }))?.sentence ?? '', /does not accept the credentials/);
	t.regex(
		(await last({ token: 'right', spreadsheetId: 'other' }))?.sentence ?? '',
		/has no spreadsheet other/,
	);
	t.regex(
		(await last({ credentialsFile: '/nowhere.json' }))?.sentence ?? '',
		/Cannot read the Google credentials/,
	);
	const { endpoint, ...google } = options;
	t.regex((await checkSheet(google))[0]?.sentence ?? '', /Google Sheets needs credentials/);
});

test('a sheet that can be read and not written is a problem, and the rest is still checked', async (t) => {
	const world = await startWorld(t);
	const readOnly = createServer(async (request, response) => {
		response.setHeader('content-type', 'application/json');
		if (request.url?.includes(':batchUpdate')) {
			response.statusCode = 403;
			response.end(JSON.stringify({ error: { code: 403, message: 'The caller does not have permission' } }));
			return;
		}
		const parts: Buffer[] = [];
		for await (const part of request) parts.push(part as Buffer);
		const { method = 'GET' } = request;
		const answer = await fetch(`${world.sheet.url}${request.url}`, {
			method,
			...(method === 'GET'
				? {}
				: { body: Buffer.concat(parts), headers: { 'content-type': 'application/json' } }),
		});
		response.end(await answer.text());
	});
	await new Promise<void>((ready) => readOnly.listen(0, '127.0.0.1', ready));
	t.teardown(() => readOnly.close());
	const endpoint = `http://127.0.0.1:${(readOnly.address() as AddressInfo).port}`;
	const found = await checkSheet({ spreadsheetId: SPREADSHEET, endpoint });
	const problems = found.filter(({ kind }) => kind === 'problem').map(({ sentence }) => sentence);
	t.is(problems.length, 1);
	t.regex(problems[0] ?? '', /refuses access .* share it with .* as an editor/);
	t.true(found.some(({ sentence }) => sentence === 'Worksheet “Talks” is synced.'));
});
