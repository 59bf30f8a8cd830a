import test from 'ava';
import type { Locator } from 'playwright-core';
import { columnLetters } from '../../../sheet-sync/columns.ts';
import { eventRow, runningNode } from '../../support/events.ts';
import { withChromium } from '../../support/page.ts';
import { until } from '../../support/until.ts';
import { HEADERS, openSync, type SheetWorld, settle, settleAfterSql, startWorld } from '../world.ts';
import { cell, openGrid, press } from './grid-page.ts';

const chromium = withChromium(test);

/** Of the browser, where parts of this file run. */
declare function getComputedStyle(element: unknown): { backgroundColor: string; color: string };

/** Types into a row (as people count), by header. */
async function fill(world: SheetWorld, row: number, cells: Record<string, unknown>): Promise<void> {
	for (const [header, value] of Object.entries(cells))
		await world.type(`Talks!${columnLetters(HEADERS.indexOf(header))}${row}`, [[value]]);
}

/** Waits until a cell is seen in that colour, and says which colour its text has then. */
async function textOn(place: Locator, ground: string): Promise<string> {
	let [background, text] = ['', ''];
	await until(async () => {
		const { backgroundColor, color } = await place.evaluate((one) => {
			const { backgroundColor, color } = getComputedStyle(one);
			return { backgroundColor, color };
		});
		[background, text] = [backgroundColor, color];
		return background === ground;
	});
	return text;
}

const DARK_TEXT = 'rgb(27, 27, 31)';
const LIGHT_TEXT = 'rgb(255, 255, 255)';

test.serial('rows have the colours of their states and errors, also when they move', async (t) => {
	const world = await startWorld(t);
	const rowColors = { error: '#f4cccc', UNEDITED: '#20304f', UPLOADED: '#d9ead3' };
	const sync = await openSync(world, { rowColors });
	await fill(world, 2, { Description: 'Zebras' });
	await fill(world, 3, { Description: 'Apples' });
	await fill(world, 4, { Description: 'Late', Start: 'half past nine' });
	await settle(sync);
	const page = await openGrid(t, chromium.browser, world);
	// Text can be read on dark colours and on light ones.
	t.is(await textOn(cell(page, 2, 'description'), 'rgb(32, 48, 79)'), LIGHT_TEXT);
	t.is(await textOn(cell(page, 4, 'description'), 'rgb(244, 204, 204)'), DARK_TEXT);
	await world.db
		.updateTable('events')
		.set({ state: 'UPLOADED', uploader: 'manual', video_link: 'https://video.example/1' })
		.where('description', '=', 'Zebras')
		.execute();
	await settleAfterSql(sync);
	t.is(await textOn(cell(page, 2, 'description'), 'rgb(217, 234, 211)'), DARK_TEXT);

	await cell(page, 2, 'description').click();
	await page.locator('summary').getByText('Rows', { exact: true }).click();
	await page.getByRole('button', { name: 'Move down' }).click();
	await cell(page, 3, 'description').getByText('Zebras').waitFor();
	await textOn(cell(page, 3, 'notes'), 'rgb(217, 234, 211)');
	await textOn(cell(page, 2, 'notes'), 'rgb(32, 48, 79)');
});

test.serial('a box that is ticked in the grid submits its row, or is unticked with the reason', async (t) => {
	const world = await startWorld(t);
	await runningNode(world.db, 'north');
	const sync = await openSync(world);
	const times = { 'Video start': '2026-07-04T10:00:00Z', 'Video end': '2026-07-04T10:05:00Z' };
	await fill(world, 2, { Description: 'A talk', ...times });
	await fill(world, 3, { Description: 'Without an end', 'Video start': times['Video start'] });
	await settle(sync);
	const page = await openGrid(t, chromium.browser, world);
	const box = (row: number) => cell(page, row, 'submit').getByRole('checkbox');
	// Rows that nobody uses have no box to tick by mistake.
	t.is(await box(4).count(), 0);

	await box(2).click();
	await cell(page, 3, 'submit').click({ position: { x: 4, y: 4 } });
	await press(page, 'Space');
	const ticked = async () => (await world.rows()).map(({ Submit }) => Submit).join();
	await until(async () => (await ticked()) === 'TRUE,TRUE');
	await settle(sync);
	await cell(page, 2, 'state').getByText('EDITED').waitFor();
	await cell(page, 3, 'error').getByText('“Video end” must be filled in').waitFor();
	t.deepEqual([await box(2).isChecked(), await box(3).isChecked()], [true, false]);
	const talk = await world.db.selectFrom('events').select('id').where('description', '=', 'A talk').execute();
	t.like(await eventRow(world.db, talk[0]!.id), { state: 'EDITED', video_title: 'A talk' });

	await cell(page, 2, 'submit').click({ position: { x: 4, y: 4 } });
	await press(page, 'Space');
	await until(async () => (await ticked()) === 'FALSE,FALSE');
	await settle(sync);
	await cell(page, 2, 'state').getByText('UNEDITED').waitFor();
});
