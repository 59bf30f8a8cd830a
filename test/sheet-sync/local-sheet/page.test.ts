import { access } from 'node:fs/promises';
import type { ExecutionContext } from 'ava';
import test from 'ava';
import type { Browser, Page } from 'playwright-core';
import { chromium } from 'playwright-core';
import type { SheetWorld } from '../world.ts';
import { openSync, settle, settleAfterSql, startWorld } from '../world.ts';

const CHROMIUM = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';
const present = await access(CHROMIUM).then(
	() => true,
	() => false,
);
/** Set-up installs Chromium for CI; on a developer's machine without it these tests do not run. */
const inChromium = present || process.env.CI ? test.serial : test.serial.skip;

let browser: Browser;

test.before(async () => {
	if (!present && !process.env.CI) return;
	browser = await chromium.launch({
		executablePath: CHROMIUM,
		args: [
			'--no-sandbox',
			'--disable-gpu',
			'--disable-quic',
			'--no-first-run',
			'--disable-background-networking',
			'--disable-component-update',
			'--disable-sync',
		],
	});
});
test.afterEach((t) => t.deepEqual(complaints, []));
test.after.always(() => browser?.close());

/** What scripts and the security policy complained of, on any page. */
const complaints: string[] = [];

async function open(t: ExecutionContext, world: SheetWorld): Promise<Page> {
	const page = await browser.newPage();
	page.on('pageerror', (error) => complaints.push(error.message));
	page.on('console', (message) => {
		// A refused request is told to the person; Chromium also notes it here.
		const refused = message
			.text()
			.startsWith('Failed to load resource: the server responded with a status of 400');
		if (message.type() === 'error' && !refused) complaints.push(message.text());
	});
	t.teardown(() => page.close());
	await page.goto(world.sheet.url);
	await page.getByText('live', { exact: true }).waitFor();
	return page;
}

/** The cell of a row (as people count) under a header. */
function cell(page: Page, row: number, header: string) {
	return page.locator(`tr:nth-child(${row - 1}) > td[data-column="${header}"]`);
}

inChromium('a person types a row, and sees the daemon’s writes appear without reloading', async (t) => {
	const world = await startWorld(t);
	const sync = await openSync(world);
	const page = await open(t, world);
	await cell(page, 2, 'start').click();
	for (const text of ['2026-07-04 18:30', '--', 'Talk', 'How things work']) {
		await page.keyboard.type(text);
		await page.keyboard.press('Tab');
	}
	await page.getByText('2026-07-04 18:30:00').waitFor();
	await settle(sync);
	await cell(page, 2, 'state').getByText('UNEDITED').waitFor();
	const event = await world.db.selectFrom('events').selectAll().executeTakeFirstOrThrow();
	t.is(event.description, 'How things work');
	t.deepEqual([event.start, event.end], [new Date('2026-07-04T18:30:00Z'), new Date('2026-07-04T18:30:00Z')]);
	await world.db
		.updateTable('events')
		.set({ state: 'UPLOADED', uploader: 'manual', video_link: 'https://video.example/1' })
		.execute();
	await settleAfterSql(sync);
	const link = cell(page, 2, 'video').getByRole('link');
	t.is(await link.getAttribute('href'), 'https://video.example/1');
	t.is(await cell(page, 2, 'id').locator('.cell').getAttribute('title'), event.id);
});

inChromium('cells show markup as text, and dangerous links as text', async (t) => {
	const world = await startWorld(t);
	const page = await open(t, world);
	const markup = '<img src=x onerror="document.title=1"><b>bold</b>';
	await world.type('Talks!C2', [['javascript:alert(1)', markup]]);
	await cell(page, 2, 'description').getByText(markup).waitFor();
	t.is(await page.locator('td b, td img, td a').count(), 0);
	t.is(await page.title(), 'Our event');
});

inChromium('keys move, edit, tick and empty cells; Escape gives up; what is refused is said', async (t) => {
	const world = await startWorld(t);
	const page = await open(t, world);
	await world.type('Talks!D2', [['Before', 'n', 'FALSE']]);
	await cell(page, 2, 'description').getByText('Before').waitFor();
	await cell(page, 2, 'category').click();
	await page.keyboard.press('ArrowRight');
	await page.keyboard.press('Enter');
	await page.keyboard.type('After');
	await page.keyboard.press('Enter');
	await page.keyboard.press('ArrowUp');
	await page.keyboard.press('F2');
	await page.keyboard.type('Not this');
	await page.keyboard.press('Escape');
	await page.keyboard.press('ArrowRight');
	await page.keyboard.press('Delete');
	await page.keyboard.press('ArrowRight');
	await page.keyboard.press('Space');
	await page.locator('td[data-column="allow holes"] input:checked').waitFor();
	t.like((await world.rows())[0], { Description: 'After', Notes: '', 'Allow holes': 'TRUE' });
	await page.keyboard.type('=1+1');
	await page.keyboard.press('Enter');
	await page
		.getByRole('alert')
		.getByText(/has no formulas/)
		.waitFor();
	t.is((await world.rows())[0]?.['Allow holes'], 'TRUE');
});

inChromium(
	'rows are inserted and deleted, worksheets added, and another person’s page follows',
	async (t) => {
		const world = await startWorld(t);
		await world.type('Talks!D2', [['One'], ['Two']]);
		const [mine, theirs] = [await open(t, world), await open(t, world)];
		await cell(mine, 3, 'description').click();
		await mine.getByRole('button', { name: 'Insert row above' }).click();
		await cell(theirs, 4, 'description').getByText('Two').waitFor();
		await cell(mine, 4, 'description').getByText('Two').waitFor();
		await cell(mine, 2, 'description').click();
		await mine.getByRole('button', { name: 'Delete row' }).click();
		await cell(theirs, 3, 'description').getByText('Two').waitFor();
		t.is(await theirs.getByText('One').count(), 0);
		await mine.getByRole('button', { name: 'Add a worksheet' }).click();
		await theirs.getByRole('tab', { name: 'Sheet2' }).click();
		await theirs.getByRole('columnheader', { name: 'Description' }).waitFor();
		await cell(theirs, 2, 'description').click();
		await theirs.keyboard.type('On the second');
		await theirs.keyboard.press('Enter');
		await cell(mine, 2, 'description').getByText('On the second').waitFor();
		t.is((await world.rows('Sheet2'))[0]?.Description, 'On the second');
	},
);

inChromium(
	'what somebody is typing lands in its row, although another person moves it meanwhile',
	async (t) => {
		const world = await startWorld(t);
		await world.type('Talks!D2', [['One'], ['Two']]);
		const page = await open(t, world);
		await cell(page, 3, 'notes').click();
		await page.keyboard.type('about two');
		await world.change({
			insertDimension: { range: { sheetId: 0, dimension: 'ROWS', startIndex: 1, endIndex: 2 } },
		});
		await world.type('Talks!D2', [['New']]);
		// The tab tells when the page has heard of it all.
		await world.change({
			updateSheetProperties: { properties: { sheetId: 0, title: 'Later' }, fields: 'title' },
		});
		await page.getByRole('tab', { name: 'Later' }).waitFor();
		await page.keyboard.press('Enter');
		await cell(page, 4, 'notes').getByText('about two').waitFor();
		await cell(page, 2, 'description').getByText('New').waitFor();
		t.deepEqual(
			(await world.rows('Later')).map((row) => [row.Description, row.Notes]),
			[
				['New', ''],
				['One', ''],
				['Two', 'about two'],
			],
		);
	},
);
