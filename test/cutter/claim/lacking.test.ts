import { join } from 'node:path';
import test from 'ava';
import { LackingRows } from '../../../cutter/claim/lacking.ts';
import { createDatabase } from '../../support/database.ts';
import { editedEvent, eventRow, runningNode } from '../../support/events.ts';
import { silent, temporaryFolder } from '../../support/recording.ts';

test('a row that somebody holds is told later why it waits, and is forgotten in the end', async (t) => {
	const { db } = await createDatabase(t);
	await runningNode(db, 'north');
	const event = await editedEvent(db);
	const store = { base: join(await temporaryFolder(t), 'none'), channel: 'stage', quality: 'source' };
	const lacking = new LackingRows(store, 'north', silent);
	await db.transaction().execute(async (held) => {
		await held.updateTable('events').set({ notes: 'being typed' }).where('id', '=', event.id).execute();
		await lacking.tell(db, event, '', 'Waits for segments: north lacks all.');
	});
	t.is((await eventRow(db, event.id)).error, null);
	t.deepEqual(lacking.keys(), [`${event.id}:${event.edit_version}`]);
	await lacking.review(db);
	t.is((await eventRow(db, event.id)).error, 'Waits for segments: north lacks all.');

	const forgetful = new LackingRows(store, 'north', silent, { forgetAfterMs: -1 });
	await forgetful.tell(db, event, '', 'Waits for segments: north lacks all.');
	await forgetful.review(db);
	t.deepEqual(forgetful.keys(), []);
});

test('a row whose claim is refused is tried again soon, and says why from the second time on', async (t) => {
	const { db } = await createDatabase(t);
	await runningNode(db, 'north');
	const event = await editedEvent(db);
	const store = { base: join(await temporaryFolder(t), 'none'), channel: 'stage', quality: 'source' };
	const lacking = new LackingRows(store, 'north', silent, { refusedForMs: -1 });
	for (const error of [null, 'north may not claim this: A rule says no.']) {
		await lacking.refused(db, event, '', 'A rule says no.');
		t.is((await eventRow(db, event.id)).error, error);
		t.deepEqual(lacking.keys(), [`${event.id}:${event.edit_version}`]);
		await lacking.review(db);
		t.deepEqual(lacking.keys(), []);
	}
});
