import test from 'ava';
import { sql } from 'kysely';
import { openDatabase } from '../../../../db/connect.ts';
import { claimEvent } from '../../../../db/transitions/claim.ts';
import { handBackEvent, reportProgress } from '../../../../db/transitions/leased.ts';
import { editedEvent, newEvent, runningNode } from '../../../support/events.ts';
import { until } from '../../../support/until.ts';
import { type Person, startTestWeb } from '../../../support/web.ts';
import { LivePage } from './live-page.ts';
import { manyEvents } from './world.ts';

async function cursorOf(person: Person): Promise<string> {
	return ((await (await person.ask('GET', '/api/events')).json()) as { cursor: string }).cursor;
}

test('every page is told of a change, each as its reader may see it', async (t) => {
	const web = await startTestWeb(t);
	const ada = await web.person('editor', 'Ada');
	const vera = await web.person('viewer', 'Vera');
	const after = await cursorOf(ada);
	const pages = await Promise.all([ada, ada, vera].map((who) => LivePage.open(t, web, who, after)));
	const { id } = await newEvent(web.db, { category: 'Talks', editor: 'Ada' });
	const [first, second, third] = await Promise.all(pages.map((page) => page.row(id)));
	t.like(first, { state: 'UNEDITED', category: 'Talks', editor: 'Ada' });
	t.deepEqual(second, first);
	t.false('editor' in third!);
	await web.db.updateTable('events').set({ category: 'Music' }).where('id', '=', id).execute();
	for (const page of pages) await page.row(id, ({ category }) => category === 'Music');
});

test('a page that was away is told what it missed when it comes back', async (t) => {
	const web = await startTestWeb(t);
	const ada = await web.person('editor', 'Ada');
	const page = await LivePage.open(t, web, ada, await cursorOf(ada));
	const seen = await newEvent(web.db);
	await page.row(seen.id);
	page.close();
	const missed = await newEvent(web.db);
	await web.db.updateTable('events').set({ priority: 3 }).where('id', '=', seen.id).execute();
	const again = await LivePage.open(t, web, ada, page.cursor);
	t.is((await again.row(missed.id)).state, 'UNEDITED');
	t.is((await again.row(seen.id)).priority, 3);
});

test('what a transaction wrote before a page came, and commits after it, is told', async (t) => {
	const web = await startTestWeb(t);
	const ada = await web.person('editor', 'Ada');
	const slow = openDatabase(web.databaseUrl, { applicationName: 'slow', connections: 1 });
	t.teardown(() => slow.close());
	const { id } = await newEvent(web.db);
	const trx = await slow.kysely.startTransaction().execute();
	await trx.updateTable('events').set({ priority: 9 }).where('id', '=', id).execute();
	const page = await LivePage.open(t, web, ada, await cursorOf(ada));
	const other = await newEvent(web.db);
	await page.row(other.id);
	// It is committed beside the open one, so the feed tells it again each time: pages are not.
	const again = await newEvent(web.db);
	await page.row(again.id);
	const told = page.told.flatMap(({ name, data }) =>
		name === 'changed' ? (data as { events: { id: string }[] }).events.map((row) => row.id) : [],
	);
	t.is(told.filter((one) => one === other.id).length, 1);
	await trx.commit().execute();
	t.is((await page.row(id, ({ priority }) => priority === 9)).priority, 9);
});

test('pages see how far the work is, how fast and how long yet, and that it is over', async (t) => {
	const web = await startTestWeb(t);
	const ada = await web.person('viewer', 'Ada');
	await runningNode(web.db, 'north');
	const event = await editedEvent(web.db);
	const page = await LivePage.open(t, web, ada, await cursorOf(ada));
	const lease = (await claimEvent(web.db, event, 'north', 60))!;
	await reportProgress(web.db, lease, { stage: 'cutting', percent: 42, speed: 12.5, seconds_left: 30 });
	await until(() => page.work[0]?.percent === 42);
	t.deepEqual(page.work, [
		{ id: event.id, node: 'north', stage: 'cutting', percent: 42, speed: 12.5, seconds_left: 30 },
	]);
	await reportProgress(web.db, lease, { stage: 'cutting', percent: 60 });
	await until(() => page.work[0]?.percent === 60);
	await reportProgress(web.db, lease, { stage: 'uploading', percent: 7.25, bytes_per_second: 1_250_000 });
	await until(() => page.work[0]?.percent === 7.25);
	const work = {
		id: event.id,
		node: 'north',
		stage: 'uploading',
		percent: 7.25,
		bytes_per_second: 1_250_000,
	};
	t.deepEqual(page.work, [work]);
	await sql`update leases set moved_at = now() - interval '10 minutes'`.execute(web.db);
	await until(() =>
		/^Stands still: north has got no further for 10 min /.test(page.work[0]?.stands_still ?? ''),
	);
	await handBackEvent(web.db, lease, 'the node stops');
	await until(() => page.work.length === 0);
	t.is((await page.row(event.id, ({ state }) => state === 'EDITED')).state, 'EDITED');
});

test('a page is told to read the list anew when more changed than a stream should carry', async (t) => {
	const web = await startTestWeb(t);
	const ada = await web.person('viewer', 'Ada');
	await manyEvents(web.db, 2_100);
	const page = await LivePage.open(t, web, ada, await cursorOf(ada));
	await web.db.updateTable('events').set({ priority: 1 }).execute();
	await until(() => page.resets > 0);
	const late = await LivePage.open(t, web, ada, page.cursor);
	await until(() => late.resets === 1);
});

test('a cursor of another server, or none at all, is not taken for one', async (t) => {
	const web = await startTestWeb(t);
	const ada = await web.person('viewer', 'Ada');
	const page = await LivePage.open(t, web, ada, '900000000000000000');
	await until(() => page.resets === 1);
	const refused = await ada.ask('GET', '/api/events/live?after=x');
	t.is(refused.status, 400);
	t.regex(await refused.text(), /a cursor that this service gave/);
});
