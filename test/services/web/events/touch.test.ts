import test from 'ava';
import { claimEvent } from '../../../../db/transitions/claim.ts';
import { failEvent } from '../../../../db/transitions/leased.ts';
import { editedEvent, eventRow, runningNode } from '../../../support/events.ts';
import { openPage, smallTargets, TABLET, withChromium } from '../../../support/page.ts';
import { startTestWeb } from '../../../support/web.ts';

const chromium = withChromium(test);

test.serial('an operator on a tablet opens, retries, ticks and changes events with a finger', async (t) => {
	t.timeout(120_000);
	const web = await startTestWeb(t);
	const ada = await web.person('operator', 'Ada');
	await runningNode(web.db, 'north');
	const failed = await editedEvent(web.db, { video_title: 'Failed' });
	await failEvent(web.db, (await claimEvent(web.db, failed, 'north', 60))!, 'The disk is full.');
	const waiting = [
		await editedEvent(web.db, { video_title: 'One' }),
		await editedEvent(web.db, { video_title: 'Two' }),
	];
	const { page } = await openPage(t, chromium.browser, web, ada, '/', TABLET);
	const row = (title: string) => page.getByRole('row').filter({ hasText: title });
	await row('Failed').getByText('Failed').tap();
	const panel = page.getByRole('complementary');
	await panel.getByRole('button', { name: 'Retry' }).tap();
	await row('Failed').getByText('EDITED', { exact: true }).waitFor();
	await panel.getByRole('button', { name: 'Close the panel' }).tap();
	await panel.waitFor({ state: 'detached' });

	for (const title of ['One', 'Two']) {
		const before = await row(title).boundingBox();
		await row(title)
			.locator('.tick')
			.tap({ position: { x: 6, y: 33 } });
		await row(title).and(page.locator('[aria-selected="true"]')).waitFor();
		// It has not moved away under the next finger.
		t.deepEqual(await row(title).boundingBox(), before);
	}
	const selection = page.getByRole('region', { name: 'Selected events' });
	await selection.getByText('2 events selected').waitFor();
	await selection.getByRole('button', { name: 'Change…' }).tap();
	await page.getByLabel('Priority').fill('7');
	await page.getByRole('dialog').getByRole('button', { name: 'Change' }).tap();
	await page.getByText('Done for all 2.').waitFor();
	for (const { id } of waiting) t.is((await eventRow(web.db, id)).priority, 7);

	await page.locator('th.tick').tap();
	await selection.getByText('3 events selected').waitFor();
	await page.getByRole('button', { name: /^Errors/ }).tap();
	await page.getByText('No event is like that.').waitFor();
	t.deepEqual(await smallTargets(page, 24), []);
});
