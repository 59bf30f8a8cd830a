import test from 'ava';
import { eventRow, newEvent, runningNode } from '../../../support/events.ts';
import { withChromium } from '../../../support/page.ts';
import { at, editorWorld, holds, openEditor } from './world.ts';

const chromium = withChromium(test);

test.serial(
	'two people who edit one event see each other, and what the other did is never overwritten',
	async (t) => {
		t.timeout(120_000);
		const web = await editorWorld(t, 10);
		const [ada, grace] = [await web.person('editor', 'Ada'), await web.person('editor', 'Grace')];
		await runningNode(web.db, 'north');
		const { id } = await newEvent(web.db, {
			description: 'Opening',
			start: at(0),
			end: at(10),
			video_start: at(1),
			video_end: at(9),
		});
		const { page } = await openEditor(t, chromium.browser, web, ada, id);
		const { page: hers } = await openEditor(t, chromium.browser, web, grace, id);
		await page.getByText('Grace is here').waitFor();
		await hers.getByText('Ada is here').waitFor();

		await page.getByLabel('Title').fill('Title of Ada');
		await hers.getByText('Ada edits this too').waitFor();
		await web.db
			.updateTable('events')
			.set({ tags: ['from the sheet'] })
			.where('id', '=', id)
			.execute();
		const question = page.getByRole('dialog', { name: 'This event was changed meanwhile' });
		await question.getByText('from the sheet').waitFor();
		await question.getByRole('button', { name: 'Keep both' }).click();
		t.is(await page.getByLabel('Tags').inputValue(), 'from the sheet');
		t.is(await page.getByLabel('Title').inputValue(), 'Title of Ada');
		await holds(
			hers,
			`[...document.querySelectorAll('input')].some(({ value }) => value === 'from the sheet')`,
		);

		await hers.getByRole('button', { name: 'Submit' }).click();
		await hers.locator('.event-bar .badge').getByText('EDITED', { exact: true }).waitFor();
		await question.getByText('It is EDITED now, so nothing can be submitted').waitFor();
		await question.getByRole('button', { name: 'Drop mine' }).click();
		await page.getByText('Grace submitted this; they or an operator can cancel it.').waitFor();
		t.like(await eventRow(web.db, id), { state: 'EDITED', video_title: 'A title', editor: 'Grace' });
	},
);

test.serial(
	'a question about changes of others that is closed decides nothing, and is asked again',
	async (t) => {
		t.timeout(120_000);
		const web = await editorWorld(t, 4);
		const ada = await web.person('editor', 'Ada');
		await runningNode(web.db, 'north');
		const { id } = await newEvent(web.db, {
			...{ description: 'Opening', start: at(0), end: at(4), video_start: at(1), video_end: at(3) },
		});
		const { page } = await openEditor(t, chromium.browser, web, ada, id);
		const title = page.getByLabel('Title');
		const change = (columns: { video_title?: string; tags?: string[] }) =>
			web.db.updateTable('events').set(columns).where('id', '=', id).execute();
		await title.fill('Title of Ada');
		await change({ video_title: 'Another title' });
		const question = page.getByRole('dialog', { name: 'This event was changed meanwhile' });
		await question.getByText('You changed this too: Title.').waitFor();
		await page.keyboard.press('Escape');
		await question.waitFor({ state: 'detached' });
		const note = page.getByRole('status').filter({ hasText: 'changed this event meanwhile' });
		await note.waitFor();
		t.is(await title.inputValue(), 'Title of Ada');

		await page.getByRole('button', { name: 'Submit' }).click();
		await question.waitFor();
		t.is((await eventRow(web.db, id)).state, 'UNEDITED');
		// Whoever types as it comes up chooses neither side.
		await page.keyboard.press('Space');
		await question.waitFor({ state: 'detached' });
		await title.fill('Title of Ada, later');
		await change({ tags: ['from the sheet'] });
		await question.getByText('from the sheet').waitFor();
		await page.keyboard.press('Escape');
		await note.getByRole('button', { name: 'Decide' }).click();
		await question.getByRole('button', { name: 'Keep mine' }).click();
		await note.waitFor({ state: 'detached' });
		t.is(await title.inputValue(), 'Title of Ada, later');
		t.is(await page.getByLabel('Tags').inputValue(), 'from the sheet');
		await page.getByRole('button', { name: 'Submit' }).click();
		await page.locator('.event-bar .badge').getByText('EDITED', { exact: true }).waitFor();
		t.like(await eventRow(web.db, id), { video_title: 'Title of Ada, later', tags: ['from the sheet'] });
	},
);
