import test from 'ava';
import { sql } from 'kysely';
import type { Page } from 'playwright-core';
import { claimEvent } from '../../../../db/transitions/claim.ts';
import { failEvent, reportProgress } from '../../../../db/transitions/leased.ts';
import { editedEvent, eventRow, newEvent, runningNode } from '../../../support/events.ts';
import { openPage, withChromium } from '../../../support/page.ts';
import { until } from '../../../support/until.ts';
import { startTestWeb } from '../../../support/web.ts';
import { manyEvents } from './world.ts';

const chromium = withChromium(test);

/** The rows that are on the page. */
function rows(page: Page) {
	return page.getByRole('grid', { name: 'Events' }).locator('tbody tr');
}

function row(page: Page, title: string | RegExp) {
	return rows(page).filter({ hasText: title });
}

function panel(page: Page) {
	return page.getByRole('complementary');
}

/** From now on notes each task that kept the page from answering for more than 50 ms. */
async function watchLongTasks(page: Page): Promise<() => Promise<number[]>> {
	await page.evaluate(`
		window.longTasks = [];
		new PerformanceObserver((list) => {
			for (const entry of list.getEntries()) window.longTasks.push(Math.round(entry.duration));
		}).observe({ type: 'longtask' });
	`);
	return () => page.evaluate<number[]>('window.longTasks.splice(0)');
}

test.serial(
	'20,000 events are scrolled, filtered and found, and only those in sight are on the page',
	async (t) => {
		t.timeout(180_000);
		const web = await startTestWeb(t);
		const ada = await web.person('operator', 'Ada');
		await manyEvents(web.db, 20_000);
		const { page } = await openPage(t, chromium.browser, web, ada, '/');
		await page.getByText('20,000 events').waitFor();
		const longTasks = await watchLongTasks(page);
		const count = page.locator('.filters output');

		const grid = page.getByRole('grid', { name: 'Events' });
		await grid.focus();
		for (let times = 0; times < 20; times += 1) await page.keyboard.press('PageDown');
		await page.mouse.move(600, 500);
		for (let times = 0; times < 20; times += 1) await page.mouse.wheel(0, 4_000);
		await page.keyboard.press('End');
		await row(page, 'part 19999').waitFor();
		t.true((await rows(page).count()) < 80);
		t.log(`scrolling: long tasks of ${JSON.stringify(await longTasks())} ms`);

		await page.getByRole('searchbox', { name: 'Find events' }).pressSequentially('harbour 15554');
		await count.getByText('1 event', { exact: true }).waitFor();
		await row(page, 'Lights over the harbour, part 15554').waitFor();
		t.log(`finding: long tasks of ${JSON.stringify(await longTasks())} ms`);

		await page.getByRole('button', { name: 'Show all' }).click();
		await page.getByRole('button', { name: /^Errors/ }).click();
		await count.getByText('399 events').waitFor();
		await page.getByRole('button', { name: /^Unedited/ }).click();
		await page.getByLabel('Category').selectOption('Talks');
		await count.getByText('399 events').waitFor();
		await page.getByLabel('Node').selectOption('south');
		await count.getByText('133 events').waitFor();
		await page.getByRole('button', { name: 'Title', exact: true }).click();
		t.log(`filtering and sorting: long tasks of ${JSON.stringify(await longTasks())} ms`);

		t.is(new URL(page.url()).search, '?state=UNEDITED&category=Talks&node=south&error=yes&sort=title.up');
		const first = await rows(page).first().textContent();
		await page.reload();
		await count.getByText('133 events').waitFor();
		t.is(await rows(page).first().textContent(), first);
	},
);

test.serial('what failed is retried from its panel, which tells its story', async (t) => {
	t.timeout(120_000);
	const web = await startTestWeb(t);
	const ada = await web.person('operator', 'Ada');
	await runningNode(web.db, 'north');
	const event = await editedEvent(web.db, { video_title: 'Opening', notes: 'Mind the applause.' });
	await failEvent(web.db, (await claimEvent(web.db, event, 'north', 60))!, 'The disk is full.');
	const { page } = await openPage(t, chromium.browser, web, ada, '/');
	await row(page, 'Opening').getByText('The disk is full.').waitFor();
	await row(page, 'Opening').getByText('Opening').click();
	await panel(page).getByRole('region', { name: 'Notes' }).getByText('Mind the applause.').waitFor();
	await panel(page).getByRole('button', { name: 'Retry' }).click();
	await page.getByText('It is EDITED again, as it was submitted before.').waitFor();
	await row(page, 'Opening').getByText('EDITED', { exact: true }).waitFor();
	const story = panel(page).getByRole('region', { name: 'Story' });
	await story.getByText('Ada submitted the edit').waitFor();
	await story.getByText('north stopped the work on it').waitFor();
	t.like(await eventRow(web.db, event.id), { state: 'EDITED', error: null });

	const lease = (await claimEvent(web.db, await eventRow(web.db, event.id), 'north', 60))!;
	await reportProgress(web.db, lease, { stage: 'cutting', percent: 42, speed: 12, seconds_left: 65 });
	await row(page, 'Opening').getByText('42 % · 12× · 1:05 left').waitFor();
	const sending = { stage: 'uploading', percent: 7.25, bytes_per_second: 3_140_000, seconds_left: 65 };
	await reportProgress(web.db, lease, sending);
	await row(page, 'Opening').getByText('uploading 7 % · 1:05 left').waitFor();
	await panel(page).getByText('uploading 7 % · 1:05 left · 3.1 MB/s').waitFor();
	const standstill = 'Stands still: north has got no further for 10 min with sending it';
	await sql`update leases set moved_at = now() - interval '10 minutes'`.execute(web.db);
	await row(page, 'Opening').getByText(standstill).waitFor();
	await row(page, 'Opening').getByText('uploading 7 % · stands still').waitFor();
	await panel(page).getByText(standstill).waitFor();
	await page.getByRole('region', { name: 'Needs attention' }).getByText('north has got no further').waitFor();
});

test.serial('the priority of a selection is changed, and who may not is told of each', async (t) => {
	t.timeout(120_000);
	const web = await startTestWeb(t);
	const ada = await web.person('operator', 'Ada');
	await runningNode(web.db, 'north');
	const ids: string[] = [];
	for (const video_title of ['One', 'Two', 'Three'])
		ids.push((await editedEvent(web.db, { video_title })).id);
	await web.db
		.updateTable('events')
		.set({ state: 'CLAIMED', uploader: 'north' })
		.where('id', '=', ids[2]!)
		.execute();
	const { page } = await openPage(t, chromium.browser, web, ada, '/');
	await rows(page).nth(2).waitFor();
	await page.getByRole('grid', { name: 'Events' }).focus();
	await page.keyboard.press('Control+a');
	const selection = page.getByRole('region', { name: 'Selected events' });
	await selection.getByText('3 events selected').waitFor();
	await selection.getByRole('button', { name: 'Change…' }).click();
	await page.getByLabel('Priority').fill('9');
	await page.getByRole('dialog').getByRole('button', { name: 'Change' }).click();
	await page.getByText('Done for all 3.').waitFor();
	for (const id of ids) t.is((await eventRow(web.db, id)).priority, 9);

	await selection.getByRole('button', { name: 'Change…' }).click();
	await page.getByLabel('Missing segments').selectOption('Cut without them');
	await page.getByRole('dialog').getByText('only the priority can change').waitFor();
	await page.getByRole('dialog').getByRole('button', { name: 'Change' }).click();
	await page.getByRole('heading', { name: 'Done for 2 events, not for 1' }).waitFor();
	await page.getByRole('listitem').getByText('It is CLAIMED').waitFor();
});

test.serial('an event that comes or changes is seen without anything being done', async (t) => {
	t.timeout(120_000);
	const web = await startTestWeb(t);
	const vera = await web.person('viewer', 'Vera');
	const { page } = await openPage(t, chromium.browser, web, vera, '/');
	await page.getByText('There is no event yet.').waitFor();
	const { id } = await newEvent(web.db, { video_title: null, description: 'Just now' });
	await row(page, 'Just now').getByText('UNEDITED').waitFor();
	await web.db
		.updateTable('events')
		.set({ state: 'UPLOADED', video_link: 'https://videos.example/9' })
		.where('id', '=', id)
		.execute();
	await row(page, 'Just now').getByRole('link', { name: 'videos.example/9' }).waitFor();
	await row(page, 'Just now').getByText('Just now').click();
	await panel(page).getByRole('heading', { name: 'Just now' }).waitFor();
	t.is(
		await panel(page)
			.getByRole('button', { name: /Retry|Change|Edit/ })
			.count(),
		0,
	);
});

test.serial(
	'nodes, charts and the day’s line are drawn, and nothing on them breaks the security policy',
	async (t) => {
		t.timeout(120_000);
		const web = await startTestWeb(t);
		const ada = await web.person('operator', 'Ada');
		await runningNode(web.db, 'north', ['', 'channel']);
		await manyEvents(web.db, 40);
		const { page } = await openPage(t, chromium.browser, web, ada, '/?day=2026-05-01');
		await page.getByRole('button', { name: 'Opening, part 0', exact: true }).click();
		await panel(page).getByRole('heading', { name: 'Opening, part 0' }).waitFor();
		await page.getByRole('link', { name: 'Nodes' }).click();
		await page.getByRole('article', { name: 'Node north' }).getByText('running').waitFor();
		await page.getByRole('cell', { name: 'channel' }).waitFor();
		await page.getByRole('link', { name: 'Charts' }).click();
		await page.getByRole('figure', { name: /Videos uploaded per hour/ }).waitFor();
		await page.getByRole('button', { name: '30 days' }).click();
		await page.getByRole('figure', { name: /Videos uploaded per day/ }).waitFor();
		await until(async () => (await page.locator('.chart canvas').count()) === 4);
		t.is(new URL(page.url()).search, '?days=30');
	},
);
