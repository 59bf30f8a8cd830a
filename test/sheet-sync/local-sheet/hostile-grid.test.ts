import test from 'ava';
import { hostileCells, kept } from '../../faults/hostile-texts.ts';
import { SIZES, watchLayout } from '../../support/layout.ts';
import { withChromium } from '../../support/page.ts';
import { startWorld } from '../world.ts';
import { openGrid } from './grid-page.ts';

const chromium = withChromium(test);

const TEXTS = hostileCells('/tmp/none').map(kept);

test.serial(
	'no text of a cell, a header, a title or an error runs, or takes a control of the grid away',
	async (t) => {
		t.timeout(120_000);
		const long = TEXTS.at(-1)!;
		const world = await startWorld(t, {
			spreadsheet: {
				id: 'events',
				title: long,
				worksheets: [{ title: 'Talks', headers: ['Error', 'Description', ...TEXTS] }],
			},
		});
		await world.change(
			...TEXTS.map((text) => ({
				addSheet: { properties: { title: text.replace(/\p{Cc}/gu, '').slice(0, 90) || 'x' } },
			})),
		);
		await world.type(
			'Talks!A2',
			TEXTS.map((text) => [
				`'${text.slice(0, 49_990)}`,
				`'${text.slice(0, 49_990)}`,
				`'${text.slice(0, 49_990)}`,
			]),
		);
		for (const [size, options] of Object.entries(SIZES)) {
			const page = await openGrid(t, chromium.browser, world, options);
			const problems = watchLayout(page);
			await page.locator('.slick-row[data-row="2"] .slick-cell').nth(2).click();
			await page.locator('#cell-place').getByText('B3').waitFor();
			await page.keyboard.press('Control+End');
			await page.keyboard.press('Control+Home');
			for (let row = 0; row < TEXTS.length; row++) await page.keyboard.press('ArrowDown');
			if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/grid-${size}.png` });
			t.deepEqual(await problems(), [], size);
		}
	},
);
