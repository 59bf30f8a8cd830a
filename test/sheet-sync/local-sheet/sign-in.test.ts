import { request } from 'node:http';
import test from 'ava';
import { startLocalSheet } from '../../../sheet-sync/local-sheet/server.ts';
import { SPREADSHEET, silent, startWorld } from '../world.ts';

/** The status for a request that asks for the page by some name of the machine. */
async function statusFor(url: string, host: string): Promise<number | undefined> {
	return new Promise((resolve, reject) => {
		request(`${url}/page/spreadsheets`, { headers: { host } }, (response) => {
			response.resume();
			resolve(response.statusCode);
		})
			.on('error', reject)
			.end();
	});
}

test('without a sign-in only this machine, by a name of its own, may use the sheet', async (t) => {
	const { db, sheet } = await startWorld(t);
	const { port } = new URL(sheet.url);
	t.is(await statusFor(sheet.url, `127.0.0.1:${port}`), 200);
	t.is(await statusFor(sheet.url, `localhost:${port}`), 200);
	t.is(await statusFor(sheet.url, `attacker.example:${port}`), 401);
	await t.throwsAsync(startLocalSheet({ db, log: silent, host: '0.0.0.0' }), {
		message: /would be open to everybody who reaches 0\.0\.0\.0; configure a token/,
	});
});

test('a sign-in of one’s own decides who may edit, and its names stand in the history', async (t) => {
	const { db, sheet } = await startWorld(t, {
		authenticate: (request) => {
			const name = request.headers['x-person'];
			return typeof name === 'string' ? { name } : undefined;
		},
	});
	const type = (person: Record<string, string>, text: string) =>
		fetch(`${sheet.url}/v4/spreadsheets/${SPREADSHEET}/values/Talks!D2?valueInputOption=USER_ENTERED`, {
			method: 'PUT',
			headers: { 'content-type': 'application/json', ...person },
			body: JSON.stringify({ values: [[text]] }),
		});
	t.is((await type({}, 'nobody')).status, 401);
	t.is((await type({ 'x-person': 'Ada' }, 'first')).status, 200);
	t.is((await type({ 'x-person': 'Grace' }, 'second')).status, 200);
	const history = await db
		.selectFrom('local_cell_history')
		.select(['who', 'worksheet', 'row', 'column', 'header', 'before', 'after'])
		.orderBy('at')
		.execute();
	const cell = { worksheet: 'Talks', row: 2, column: 4, header: 'Description' };
	t.deepEqual(history, [
		{ who: 'Ada', ...cell, before: null, after: 'first' },
		{ who: 'Grace', ...cell, before: 'first', after: 'second' },
	]);
});

test('with a token the name that a browser sends beside it stands in the history', async (t) => {
	const { db, sheet } = await startWorld(t, { token: 'right' });
	const credentials = Buffer.from('Ada:right').toString('base64');
	await fetch(`${sheet.url}/v4/spreadsheets/${SPREADSHEET}/values/Talks!D2?valueInputOption=RAW`, {
		method: 'PUT',
		headers: { 'content-type': 'application/json', authorization: `Basic ${credentials}` },
		body: JSON.stringify({ values: [['text']] }),
	});
	t.deepEqual(await db.selectFrom('local_cell_history').select(['who', 'after']).execute(), [
		{ who: 'Ada', after: 'text' },
	]);
});
