import test from 'ava';
import type { Db } from '../../db/connect.ts';
import { cancelEvent } from '../../db/transitions/cancel.ts';
import { claimEvent } from '../../db/transitions/claim.ts';
import { completeEvent, finalizeEvent, storeUploadSession } from '../../db/transitions/leased.ts';
import { submitEdit } from '../../db/transitions/submit-edit.ts';
import type { SheetSync } from '../../sheet-sync/sheet-sync.ts';
import { eventRow, newEvent, runningNode } from '../support/events.ts';
import type { MemoryWorld } from './memory-world.ts';
import { memoryWorld } from './memory-world.ts';

const FORM = {
	'Video start': '2026-07-04T10:00:00Z',
	'Video end': '2026-07-04T10:05:00.250Z',
	'Video title': 'The talk',
};
const RANGE = { start: new Date('2026-07-04T11:00:00Z'), end: new Date('2026-07-04T11:05:00Z') };

async function rest(sync: SheetSync): Promise<void> {
	for (let quiet = 0; quiet < 2; ) {
		const { setAside, ...work } = await sync.cycle();
		quiet = Object.values(work).every((count) => count === 0) ? quiet + 1 : 0;
	}
}

/** A row that is an event, with a box that nobody ticked yet. */
async function rowWithBox(
	t: Parameters<typeof memoryWorld>[0],
): Promise<{ world: MemoryWorld; sync: SheetSync }> {
	const world = await memoryWorld(t);
	const sync = await world.open({ start: new Date('2026-07-04T10:00:00Z') });
	await world.type(1, { Description: 'A talk', ...FORM, Submit: false });
	await rest(sync);
	return { world, sync };
}

function onlyEvent(db: Db) {
	return db.selectFrom('events').selectAll().executeTakeFirstOrThrow();
}

/** How often the sheet submitted an edit. */
async function submissions(db: Db): Promise<number> {
	const rows = await db
		.selectFrom('event_history')
		.select('seq')
		.where('to_state', '=', 'EDITED')
		.where('from_state', '<>', 'EDITED')
		.where('actor', '=', 'the sheet')
		.execute();
	return rows.length;
}

test('ticking the box submits what the row says, once, and the history names the sheet', async (t) => {
	const { world, sync } = await rowWithBox(t);
	await world.type(1, { Submit: true });
	await rest(sync);
	const event = await onlyEvent(world.db);
	t.like(event, { state: 'EDITED', video_title: 'The talk', video_description: '', editor: 'the sheet' });
	t.deepEqual(
		[event.video_start, event.video_end],
		[new Date('2026-07-04T10:00:00Z'), new Date('2026-07-04T10:05:00.250Z')],
	);
	t.like(await world.row(1), { Submit: 'true', State: 'EDITED', Error: '' });
	t.is(await submissions(world.db), 1);
});

test('times count from the start that is configured, and without a title the description is the title', async (t) => {
	const { world, sync } = await rowWithBox(t);
	await world.type(1, { 'Video start': '0:10', 'Video end': '0:12:30', 'Video title': '' });
	await world.type(1, { Submit: true });
	await rest(sync);
	t.like(await onlyEvent(world.db), { state: 'EDITED', video_title: 'A talk' });
	t.deepEqual((await onlyEvent(world.db)).video_start, new Date('2026-07-04T10:10:00Z'));
});

const REFUSED: [string, Record<string, string>, RegExp][] = [
	['without an end', { 'Video end': '' }, /^Submit: “Video end” must be filled in; mend that/],
	[
		'with an end before the start',
		{ 'Video end': '2026-07-04T09:00:00Z' },
		/^Submit: “Video end” is not after/,
	],
	['with a start that nobody can read', { 'Video start': 'soon' }, /Submit: “Video start” cannot be read/],
	[
		'with a title that the location does not take',
		{ 'Video title': 'Far too long', 'Upload location': 'short' },
		/^Submit: the edit was not taken: the title has 12 characters, but upload location "short" takes 5/,
	],
];

for (const [how, cells, sentence] of REFUSED) {
	test(`an edit ${how} is refused: the box is unticked and the row says why, until that is mended`, async (t) => {
		const { world, sync } = await rowWithBox(t);
		await world.db
			.insertInto('locations')
			.values({
				name: 'short',
				kind: 'local',
				limits: JSON.stringify({ title_max_characters: 5 }),
				config_hash: 'x',
				registered_by: 'node-1',
			})
			.execute();
		await world.type(1, { ...cells, Submit: true });
		await rest(sync);
		t.is((await onlyEvent(world.db)).state, 'UNEDITED');
		t.is((await world.row(1)).Submit, 'false');
		t.regex((await world.row(1)).Error ?? '', sentence);
		// Also for a process that did not see it happen.
		const next = await world.open();
		await rest(next);
		t.regex((await world.row(1)).Error ?? '', sentence);
		await world.type(1, { ...FORM, 'Upload location': '' });
		await rest(next);
		t.is((await world.row(1)).Error, '');
		await world.type(1, { Submit: true });
		await rest(next);
		t.like(await onlyEvent(world.db), { state: 'EDITED', video_title: 'The talk' });
	});
}

test('unticking cancels an edit that waits, and ticking again submits it as the row now says', async (t) => {
	const { world, sync } = await rowWithBox(t);
	await world.type(1, { Submit: true });
	await rest(sync);
	await world.type(1, { Submit: false });
	await rest(sync);
	t.like(await onlyEvent(world.db), {
		state: 'UNEDITED',
		error: 'Cancelled by the sheet: Submit was unticked',
	});
	await world.type(1, { 'Video title': 'Another title', Submit: true });
	await rest(sync);
	t.like(await onlyEvent(world.db), { state: 'EDITED', video_title: 'Another title', error: null });
});

test('when the event comes back to UNEDITED the box is unticked, and nothing is submitted by itself', async (t) => {
	const { world, sync } = await rowWithBox(t);
	await world.type(1, { Submit: true });
	await rest(sync);
	const { id } = await onlyEvent(world.db);
	await cancelEvent(world.db, id, 'Ada', 'wrong talk');
	await rest(sync);
	t.like(await world.row(1), { Submit: 'false', State: 'UNEDITED', Error: 'Cancelled by Ada: wrong talk' });
	t.is(await submissions(world.db), 1);
});

test('our own unticking cancels nothing that somebody submits in the same moment', async (t) => {
	const { world, sync } = await rowWithBox(t);
	await world.type(1, { Submit: true });
	await rest(sync);
	const { id } = await onlyEvent(world.db);
	await cancelEvent(world.db, id, 'Ada');
	await sync.cycle();
	t.is((await world.row(1)).Submit, 'false');
	await submitEdit(world.db, id, { ranges: [RANGE], title: 'By Ada', description: '' });
	await rest(sync);
	t.like(await onlyEvent(world.db), { state: 'EDITED', video_title: 'By Ada' });
});

test('a tick on an edit that somebody else submitted is refused, unless it says the same', async (t) => {
	const { world, sync } = await rowWithBox(t);
	const { id } = await onlyEvent(world.db);
	await submitEdit(world.db, id, { ranges: [RANGE], title: 'By Ada', description: '', editor: 'Ada' });
	await rest(sync);
	await world.type(1, { Submit: true });
	await rest(sync);
	t.is((await world.row(1)).Submit, 'false');
	t.regex(
		(await world.row(1)).Error ?? '',
		/^Submit: the edit was not taken: another edit was submitted already by Ada/,
	);
	t.like(await onlyEvent(world.db), { state: 'EDITED', video_title: 'By Ada' });
	const [start, end] = [RANGE.start.toISOString(), RANGE.end.toISOString()];
	await world.type(1, { 'Video start': start, 'Video end': end, 'Video title': 'By Ada', Submit: true });
	await rest(sync);
	t.like(await world.row(1), { Submit: 'true', State: 'EDITED', Error: '' });
});

test('a published video stays when the box is unticked, and is cut anew when it is ticked with another form', async (t) => {
	const { world, sync } = await rowWithBox(t);
	await world.type(1, { Submit: true });
	await rest(sync);
	const { id } = await onlyEvent(world.db);
	await publish(world.db, id);
	await rest(sync);
	await world.type(1, { Submit: false });
	await rest(sync);
	await world.type(1, { Submit: true });
	await rest(sync);
	t.like(await onlyEvent(world.db), { state: 'UPLOADED', video_link: 'https://video.example/1' });
	await world.type(1, { Submit: false });
	await rest(sync);
	await world.type(1, { 'Video end': '2026-07-04T10:06:00Z', Submit: true });
	await rest(sync);
	t.like(await onlyEvent(world.db), { state: 'EDITED', video_link: null });
	t.is(await submissions(world.db), 2);
});

async function publish(db: Db, id: string): Promise<void> {
	await runningNode(db, 'node-1');
	const lease = (await claimEvent(db, await eventRow(db, id), 'node-1', 60)) ?? '';
	await storeUploadSession(db, lease, { attempt: 'a' });
	await finalizeEvent(db, lease);
	await completeEvent(db, lease, { link: 'https://video.example/1' });
}

test('a copied row, and a row that was ticked before it was known, submit nothing', async (t) => {
	const { world, sync } = await rowWithBox(t);
	await world.type(1, { Submit: true });
	await rest(sync);
	const original = await world.row(1);
	await world.type(3, { ...original, Submit: true });
	await world.type(5, { Description: 'Pasted', ...FORM, Submit: true });
	await rest(sync);
	for (const place of [3, 5]) {
		const row = await world.row(place);
		t.like(row, { Submit: 'false', State: 'UNEDITED' });
		t.not(row.ID, original.ID);
	}
	t.regex((await world.row(5)).Error ?? '', /Submit: it was ticked before cutsheet knew this row/);
	t.like(await world.row(1), { Submit: 'true', State: 'EDITED', ID: original.ID });
	t.is(await submissions(world.db), 1);
	await world.type(5, { Submit: true });
	await rest(sync);
	t.like(await world.row(5), { Submit: 'true', State: 'EDITED', Error: '' });
});

test('a column that a worksheet gets later submits nothing that stands in it', async (t) => {
	const world = await memoryWorld(t);
	const sync = await world.open();
	const event = await newEvent(world.db);
	await world.type(1, { Description: 'A talk', ...FORM, ID: event.id, Submit: true });
	await rest(sync);
	t.is(await submissions(world.db), 0);
	t.is((await world.row(1)).Submit, 'false');
});

test('a tick is carried out once, whenever the sync dies', async (t) => {
	for (let call = 1; call <= 5; call++) {
		const { world, sync } = await rowWithBox(t);
		await world.type(1, { Submit: true });
		const { transport } = world.stage;
		let count = 0;
		const dies = <T>(run: () => Promise<T>): Promise<T> =>
			++count >= call ? Promise.reject(new Error('killed')) : run();
		const { get, batchUpdate, readValues, writeValues } = transport;
		const dying = await world.open(
			{},
			{
				get: (fields) => dies(() => get(fields)),
				batchUpdate: (requests) => dies(() => batchUpdate(requests)),
				readValues: (body) => dies(() => readValues(body)),
				writeValues: (body) => dies(() => writeValues(body)),
			},
		);
		await t.throwsAsync(async () => {
			for (;;) await dying.cycle();
		});
		await rest(sync);
		await rest(await world.open());
		t.is(await submissions(world.db), 1, `killed at call ${call}`);
		t.like(await world.row(1), { Submit: 'true', State: 'EDITED' });
	}
});
