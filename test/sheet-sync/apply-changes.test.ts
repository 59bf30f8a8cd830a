import test from 'ava';
import type { Db } from '../../db/connect.ts';
import { applyChanges } from '../../sheet-sync/apply-changes.ts';
import type { EventUpdate, SyncPlan } from '../../sheet-sync/sync-plan.ts';
import { createDatabase } from '../support/database.ts';
import { newEvent } from '../support/events.ts';
import { memoryWorld } from './memory-world.ts';

const NOTHING: SyncPlan = {
	idsToGive: [],
	inserts: [],
	updates: [],
	remember: [],
	removed: [],
	returned: [],
	inputs: [],
	outputs: [],
	setAside: [],
	worksheetProblems: [],
};

function update(id: string, changes: EventUpdate['changes']): EventUpdate {
	return { id, changes, remember: { id, sheetId: 0, agreed: changes, written: {} } };
}

async function events(db: Db, count: number): Promise<string[]> {
	return Promise.all(Array.from({ length: count }, async () => (await newEvent(db)).id));
}

test('a row that Postgres refuses is told why and stops no other row', async (t) => {
	const { db } = await createDatabase(t);
	const ids = await events(db, 9);
	const [victim = ''] = ids;
	await db
		.updateTable('events')
		.set({ state: 'UPLOADED', uploader: 'manual', video_link: 'https://video.example/1' })
		.where('id', '=', victim)
		.execute();
	const updates = ids.map((id) => update(id, { upload_location: 'elsewhere' }));
	const applied = await applyChanges(db, 'events', { ...NOTHING, updates }, { base: 'all', rest: 'some' });
	t.deepEqual([...applied.refusals.keys()], [victim]);
	t.regex(applied.refusals.get(victim) ?? '', /The database did not take this row: .*upload_location/);
	t.deepEqual(applied.taken, new Set(ids.slice(1)));
	const taken = await db
		.selectFrom('events')
		.select('id')
		.where('upload_location', '=', 'elsewhere')
		.execute();
	t.is(taken.length, 8);
	t.like(await db.selectFrom('sheet_journal').selectAll().executeTakeFirst(), { base: 'all', rest: 'some' });
});

test('the journal is stored also when nothing changes, and when every row is refused', async (t) => {
	const { db } = await createDatabase(t);
	const [id = ''] = await events(db, 1);
	await db
		.updateTable('events')
		.set({ state: 'UPLOADED', uploader: 'manual', video_link: 'https://video.example/1' })
		.execute();
	await applyChanges(db, 'events', NOTHING, { base: 'base', rest: 'first' });
	const refused = { ...NOTHING, updates: [update(id, { upload_location: 'x' })] };
	await applyChanges(db, 'events', refused, { rest: 'second' });
	t.like(await db.selectFrom('sheet_journal').selectAll().executeTakeFirst(), {
		base: 'base',
		rest: 'second',
	});
});

test('a row that an open transaction holds waits, and the others do not', async (t) => {
	const { db } = await createDatabase(t);
	const ids = await events(db, 3);
	const [held = ''] = ids;
	const open = await db.startTransaction().execute();
	await open.updateTable('events').set({ notes: 'typed by hand' }).where('id', '=', held).execute();
	const updates = ids.map((id) => update(id, { priority: 7 }));
	const first = await applyChanges(db, 'events', { ...NOTHING, updates }, undefined);
	t.deepEqual([first.busy, first.taken], [new Set([held]), new Set(ids.slice(1))]);
	t.deepEqual(
		first.remembered.map(({ id }) => id),
		ids.slice(1),
	);
	await open.commit().execute();
	const second = await applyChanges(db, 'events', { ...NOTHING, updates }, undefined);
	t.deepEqual(second.busy, new Set());
	const row = await db.selectFrom('events').selectAll().where('id', '=', held).executeTakeFirstOrThrow();
	t.like(row, { priority: 7, notes: 'typed by hand' });
});

test('what is remembered of a row waits, too, while somebody holds that', async (t) => {
	const { db } = await createDatabase(t);
	const [id = ''] = await events(db, 1);
	const plan = { ...NOTHING, updates: [update(id, { priority: 1 })] };
	await applyChanges(db, 'events', plan, undefined);
	const open = await db.startTransaction().execute();
	await open.selectFrom('sheet_rows').selectAll().forUpdate().execute();
	const { busy } = await applyChanges(db, 'events', plan, undefined);
	t.deepEqual(busy, new Set([id]));
	await open.rollback().execute();
});

test('changes of a row that is held are taken when it is free, and no row is kept from its outputs', async (t) => {
	const world = await memoryWorld(t);
	const sync = await world.open();
	await world.type(1, { Description: 'Held' });
	await world.type(2, { Description: 'Free' });
	for (let cycle = 0; cycle < 4; cycle++) await sync.cycle();
	const { ID: id = '' } = await world.row(1);
	const open = await world.db.startTransaction().execute();
	await open.selectFrom('events').selectAll().where('id', '=', id).forUpdate().execute();
	await world.type(1, { Notes: 'new' });
	await world.type(2, { Notes: 'new' });
	t.is((await sync.cycle()).updated, 1);
	await open.rollback().execute();
	t.is((await sync.cycle()).updated, 1);
	const notes = await world.db.selectFrom('events').select('notes').execute();
	t.deepEqual(notes, [{ notes: 'new' }, { notes: 'new' }]);
});
