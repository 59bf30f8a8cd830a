import test from 'ava';
import { sql } from 'kysely';
import { tellSync } from '../../../../db/transitions/tell-sync.ts';
import { tellTroubles } from '../../../../db/transitions/tell-troubles.ts';
import { editedEvent, runningNode } from '../../../support/events.ts';
import { openPage, withChromium } from '../../../support/page.ts';
import { startTestWeb } from '../../../support/web.ts';

const chromium = withChromium(test);

test.serial(
	'the first page says above the events what holds them up, and no more once it is over',
	async (t) => {
		t.timeout(120_000);
		const web = await startTestWeb(t);
		const ada = await web.person('operator', 'Ada');
		await editedEvent(web.db);
		const { page } = await openPage(t, chromium.browser, web, ada, '/');
		const attention = page.getByRole('region', { name: 'Needs attention' });
		await attention.getByText('1 event waits to be cut, and no cutter node runs. Start one').waitFor();

		await runningNode(web.db, 'north');
		await sql`update nodes set doubled_at = now()`.execute(web.db);
		await attention.getByText('Two processes run under the node name north. Stop one of them').waitFor();
		t.is(await attention.getByText('no cutter node runs').count(), 0);

		const south = { node: 'south', instance: crypto.randomUUID() };
		await tellTroubles(web.db, south, { troubles: ['south cannot write down in /state …'], stopped: [''] });
		const sync = { service: 'sheet-sync', spreadsheet: 'talks', inStepSecondsAgo: undefined } as const;
		await tellSync(web.db, { ...sync, trouble: 'The sheet was deleted.' });
		await attention.getByText('south cannot write down in /state …').waitFor();
		await attention.getByText(/keep the sheet talks in step yet, .* The sheet was deleted\./).waitFor();

		await sql`update nodes set doubled_at = null`.execute(web.db);
		await tellTroubles(web.db, south, { troubles: [], stopped: [] });
		await tellSync(web.db, { ...sync, inStepSecondsAgo: 0, trouble: null });
		await attention.waitFor({ state: 'hidden' });
	},
);

test.serial('what a sheet answers may name people: viewers are not told', async (t) => {
	const web = await startTestWeb(t);
	t.is((await (await web.person('viewer')).ask('GET', '/api/attention')).status, 403);
	t.deepEqual(await (await (await web.person('editor')).ask('GET', '/api/attention')).json(), {
		sentences: [],
	});
});
