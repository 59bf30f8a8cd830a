import test from 'ava';
import type { Browser } from 'playwright-core';
import { eventRow, newEvent } from '../../../support/events.ts';
import { complaints } from '../../../support/page.ts';
import { at, editorWorld, launchChromium, openEditor } from './world.ts';

let browser: Browser;
test.before(async () => {
	browser = await launchChromium();
});
test.afterEach((t) => t.deepEqual(complaints.splice(0), []));
test.after.always(() => browser?.close());

const MARKED = {
	description: 'Opening',
	start: at(0),
	end: at(4),
	video_start: at(1),
	video_end: at(3),
};

test.serial('what is typed is submitted whole, and nothing is while a time cannot be read', async (t) => {
	t.timeout(120_000);
	const web = await editorWorld(t, 4);
	const ada = await web.person('editor', 'Ada');
	const { id } = await newEvent(web.db, MARKED);
	const { page } = await openEditor(t, browser, web, ada, id);
	const end = page.getByLabel('End of range 1', { exact: true }).and(page.locator('input'));
	await end.fill('12:00:0x');
	await page.getByRole('button', { name: 'Submit' }).click();
	await page.getByRole('alert').getByText('End of range 1: Type a time such as').waitFor();
	t.is((await eventRow(web.db, id)).state, 'UNEDITED');
	await end.fill('12:00:02');
	await page.getByLabel('Tags').click();
	await page.keyboard.type('one, two');
	await page.keyboard.press('Control+Enter');
	await page.locator('.event-bar .badge').getByText('EDITED', { exact: true }).waitFor();
	const { video_end, tags } = await eventRow(web.db, id);
	t.deepEqual([new Date(video_end!).toISOString(), tags], [at(2), ['one', 'two']]);
});

test.serial('who is no longer signed in loses nothing, and goes on after signing in again', async (t) => {
	t.timeout(120_000);
	const web = await editorWorld(t, 4);
	const ada = await web.person('editor', 'Ada');
	const { id } = await newEvent(web.db, MARKED);
	const { page, context } = await openEditor(t, browser, web, ada, id);
	let signedIn = false;
	const refuse = `**/api/events/${id}/{draft,live}`;
	await context.route(refuse, (route) =>
		signedIn
			? route.continue()
			: route.fulfill({ status: 401, json: { error: { sentence: 'You are not signed in.' } } }),
	);
	await page.reload();
	await page.getByText('No connection: it is tried again.').waitFor();
	await page.getByLabel('Title').fill('Typed too late');
	const alert = page.getByRole('alert').getByText('You are not signed in.');
	await alert.getByRole('link', { name: 'sign in in another tab' }).waitFor();
	signedIn = true;
	await page.getByText(/Draft saved/).waitFor();
	await alert.waitFor({ state: 'detached' });
	await page.getByText('No connection: it is tried again.').waitFor({ state: 'detached' });
	t.is(await page.getByLabel('Title').inputValue(), 'Typed too late');
});

test.serial('a preview that gets no answer says so in words for people', async (t) => {
	t.timeout(120_000);
	const web = await editorWorld(t, 4);
	const ada = await web.person('editor', 'Ada');
	const ranges = [
		{ start: at(0), end: at(1) },
		{ start: at(2), end: at(3) },
	];
	const { id } = await newEvent(web.db, {
		...MARKED,
		video_start: at(0),
		video_ranges: JSON.stringify(ranges),
	});
	const { page } = await openEditor(t, browser, web, ada, id);
	await page.route('**/join.mp4?*', (route) => route.abort());
	await page.getByRole('button', { name: 'Preview', exact: true }).click();
	await page.getByRole('dialog').getByText('cutsheet cannot be reached.').waitFor();
	complaints.splice(0);
	t.pass();
});
