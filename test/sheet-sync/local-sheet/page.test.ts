import { readFile } from 'node:fs/promises';
import test from 'ava';
import { withChromium } from '../../support/page.ts';
import { until } from '../../support/until.ts';
import { openSync, SPREADSHEET, settle, settleAfterSql, startWorld } from '../world.ts';
import { becomes, cell, copied, menu, openGrid, paste, press } from './grid-page.ts';

const chromium = withChromium(test);

test.serial('a person types a row, and sees the daemon’s writes appear without reloading', async (t) => {
	const world = await startWorld(t);
	const sync = await openSync(world);
	const page = await openGrid(t, chromium.browser, world);
	await cell(page, 2, 'start').click();
	for (const text of ['2026-07-04 18:30', '--', 'Talk', 'How things work']) {
		await page.keyboard.type(text);
		await press(page, 'Tab');
	}
	await becomes(t, world, ['Start', 'Description'], [['2026-07-04 18:30:00', 'How things work']]);
	await settle(sync);
	await cell(page, 2, 'state').getByText('UNEDITED').waitFor();
	const event = await world.db.selectFrom('events').selectAll().executeTakeFirstOrThrow();
	t.is(event.description, 'How things work');
	await world.db
		.updateTable('events')
		.set({ state: 'UPLOADED', uploader: 'manual', video_link: 'https://video.example/1' })
		.execute();
	await settleAfterSql(sync);
	const link = cell(page, 2, 'video').getByRole('link');
	t.is(await link.getAttribute('href'), 'https://video.example/1');
});

test.serial('cells show markup as text, and dangerous links as text', async (t) => {
	const world = await startWorld(t);
	const page = await openGrid(t, chromium.browser, world);
	const markup = '<img src=x onerror="document.title=1"><b>bold</b>';
	await world.type('Talks!C2', [['javascript:alert(1)', markup]]);
	await cell(page, 2, 'description').getByText(markup).waitFor();
	await cell(page, 2, 'description').click();
	await page.locator('#cell-text').getByText(markup).waitFor();
	await cell(page, 3, 'description').click();
	await paste(page, { 'text/html': `<table><tr><td>${markup}pasted</td></tr></table>` });
	await cell(page, 3, 'description').getByText('boldpasted').waitFor();
	await page.getByRole('button', { name: 'History' }).click();
	await page.locator('#history-list').getByText(markup).waitFor();
	t.is(await page.locator('#grid b, #grid img, #grid .column-category a, #history-list b').count(), 0);
	t.is(await page.title(), 'Our event');
});

test.serial('keys move, edit, tick and empty cells; Escape gives up; what is refused is said', async (t) => {
	const world = await startWorld(t);
	await world.type('Talks!D2', [['Before', 'n', 'FALSE']]);
	const page = await openGrid(t, chromium.browser, world);
	await cell(page, 2, 'category').click();
	await press(page, 'ArrowRight', 'Enter');
	await page.keyboard.type('After');
	await press(page, 'Enter', 'ArrowUp', 'F2');
	await page.keyboard.type('Not this');
	await press(page, 'Escape', 'ArrowRight', 'Delete', 'ArrowRight', 'Space');
	await becomes(t, world, ['Description', 'Notes', 'Allow holes'], [['After', '', 'TRUE']]);
	await cell(page, 2, 'allow holes').locator('input:checked').click();
	await becomes(t, world, ['Allow holes'], [['FALSE']]);
	await page.keyboard.type('=1+1');
	await press(page, 'Enter');
	await page
		.getByRole('alert')
		.getByText(/has no formulas/)
		.waitFor();
	await cell(page, 2, 'allow holes').locator('input').waitFor();
	await becomes(t, world, ['Allow holes'], [['FALSE']]);
});

test.serial('ranges are copied, cut, pasted and emptied, and one cell fills a range', async (t) => {
	const world = await startWorld(t);
	await world.type('Talks!C2', [
		['a', 'two\nlines'],
		['b', '"quoted"'],
	]);
	const page = await openGrid(t, chromium.browser, world);
	await cell(page, 2, 'category').click();
	await press(page, 'Shift+ArrowDown', 'Shift+ArrowRight');
	await page.locator('#cell-place').getByText('C2:D3').waitFor();
	const { text, html } = await copied(page);
	t.is(text, 'a\t"two\nlines"\nb\t"""quoted"""');
	t.regex(html, /<td>two<br>lines<\/td>/);
	await cell(page, 5, 'category').click();
	await paste(page, { 'text/plain': text });
	const both = ['Category', 'Description'];
	const block = [
		['a', 'two\nlines'],
		['b', '"quoted"'],
	];
	await becomes(t, world, both, [...block, ['', ''], ...block]);
	await cell(page, 2, 'category').click();
	await press(page, 'Shift+ArrowRight');
	await copied(page, 'cut');
	await becomes(t, world, both, [['', ''], block[1]!, ['', ''], ...block]);
	await cell(page, 2, 'category').click();
	await press(page, 'Shift+ArrowRight', 'Shift+ArrowDown');
	await paste(page, { 'text/plain': 'x' });
	await becomes(t, world, both, [['x', 'x'], ['x', 'x'], ['', ''], ...block]);
	await press(page, 'Delete');
	await becomes(t, world, both, [['', ''], ['', ''], ['', ''], ...block]);
	await cell(page, 5, 'category').getByText('a').hover();
	await page.mouse.down();
	await cell(page, 6, 'notes').hover();
	await page.mouse.up();
	await page.locator('#cell-place').getByText('C5:E6').waitFor();
	t.is((await copied(page)).text, 'a\t"two\nlines"\t\nb\t"""quoted"""\t');
});

test.serial(
	'rows are moved by dragging their numbers, and whole rows and columns are selected',
	async (t) => {
		const world = await startWorld(t);
		await world.type('Talks!D2', [['One'], ['Two'], ['Three']]);
		const page = await openGrid(t, chromium.browser, world);
		const number = (row: number) => page.locator(`.slick-row[data-row="${row - 1}"] .row-number`);
		await number(2).hover();
		await page.mouse.down();
		await number(3).hover();
		await number(4).hover({ position: { x: 20, y: 8 } });
		await page.locator('.slick-row[data-row="3"] .drop-before').first().waitFor();
		await page.mouse.up();
		await becomes(t, world, ['Description'], [['Two'], ['One'], ['Three']]);
		await cell(page, 3, 'description').getByText('One').waitFor();
		await number(3).click();
		await page.locator('#cell-place').getByText('A3:Z3').waitFor();
		await number(4).click({ modifiers: ['Shift'] });
		await page.locator('#cell-place').getByText('A3:Z4').waitFor();
		await page.locator('.slick-header-column').getByText('D', { exact: true }).click();
		await page.locator('#cell-place').getByText('D1:D4').waitFor();
		t.is((await copied(page)).text, 'Description\nTwo\nOne\nThree');
	},
);

test.serial('what other spreadsheets copy is pasted cell by cell, and the grid grows for it', async (t) => {
	const world = await startWorld(t);
	const page = await openGrid(t, chromium.browser, world);
	await cell(page, 2, 'start').click();
	// As Google Sheets has it: styles, a line break, an entity, a merged cell; the plain text is ignored beside it.
	await paste(page, {
		'text/plain': 'not this',
		'text/html':
			'<google-sheets-html-origin><style>td{border:1px}</style><table dir="ltr"><tbody>' +
			'<tr><td>2026-07-04 18:30</td><td>--</td><td colspan="2">Talk</td><td>one<br>two</td></tr>' +
			'<tr><td>19:15</td><td>20:00</td><td>A &amp; B</td>\n<td>\n  spaced \n text</td><td></td></tr></tbody></table>',
	});
	const columns = ['Start', 'End', 'Category', 'Description', 'Notes'];
	await becomes(t, world, columns, [
		['2026-07-04 18:30:00', '--', 'Talk', '', 'one\ntwo'],
		['19:15', '20:00', 'A & B', 'spaced text', ''],
	]);
	const many = Array.from({ length: 1500 }, (_, index) => `n${index}`);
	await cell(page, 4, 'description').click();
	await paste(page, { 'text/plain': `${many.join('\r\n')}\r\n` });
	await until(async () => (await world.rows()).at(-1)?.Description === 'n1499');
	t.is((await world.rows()).length, 1502);
});

test.serial('undo and redo take back what this page did, and nothing that others did since', async (t) => {
	const world = await startWorld(t);
	await world.type('Talks!D2', [['One'], ['Two'], ['Three']]);
	const [mine, theirs] = [
		await openGrid(t, chromium.browser, world),
		await openGrid(t, chromium.browser, world),
	];
	await cell(mine, 3, 'description').click();
	await menu(mine, 'Rows', 'Delete rows');
	await becomes(t, world, ['Description'], [['One'], ['Three']]);
	await cell(theirs, 2, 'description').getByText('One').waitFor();
	await cell(theirs, 2, 'notes').click();
	await theirs.keyboard.type('theirs');
	await press(theirs, 'Enter');
	await cell(mine, 2, 'notes').getByText('theirs').waitFor();
	await cell(mine, 2, 'description').click();
	await mine.keyboard.type('First');
	await press(mine, 'Enter');
	await becomes(
		t,
		world,
		['Description', 'Notes'],
		[
			['First', 'theirs'],
			['Three', ''],
		],
	);
	await mine.getByRole('button', { name: 'Undo' }).click();
	await mine.getByRole('button', { name: 'Undo' }).click();
	await becomes(
		t,
		world,
		['Description', 'Notes'],
		[
			['One', 'theirs'],
			['Two', ''],
			['Three', ''],
		],
	);
	await press(mine, 'Control+y');
	await becomes(t, world, ['Description'], [['One'], ['Three']]);
	await press(mine, 'Control+y');
	await cell(theirs, 2, 'description').getByText('First').waitFor();
	await cell(theirs, 2, 'description').click();
	await theirs.keyboard.type('Mine now');
	await press(theirs, 'Enter');
	await cell(mine, 2, 'description').getByText('Mine now').waitFor();
	await press(mine, 'Control+z');
	await mine
		.getByRole('alert')
		.getByText(/One cell stays/)
		.waitFor();
	t.is((await world.rows())[0]?.Description, 'Mine now');
});

test.serial('rows are sorted by the column of the selected cell, and moved by keys', async (t) => {
	const world = await startWorld(t);
	await world.type('Talks!D2', [['b'], ['c'], ['a']]);
	const page = await openGrid(t, chromium.browser, world);
	await cell(page, 2, 'description').click();
	await menu(page, 'Rows', 'Sort A → Z');
	await becomes(t, world, ['Description'], [['a'], ['b'], ['c']]);
	await cell(page, 3, 'description').getByText('b').waitFor();
	await cell(page, 4, 'description').click();
	await press(page, 'Alt+ArrowUp');
	await becomes(t, world, ['Description'], [['a'], ['c'], ['b']]);
	await page.locator('#cell-place').getByText('D3').waitFor();
	await press(page, 'Control+z');
	await becomes(t, world, ['Description'], [['a'], ['b'], ['c']]);
});

test.serial('text is found, and the one after it', async (t) => {
	const world = await startWorld(t);
	await world.type('Talks!D2', [['Opening'], ['Pause'], ['The opening of the pause']]);
	const page = await openGrid(t, chromium.browser, world);
	await cell(page, 2, 'start').click();
	await press(page, 'Control+f');
	await page.keyboard.type('OPEN');
	await page.locator('#cell-place').getByText('D2').waitFor();
	await page.getByText('1 of 2').waitFor();
	await press(page, 'Enter');
	await page.locator('#cell-place').getByText('D4').waitFor();
	t.is(await page.locator('.slick-cell.found').count(), 2);
	await press(page, 'Escape');
	await page.keyboard.type('typed');
	await press(page, 'Enter');
	await becomes(t, world, ['Description'], [['Opening'], ['Pause'], ['typed']]);
});

test.serial('worksheets are added, renamed, frozen, deleted and brought back, on every page', async (t) => {
	const world = await startWorld(t);
	await world.type('Talks!D2', [['On the first']]);
	const [mine, theirs] = [
		await openGrid(t, chromium.browser, world),
		await openGrid(t, chromium.browser, world),
	];
	await mine.getByRole('button', { name: 'Add a worksheet' }).click();
	await theirs.getByRole('tab', { name: 'Sheet2' }).click();
	await cell(theirs, 1, 'description').getByText('Description').waitFor();
	await cell(theirs, 2, 'description').click();
	await theirs.keyboard.type('On the second');
	await press(theirs, 'Enter');
	await cell(mine, 2, 'description').getByText('On the second').waitFor();
	mine.on('dialog', (dialog) => dialog.accept(dialog.type() === 'prompt' ? 'Panels' : undefined));
	await menu(mine, 'Worksheet', 'Rename…');
	await theirs.getByRole('tab', { name: 'Panels' }).waitFor();
	await cell(mine, 3, 'description').click();
	await menu(mine, 'Worksheet', 'Freeze rows up to here');
	await theirs.locator('.frozen-row[data-row="2"]').first().waitFor();
	await menu(mine, 'Worksheet', 'Delete…');
	await cell(theirs, 2, 'description').getByText('On the first').waitFor();
	t.is(await theirs.getByRole('tab').count(), 1);
	await mine.getByRole('button', { name: 'Undo' }).click();
	await theirs.getByRole('tab', { name: 'Panels' }).click();
	await cell(theirs, 2, 'description').getByText('On the second').waitFor();
	await theirs.locator('.frozen-row[data-row="2"]').first().waitFor();
	t.is((await world.rows('Panels'))[0]?.Description, 'On the second');
});

test.serial('a worksheet goes out as CSV and XLSX, and comes in again as it was', async (t) => {
	const world = await startWorld(t);
	const rows = [['2026-07-04 18:30', '--', 'Talk', "'=SUM(A1)", 'two\n"lines"', 'TRUE']];
	await world.type('Talks!A2', rows);
	const page = await openGrid(t, chromium.browser, world);
	const columns = ['Start', 'End', 'Category', 'Description', 'Notes', 'Allow holes'];
	const shown = [['2026-07-04 18:30:00', '--', 'Talk', '=SUM(A1)', 'two\n"lines"', 'TRUE']];
	for (const [link, name] of [
		['Export this worksheet as CSV', 'Our event - Talks'],
		['Export all as XLSX', 'Talks (2)'],
	] as const) {
		await page.locator('summary').getByText('Worksheet').click();
		const downloading = page.waitForEvent('download');
		await page.getByRole('link', { name: link }).click();
		const download = await downloading;
		const file = {
			name: download.suggestedFilename(),
			mimeType: '',
			buffer: await readFile(await download.path()),
		};
		await page.getByLabel('File to import').setInputFiles(file);
		await page.getByRole('tab', { name, exact: true, selected: true }).waitFor();
		await becomes(t, world, columns, shown, name);
		await cell(page, 2, 'description').getByText('=SUM(A1)').waitFor();
	}
});

test.serial(
	'what somebody is typing lands in its row, although another person moves it meanwhile',
	async (t) => {
		const world = await startWorld(t);
		await world.type('Talks!D2', [['One'], ['Two']]);
		const page = await openGrid(t, chromium.browser, world);
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
		await press(page, 'Enter');
		await cell(page, 4, 'notes').getByText('about two').waitFor();
		await cell(page, 2, 'description').getByText('New').waitFor();
		const expected = [
			['New', ''],
			['One', ''],
			['Two', 'about two'],
		];
		await becomes(t, world, ['Description', 'Notes'], expected, 'Later');
	},
);

test.serial('20,000 rows open within seconds, scroll, and take a change at their end', async (t) => {
	const world = await startWorld(t);
	const rows = Array.from({ length: 20_000 }, (_, row) => ['', '', 'Talk', `Talk ${row + 1}`, 'notes']);
	await world.api.spreadsheets.values.append({
		spreadsheetId: SPREADSHEET,
		range: 'Talks!A1:E1',
		valueInputOption: 'RAW',
		requestBody: { values: rows },
	});
	const page = await openGrid(t, chromium.browser, world);
	await press(page, 'Control+f');
	await page.keyboard.type('Talk 19999');
	await cell(page, 20_000, 'description').getByText('Talk 19999').waitFor();
	await press(page, 'Escape', 'ArrowRight');
	await page.keyboard.type('here');
	await press(page, 'Enter');
	await until(async () => (await world.rows())[19_998]?.Notes === 'here');
	t.true((await page.locator('.slick-row').count()) < 200);
});
