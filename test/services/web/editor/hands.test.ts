import test from 'ava';
import type { Page } from 'playwright-core';
import { newEvent } from '../../../support/events.ts';
import { smallTargets, TABLET, withChromium } from '../../../support/page.ts';
import { at, editorWorld, openEditor, waitForPicture } from './world.ts';

const chromium = withChromium(test);

const MARKED = { description: 'Opening', start: at(0), end: at(8), video_start: at(2), video_end: at(6) };

/** What the time fields of the ranges say. */
function marks(page: Page): Promise<string[]> {
	return page.evaluate(`[...document.querySelectorAll('.range-row input.time')].map(({ value }) => value)`);
}

test.serial('a mark that has the focus is moved by pictures, seconds, and as far as it goes', async (t) => {
	t.timeout(120_000);
	const web = await editorWorld(t, 8);
	const ada = await web.person('editor', 'Ada');
	const { id } = await newEvent(web.db, MARKED);
	const { page } = await openEditor(t, chromium.browser, web, ada, id);
	await waitForPicture(page, 2);
	const begin = page.getByRole('slider', { name: 'Beginning of range 1' });
	await begin.focus();
	await begin.press('ArrowRight');
	t.deepEqual(await marks(page), ['12:00:02.040', '12:00:06.000']);
	await begin.press('Shift+ArrowLeft');
	t.deepEqual(await marks(page), ['12:00:01.040', '12:00:06.000']);
	await begin.press('End');
	t.deepEqual(await marks(page), ['12:00:05.960', '12:00:06.000']);
	t.is(await begin.getAttribute('aria-valuenow'), await begin.getAttribute('aria-valuemax'));
	await begin.press('Home');
	t.deepEqual(await marks(page), ['11:59:00.000', '12:00:06.000']);
	const end = page.getByRole('slider', { name: 'End of range 1' });
	await end.press('End');
	t.deepEqual(await marks(page), ['11:59:00.000', '12:02:08.000']);
	await page.keyboard.press('Control+z');
	t.deepEqual(await marks(page), ['11:59:00.000', '12:00:06.000']);
	t.deepEqual(await smallTargets(page, 24), []);
});

test.serial('an editor on a tablet marks, drags a mark and submits with a finger', async (t) => {
	t.timeout(120_000);
	const web = await editorWorld(t, 8);
	const ada = await web.person('editor', 'Ada');
	const { id } = await newEvent(web.db, { ...MARKED, video_start: at(3) });
	const { page, context } = await openEditor(t, chromium.browser, web, ada, id, TABLET);
	await waitForPicture(page, 3);
	await page.getByRole('button', { name: '1 s back (←)' }).tap();
	await waitForPicture(page, 2);
	await page.getByRole('button', { name: 'In', exact: true }).tap();
	t.deepEqual(await marks(page), ['12:00:02.000', '12:00:06.000']);
	await page.getByRole('button', { name: 'Range', exact: true }).tap();

	const box = (await page.getByRole('slider', { name: 'End of range 1' }).boundingBox())!;
	const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
	const devtools = await context.newCDPSession(page);
	const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', points: { x: number; y: number }[]) =>
		devtools.send('Input.dispatchTouchEvent', { type, touchPoints: points });
	await touch('touchStart', [{ x, y }]);
	for (const moved of [20, 60, 100]) await touch('touchMove', [{ x: x - moved, y }]);
	await touch('touchEnd', []);
	// So fast a finger throws, for Chromium, and the next tap only ends that.
	await page.locator('h1').first().tap();
	const [start, end] = await marks(page);
	t.is(start, '12:00:02.000');
	t.true(end! > '12:00:04' && end! < '12:00:06', end);

	await page.getByRole('button', { name: 'Submit' }).tap();
	await page.locator('.event-bar .badge').getByText('EDITED', { exact: true }).waitFor();
	t.deepEqual(await smallTargets(page, 24), []);
	t.true(await page.evaluate<boolean>('document.documentElement.scrollWidth <= innerWidth'));
});
