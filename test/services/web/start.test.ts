import test from 'ava';
import pino from 'pino';
import { openDatabase } from '../../../db/connect.ts';
import { startWeb } from '../../../services/web/server.ts';
import { testConfig } from '../../support/web.ts';

test('the pages are served although the database fails just as they begin to be', async (t) => {
	const gone = openDatabase('postgres://nobody@127.0.0.1:1/none', { applicationName: 'test' });
	const web = await startWeb({ db: gone.kysely, config: testConfig(), log: pino({ level: 'silent' }) });
	t.teardown(async () => {
		await web.close();
		await gone.close();
	});
	t.is((await fetch(`${web.url}/api/session`)).status, 200);
});
