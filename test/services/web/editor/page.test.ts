import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ExecutionContext } from 'ava';
import test from 'ava';
import type { Page } from 'playwright-core';
import { findFfmpeg } from '../../../../cutter/cut/encode/ffmpeg.ts';
import { runCutter } from '../../../../cutter/cutter.ts';
import { openLocalLocation } from '../../../../cutter/upload/local.ts';
import { testFrameNumber } from '../../../../services/record/test-picture.ts';
import { eventRow, newEvent } from '../../../support/events.ts';
import { complaints, withChromium } from '../../../support/page.ts';
import {
	frameNumbers,
	numbers,
	recordTestStream,
	silent,
	temporaryFolder,
} from '../../../support/recording.ts';
import { until } from '../../../support/until.ts';
import { at, type EditorWorld, editorWorld, holds, NOON, openEditor, waitForPicture } from './world.ts';

const chromium = withChromium(test);

/** An event that nobody has marked yet. */
const UNMARKED = { video_start: null, video_end: null, video_title: null, video_description: null };

/** Starts a cutter with a folder as its location; it stops when the test is over. */
async function startCutter(t: ExecutionContext, { db, databaseUrl, store }: EditorWorld): Promise<void> {
	const folder = await temporaryFolder(t);
	const videos = join(folder, 'videos');
	await mkdir(videos);
	const upload = await openLocalLocation('', { kind: 'local', path: videos });
	const stop = new AbortController();
	const running = runCutter(
		{
			node: 'north',
			version: 'test',
			store,
			locations: new Map([['', { upload, mode: 'smart' as const, container: 'mpegts' as const }]]),
			templates: {},
			...(await findFfmpeg()),
			spoolFolder: folder,
			journalFolder: join(folder, 'journal'),
			concurrency: 1,
			leaseSeconds: 30,
			pollSeconds: 1,
			stopSeconds: 5,
			maxAttempts: 3,
		},
		{ db, databaseUrl, log: silent, signal: stop.signal },
	);
	t.teardown(async () => {
		stop.abort();
		await running;
	});
}

async function press(page: Page, ...keys: string[]): Promise<void> {
	for (const key of keys) await page.keyboard.press(key);
}

test.serial(
	'ranges are marked with the keyboard, joined with a cross-fade, submitted, and uploaded picture for picture',
	async (t) => {
		t.timeout(180_000);
		const web = await editorWorld(t, 30);
		const ada = await web.person('editor', 'Ada');
		const { id } = await newEvent(web.db, { ...UNMARKED, description: 'Opening', start: at(4), end: at(20) });
		await startCutter(t, web);
		const { page } = await openEditor(t, chromium.browser, web, ada, id);
		await waitForPicture(page, 4);

		await press(page, '.', '.', '.', '.', '.');
		await waitForPicture(page, 4.2);
		await press(page, 'i', 'Shift+ArrowRight');
		await waitForPicture(page, 9.2);
		await press(page, ',');
		await waitForPicture(page, 9.16);
		await press(page, 'o', 'Control+ArrowRight');
		await waitForPicture(page, 19.16);
		await press(page, 'n', 'ArrowRight', 'ArrowRight', 'ArrowRight');
		await waitForPicture(page, 22.16);
		await press(page, ']');
		await page.getByLabel('How range 2 takes over from range 1').selectOption('fade');
		t.is(await page.getByLabel('Title').inputValue(), 'Opening');
		await press(page, 'Control+Enter');

		const badge = page.locator('.event-bar .badge');
		await badge.getByText('UPLOADED').waitFor({ timeout: 90_000 });
		const row = await eventRow(web.db, id);
		t.deepEqual(row.video_ranges, [
			{ start: at(4.2), end: at(9.16) },
			{ start: at(19.16), end: at(22.16) },
		]);
		t.is(row.editor, 'Ada');
		t.is(await page.locator('.event-bar .link').textContent(), row.video_link);

		const first = testFrameNumber(NOON);
		const shown = await frameNumbers(fileURLToPath(row.video_link!));
		t.is(shown.length, 124 + 75 - 25);
		t.deepEqual(shown.slice(0, 99), numbers(first + 105, first + 204));
		t.deepEqual(shown.slice(124), numbers(first + 504, first + 554));
	},
);

test.serial('the join of two ranges is shown as it will be', async (t) => {
	t.timeout(120_000);
	const web = await editorWorld(t, 20);
	const ada = await web.person('editor', 'Ada');
	const { id } = await newEvent(web.db, {
		...{ start: at(2), end: at(18), video_start: at(2), video_end: at(16) },
		video_ranges: JSON.stringify([
			{ start: at(2), end: at(6) },
			{ start: at(12), end: at(16) },
		]),
		video_transitions: JSON.stringify([{ kind: 'dissolve', seconds: 1 }]),
	});
	const { page } = await openEditor(t, chromium.browser, web, ada, id);
	await waitForPicture(page, 2);
	await press(page, '2', 't');
	const preview = page.getByRole('dialog', { name: 'From range 1 to range 2' });
	await preview.locator('video').waitFor();
	await holds(page, `document.querySelector('dialog video')?.duration > 3`);
	await press(page, 'Escape');
	await preview.waitFor({ state: 'detached' });
	t.pass();
});

/** The editor of an event whose result jumps back to its second range, at its beginning. */
async function openJumpingBack(t: ExecutionContext): Promise<Page> {
	t.timeout(120_000);
	const web = await editorWorld(t, 20);
	const ada = await web.person('editor', 'Ada');
	const { id } = await newEvent(web.db, {
		...{ start: at(2), end: at(18), video_start: at(2), video_end: at(16) },
		video_ranges: JSON.stringify([
			{ start: at(15), end: at(16) },
			// So long that nobody who looks twice a second misses it.
			{ start: at(2), end: at(6) },
		]),
	});
	const { page } = await openEditor(t, chromium.browser, web, ada, id);
	await waitForPicture(page, 15);
	return page;
}

test.serial('the result is played without what is cut out', async (t) => {
	const page = await openJumpingBack(t);
	await page.evaluate(`
		window.seen = [];
		const clock = document.querySelector('output.now');
		new MutationObserver(() => window.seen.push(clock.textContent))
			.observe(clock, { childList: true, characterData: true, subtree: true });
	`);
	await press(page, 'p');
	await page.getByText('Result · range 2').waitFor();
	await page.getByText('Result · range 2').waitFor({ state: 'detached' });
	const seen = await page.evaluate<string[]>('window.seen');
	const seconds = seen.map((text) => (Date.parse(`2026-05-01T${text}Z`) - NOON) / 1000);
	t.true(seconds.some((one) => one > 15 && one < 16) && seconds.some((one) => one > 2 && one < 6));
	t.deepEqual(
		seconds.filter((one) => one > 7 && one < 14),
		[],
	);
});

test.serial('a picture from before a jump, told of after it, does not end the result', async (t) => {
	const page = await openJumpingBack(t);
	// What a browser under load does now and then, here at each jump.
	await page.evaluate(`
		const video = document.querySelector('video');
		const ask = video.requestVideoFrameCallback.bind(video);
		let asked = false, tell, last, before;
		video.requestVideoFrameCallback = (work) => {
			tell = work;
			if (asked) return;
			asked = true;
			ask((now, picture) => {
				asked = false;
				last = picture;
				tell(now, picture);
			});
		};
		window.late = 0;
		video.addEventListener('seeking', () => { before = last; });
		video.addEventListener('seeked', () => {
			if (before === undefined) return;
			window.late += 1;
			tell(performance.now(), before);
		});
		window.pauses = [];
		video.addEventListener('pause', () => window.pauses.push(document.querySelector('output.now').textContent));
	`);
	await press(page, 'p');
	await holds(page, 'window.pauses.length > 0');
	t.true((await page.evaluate<number>('window.late')) > 0);
	const [stopped, ...more] = await page.evaluate<string[]>('window.pauses');
	const seconds = (Date.parse(`2026-05-01T${stopped}Z`) - NOON) / 1000;
	t.true(seconds > 5.5 && seconds < 6.5, `It stopped at ${stopped}.`);
	t.deepEqual(more, []);
});

test.serial('typed times, undo and the draft: nothing is lost when the page is loaded again', async (t) => {
	t.timeout(120_000);
	const web = await editorWorld(t, 10);
	const ada = await web.person('editor', 'Ada');
	const { id } = await newEvent(web.db, { ...UNMARKED, description: 'Opening', start: at(0), end: at(10) });
	const { page } = await openEditor(t, chromium.browser, web, ada, id);
	const begin = page.getByLabel('Beginning of range 1', { exact: true }).and(page.locator('input'));
	const end = page.getByLabel('End of range 1', { exact: true }).and(page.locator('input'));
	await begin.fill('12:00:01.5');
	await begin.press('Enter');
	t.is(await begin.inputValue(), '12:00:01.500');
	await end.fill('soon');
	await end.press('Enter');
	await page.getByText('Type a time such as 12:00:03.200 (UTC)').waitFor();
	await end.fill('12:00:09');
	await end.press('Enter');
	await end.fill('-0.5');
	await end.press('Enter');
	t.is(await end.inputValue(), '12:00:08.500');
	await page.getByLabel('Title').fill('A better title i o n');
	await page.getByRole('heading', { name: 'Ranges' }).click();
	await press(page, 'Control+z', 'Control+z');
	t.is(await end.inputValue(), '12:00:09.000');
	await press(page, 'Control+Shift+z', 'Control+Shift+z');
	t.is(await page.getByLabel('Title').inputValue(), 'A better title i o n');
	await page.getByText(/Draft saved/).waitFor();
	t.is((await eventRow(web.db, id)).video_title, null);

	await page.reload();
	await page.getByText('You go on with your draft').waitFor();
	t.is(await end.inputValue(), '12:00:08.500');
	t.is(await page.getByLabel('Title').inputValue(), 'A better title i o n');
	await page.getByRole('button', { name: 'Discard it' }).click();
	await page.getByText('You go on with your draft').waitFor({ state: 'detached' });
	t.is(await begin.inputValue(), '');
});

test.serial('a page with work that is not saved yet asks before it is left', async (t) => {
	t.timeout(120_000);
	const web = await editorWorld(t, 4);
	const ada = await web.person('editor', 'Ada');
	const { id } = await newEvent(web.db, { ...UNMARKED, description: 'Opening', start: at(0), end: at(4) });
	const { page } = await openEditor(t, chromium.browser, web, ada, id);
	await page.route('**/draft', (route) => route.abort());
	await page.getByLabel('Title').fill('Unsaved');
	const asked = page.waitForEvent('dialog');
	const left = page.goto('about:blank').catch(() => undefined);
	const dialog = await asked;
	t.is(dialog.type(), 'beforeunload');
	await dialog.dismiss();
	await left;
	t.is(await page.getByLabel('Title').inputValue(), 'Unsaved');
	complaints.splice(0);
});

test.serial(
	'a hole is jumped over, and times on its other side are those of the pictures there',
	async (t) => {
		t.timeout(120_000);
		const web = await editorWorld(t, 8);
		await recordTestStream(web.base, new Date(NOON + 20_000), 8);
		const ada = await web.person('editor', 'Ada');
		const { id } = await newEvent(web.db, { ...UNMARKED, description: 'Opening', start: at(6), end: at(26) });
		const { page } = await openEditor(t, chromium.browser, web, ada, id);
		await waitForPicture(page, 6);
		await press(page, 'Shift+ArrowRight');
		await waitForPicture(page, 20);
		await press(page, 'ArrowRight', '.');
		await waitForPicture(page, 21.04);
		await press(page, 'o');
		const end = page.getByLabel('End of range 1', { exact: true }).and(page.locator('input'));
		t.is(await end.inputValue(), '12:00:21.040');
		await press(page, 'Home');
		await waitForPicture(page, 0);
	},
);

test.serial('a stream that is still recorded grows on the page, and place and marks stay', async (t) => {
	t.timeout(120_000);
	const begin = Math.floor(Date.now() / 2_000) * 2_000 - 20_000;
	const web = await editorWorld(t, 12, begin);
	const ada = await web.person('editor', 'Ada');
	const { id } = await newEvent(web.db, { ...UNMARKED, description: 'Live', start: new Date(begin + 4_000) });
	const { page } = await openEditor(t, chromium.browser, web, ada, id);
	const clock = page.getByLabel('Shown time');
	const text = (ms: number) => new Date(begin + ms).toISOString().slice(11, -1);
	await clock.getByText(text(4_000)).waitFor();
	t.is(await page.getByRole('button', { name: 'Live', exact: true }).getAttribute('aria-pressed'), 'true');
	await press(page, 'i');
	await recordTestStream(web.base, new Date(begin + 12_000), 8);
	await holds(page, `document.querySelector('video').seekable.end(0) > 18`);
	t.is(await clock.textContent(), text(4_000));
	await page.getByLabel('Go to a time (G)').fill(text(18_000));
	await page.getByLabel('Go to a time (G)').press('Enter');
	await clock.getByText(text(18_000)).waitFor();
	await page.getByRole('heading', { name: 'Ranges' }).click();
	await press(page, 'o');
	const marks = await page.evaluate<string[]>(
		`[...document.querySelectorAll('.range-row input.time')].map(({ value }) => value)`,
	);
	t.deepEqual(marks, [text(4_000), text(18_000)]);
});

test.serial('everything but the picture works without the video', async (t) => {
	t.timeout(120_000);
	const web = await editorWorld(t, 4);
	const ada = await web.person('editor', 'Ada');
	const { id } = await newEvent(web.db, {
		description: 'Opening',
		start: at(0),
		end: at(4),
		video_start: at(1),
		video_end: at(3),
	});
	const { page } = await openEditor(t, chromium.browser, web, ada, id);
	await page.getByRole('button', { name: 'Video', exact: true }).click();
	await page.getByText('The video is not loaded.').waitFor();
	await page.reload();
	await page.getByText('The video is not loaded.').waitFor();
	const loaded = await page.evaluate<string[]>(
		`performance.getEntriesByType('resource').map(({ name }) => name)`,
	);
	t.deepEqual(
		loaded.filter((name) => /\.ts$|m3u8|hls/.test(name)),
		[],
	);
	await press(page, 'ArrowRight', 'i');
	await page.getByLabel('Title').fill('Without');
	await page.getByRole('button', { name: 'Submit' }).click();
	await page.locator('.event-bar .badge').getByText('EDITED', { exact: true }).waitFor();
	t.like(await eventRow(web.db, id), { state: 'EDITED', video_title: 'Without' });
});

test.serial(
	'what is said about an uploaded video is changed on the page, and nothing else can be',
	async (t) => {
		t.timeout(120_000);
		const web = await editorWorld(t, 4);
		const ada = await web.person('editor', 'Ada');
		const { id } = await newEvent(web.db, {
			description: 'Opening',
			start: at(0),
			end: at(4),
			video_start: at(1),
			video_end: at(3),
		});
		const { page } = await openEditor(t, chromium.browser, web, ada, id);
		await page.getByRole('button', { name: 'Set a link' }).click();
		await page.getByLabel('Link of the video').fill('https://videos.example.org/1');
		await page.getByRole('button', { name: 'Set the link' }).click();
		await page.locator('.event-bar .badge').getByText('UPLOADED').waitFor();
		t.true(
			await page.getByLabel('Beginning of range 1', { exact: true }).and(page.locator('input')).isDisabled(),
		);
		await page.getByLabel('Title').fill('Another title');
		await page.getByRole('button', { name: 'Save changes' }).click();
		await until(async () => (await eventRow(web.db, id)).video_title === 'Another title');
		await page.getByRole('button', { name: 'Edit again' }).click();
		await page.getByRole('dialog').getByRole('button', { name: 'Edit again' }).click();
		await page.locator('.event-bar .badge').getByText('UNEDITED').waitFor();
		t.is((await eventRow(web.db, id)).video_link, null);
	},
);

test.serial('the shortcuts are listed, and do nothing while somebody types', async (t) => {
	t.timeout(120_000);
	const web = await editorWorld(t, 4);
	const ada = await web.person('editor', 'Ada');
	const { id } = await newEvent(web.db, { ...UNMARKED, description: 'Opening', start: at(0), end: at(4) });
	const { page } = await openEditor(t, chromium.browser, web, ada, id, {
		viewport: { width: 820, height: 1180 },
		hasTouch: true,
	});
	await press(page, '?');
	const list = page.getByRole('dialog', { name: 'Shortcuts' });
	await list.getByText('One picture back').waitFor();
	await press(page, 'Escape');
	await list.waitFor({ state: 'detached' });
	await page.getByLabel('Description').fill('');
	await page.getByLabel('Description').pressSequentially('io?n,.');
	t.is(await page.getByLabel('Description').inputValue(), 'io?n,.');
	t.is(await page.locator('.range').count(), 1);
	t.is(await page.locator('.range-row input.time').first().inputValue(), '');
	t.true(await page.evaluate<boolean>('document.documentElement.scrollWidth <= innerWidth'));
});

test.serial(
	'an event without a time is loaded around the first mark that is typed, and another part can be chosen',
	async (t) => {
		t.timeout(120_000);
		const web = await editorWorld(t, 6);
		const ada = await web.person('editor', 'Ada');
		const { id } = await newEvent(web.db, { ...UNMARKED, description: 'Found later' });
		const { page } = await openEditor(t, chromium.browser, web, ada, id);
		await page.getByText('This event has no time yet').waitFor();
		const begin = page.getByLabel('Beginning of range 1', { exact: true }).and(page.locator('input'));
		await begin.fill('2026-05-01 12:00:02');
		await begin.press('Enter');
		await waitForPicture(page, 2);
		await page.getByRole('button', { name: 'Load …' }).click();
		const dialog = page.getByRole('dialog');
		await dialog.getByLabel('To', { exact: true }).fill('11:00');
		await dialog.getByLabel('To', { exact: true }).press('Enter');
		await dialog.getByText('It must end after it begins.').waitFor();
		await dialog.getByLabel('To', { exact: true }).fill('12:00:06');
		await dialog.getByLabel('To', { exact: true }).press('Enter');
		await dialog.getByRole('button', { name: 'Load', exact: true }).click();
		await dialog.waitFor({ state: 'detached' });
		await waitForPicture(page, 2);
		t.is(await page.getByLabel('Length of what is shown').textContent(), '1:04');
	},
);
