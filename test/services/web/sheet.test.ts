import test from 'ava';
import pino from 'pino';
import { startLocalSheet } from '../../../sheet-sync/local-sheet/server.ts';
import { createDatabase } from '../../support/database.ts';
import { openPage, withChromium } from '../../support/page.ts';
import { startTestWeb, type TestWeb } from '../../support/web.ts';

const chromium = withChromium(test);

const TOKEN = 'the token of the sheet';
const log = pino({ level: 'silent' });

async function withSheet(t: Parameters<typeof startTestWeb>[0], token: string | undefined): Promise<TestWeb> {
	const { db } = await createDatabase(t);
	const sheet = await startLocalSheet({
		db,
		log,
		...(token !== undefined && { token }),
		spreadsheet: {
			id: 'talks',
			title: 'talks',
			worksheets: [{ title: 'Events', headers: ['Description', 'Notes'] }],
		},
	});
	t.teardown(() => sheet.close());
	return startTestWeb(t, {
		sheet: { spreadsheet: 'talks' },
		localSheet: { port: Number(new URL(sheet.url).port), ...(token !== undefined && { token }) },
	});
}

const TYPED = { values: [['Opening', 'private']] };
const APPEND = '/sheet/v4/spreadsheets/talks/values/Events!A1:append?valueInputOption=USER_ENTERED';

for (const token of [TOKEN, undefined]) {
	const kind = token === undefined ? 'without a token' : 'with a token';
	test(`an editor reads and writes the local sheet ${kind} under the same sign-in, by name`, async (t) => {
		const web = await withSheet(t, token);
		const ada = await web.person('editor', 'Ada');
		t.like(await (await ada.ask('GET', '/api/session')).json(), { sheet: '/sheet/' });
		const moved = await ada.ask('GET', '/sheet');
		t.deepEqual([moved.status, moved.headers.get('location')], [308, '/sheet/']);
		t.is((await ada.ask('POST', APPEND, TYPED)).status, 200);
		const read = await ada.ask('GET', '/sheet/v4/spreadsheets/talks/values/Events!A2:B2');
		t.like(await read.json(), TYPED);
		const page = await ada.ask('GET', '/sheet/page/spreadsheets/talks/history');
		t.true((await page.text()).includes('Ada'));
	});
}

test('a viewer sees nothing of the sheet, and nobody else’s cookie reaches it', async (t) => {
	const web = await withSheet(t, TOKEN);
	const viewer = await web.person('viewer');
	for (const place of ['/sheet/', '/sheet/page/spreadsheets/talks', '/sheet/v4/spreadsheets/talks']) {
		t.is((await viewer.ask('GET', place)).status, 403);
		t.is((await fetch(web.url + place)).status, 401);
	}
	t.is((await viewer.ask('POST', APPEND, TYPED)).status, 403);
	t.like(await (await viewer.ask('GET', '/api/session')).json(), { sheet: null });
});

test('a sheet that does not run is told of in a sentence', async (t) => {
	const web = await startTestWeb(t, { localSheet: { port: 1 } });
	const answer = await (await web.person('editor')).ask('GET', '/sheet/page/spreadsheets');
	t.is(answer.status, 502);
	t.deepEqual(await answer.json(), {
		error: { sentence: 'The local sheet does not answer. Is “cutsheet local-sheet” running?' },
	});
});

test('the page of the sheet works below /sheet/, live', async (t) => {
	const web = await withSheet(t, TOKEN);
	const ada = await web.person('editor', 'Ada');
	const { page } = await openPage(t, chromium.browser, web, ada, '/sheet/');
	await page.getByText('live', { exact: true }).waitFor();
	t.is((await ada.ask('POST', APPEND, TYPED)).status, 200);
	await page.getByRole('grid').getByText('Opening', { exact: true }).waitFor();
});
