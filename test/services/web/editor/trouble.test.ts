import test from 'ava';
import { eventRow, newEvent } from '../../../support/events.ts';
import { complaints, withChromium } from '../../../support/page.ts';
import { at, editorWorld, openEditor, waitForPicture } from './world.ts';

const chromium = withChromium(test);

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
	const { page } = await openEditor(t, chromium.browser, web, ada, id);
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
	const { page, context } = await openEditor(t, chromium.browser, web, ada, id);
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
	const { page } = await openEditor(t, chromium.browser, web, ada, id);
	await page.route('**/join.mp4?*', (route) => route.abort());
	await page.getByRole('button', { name: 'Preview', exact: true }).click();
	await page.getByRole('dialog').getByText('cutsheet cannot be reached.').waitFor();
	complaints.splice(0);
	t.pass();
});

test.serial('a video that cannot be had says why in the service’s words, and what to do', async (t) => {
	t.timeout(120_000);
	const web = await editorWorld(t, 4);
	const ada = await web.person('editor', 'Ada');
	const unmarked = { video_start: null, video_end: null };
	const { id } = await newEvent(web.db, { ...MARKED, ...unmarked, start: at(7_200), end: at(7_260) });
	const { page } = await openEditor(t, chromium.browser, web, ada, id);
	const viewer = page.getByRole('region', { name: 'Stream' });
	await viewer.getByText('This node has no video of stage from').waitFor();
	await viewer.getByText('The times can be typed, and another node may have this video.').waitFor();

	const { id: recorded } = await newEvent(web.db, MARKED);
	const answers = [
		{ status: 503, json: { error: { sentence: 'Too many cuts wait already.' } } },
		{ status: 502, body: '<h1>Bad Gateway</h1>' },
		{ status: 401, json: { error: { sentence: 'You are not signed in.' } } },
	];
	await page.route('**/master.m3u8?*', (route) => {
		const [answer] = answers;
		return answer ? route.fulfill(answer) : route.continue();
	});
	await page.goto(`${web.url}/events/${recorded}/edit`);
	const again = viewer.getByRole('button', { name: 'Try again' });
	for (const sentence of [
		'Too many cuts wait already. Try again in a moment',
		'The service answered with status 502. Try again in a moment',
		'You are not signed in. Sign in in another tab',
	]) {
		await viewer.getByText(sentence).waitFor();
		answers.shift();
		await again.click();
	}
	await waitForPicture(page, 1);
	t.is(await again.count(), 0);
	complaints.splice(0);
});

test.serial('a video that was lost with the network comes back with it', async (t) => {
	t.timeout(120_000);
	const web = await editorWorld(t, 4);
	const ada = await web.person('editor', 'Ada');
	const { id } = await newEvent(web.db, MARKED);
	const { page, context } = await openEditor(t, chromium.browser, web, ada, id);
	await waitForPicture(page, 1);
	let isThere = false;
	const cut = `**/{live,master.m3u8?*}`;
	await context.route(cut, (route) => (isThere ? route.continue() : route.abort()));
	await page.reload();
	const viewer = page.getByRole('region', { name: 'Stream' });
	await viewer.getByText('cutsheet cannot be reached').waitFor();
	await page.getByText('No connection: it is tried again.').waitFor();
	isThere = true;
	await waitForPicture(page, 1);
	t.is(await viewer.getByText('cutsheet cannot be reached').count(), 0);
});
