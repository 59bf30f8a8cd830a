import test from 'ava';
import { sql } from 'kysely';
import { type Db, openDatabase } from '../../db/connect.ts';
import { feedCursor, readFeed } from '../../db/feed.ts';
import { cancelEvent } from '../../db/transitions/cancel.ts';
import { claimEvent } from '../../db/transitions/claim.ts';
import { pruneHistory } from '../../db/transitions/housekeeping.ts';
import { logJob } from '../../db/transitions/leased.ts';
import { createDatabase } from '../support/database.ts';
import { editedEvent, newEvent, runningNode } from '../support/events.ts';

test('the history tells the story of a row: what, from, to, who', async (t) => {
	const { db } = await createDatabase(t);
	await runningNode(db, 'node-a');
	const event = await editedEvent(db);
	await claimEvent(db, event, 'node-a', 60);
	await cancelEvent(db, event.id, 'Ada', 'wrong talk');
	const story = await db.selectFrom('event_story').selectAll().where('event_id', '=', event.id).execute();
	t.deepEqual(
		story.map(({ who, what }) => [who, what]),
		[
			['postgres', 'created'],
			['postgres', 'UNEDITED → EDITED'],
			['node-a', 'EDITED → CLAIMED'],
			['Ada', 'CLAIMED → UNEDITED: wrong talk; error: Cancelled by Ada: wrong talk'],
		],
	);
	t.deepEqual(story[2]!.changes.uploader, [null, 'node-a']);
});

test('the story of a change says from what to what', async (t) => {
	const { db } = await createDatabase(t);
	const { id } = await newEvent(db, { description: 'Old' });
	await db
		.updateTable('events')
		.set({ description: 'New', priority: 7, error: 'Look!' })
		.where('id', '=', id)
		.execute();
	const story = await db.selectFrom('event_story').select('what').where('event_id', '=', id).execute();
	t.is(story[1]!.what, 'description: "Old" → "New"; error: nothing → "Look!"; priority: 0 → 7');
});

test('every column of an event stands in its history, but what a worker may do at a location', async (t) => {
	const { db } = await createDatabase(t);
	const { rows } = await sql<{ column: string }>`
		select attname as column from pg_attribute
		where attrelid = 'events'::regclass and attnum > 0 and not attisdropped and attname not in ('id', 'updated_at')
			and position(format('jsonb_build_object(%L', attname) in (
				select prosrc from pg_proc where proname = 'record_history')) = 0`.execute(db);
	t.deepEqual(rows, []);
});

test('an update that changes nothing leaves no history', async (t) => {
	const { db } = await createDatabase(t);
	const { id } = await newEvent(db);
	await db.updateTable('events').set({ category: '' }).where('id', '=', id).execute();
	t.is((await db.selectFrom('event_history').selectAll().execute()).length, 1);
});

test('the feed tells every changed event and goes on from its cursor', async (t) => {
	const { db } = await createDatabase(t);
	const read = await feedReader(db);
	const a = await newEvent(db);
	const b = await newEvent(db);
	await db.updateTable('events').set({ category: 'x' }).where('id', '=', a.id).execute();
	t.deepEqual((await read()).sort(), [a.id, b.id].sort());
	const c = await newEvent(db);
	t.deepEqual((await read()).sort(), [a.id, b.id, c.id].sort());
});

test('a transaction that commits late among earlier ones is not skipped, and holds none of them back', async (t) => {
	const { url, db } = await createDatabase(t);
	const slow = openDatabase(url, { applicationName: 'slow', connections: 1 });
	const read = await feedReader(db);
	const [late, early] = await slow.kysely.transaction().execute(async (trx) => {
		const inFlight = await newEvent(trx);
		const committed = await newEvent(db);
		t.deepEqual(await read(), [committed.id]);
		return [inFlight, committed];
	});
	t.deepEqual((await read()).sort(), [late.id, early.id].sort());
	await slow.close();
});

test('a restored history, with transactions that are still to come here, is not told again and again', async (t) => {
	const { db } = await createDatabase(t);
	const read = await feedReader(db);
	await newEvent(db);
	await sql`update event_history set xid = '9000000000000'`.execute(db);
	t.deepEqual(await read(), []);
});

/** Reads on with each call, and tells all that was read so far. */
async function feedReader(db: Db): Promise<() => Promise<string[]>> {
	let cursor = await feedCursor(db);
	// What is committed beside a transaction that goes on, here or in another test, is told with each page.
	const told = new Set<string>();
	return async () => {
		const page = await readFeed(db, cursor);
		cursor = page.cursor;
		for (const id of page.eventIds) told.add(id);
		return [...told];
	};
}

test('a server whose transactions begin before the cursor makes the reader start anew', async (t) => {
	const { db } = await createDatabase(t);
	t.true((await readFeed(db, '4000000000000')).reset);
});

test('old history, job logs and leases are dropped, the rows stay', async (t) => {
	const { db } = await createDatabase(t);
	await runningNode(db, 'a');
	const event = await editedEvent(db);
	const lease = (await claimEvent(db, event, 'a', 60))!;
	await logJob(db, lease, 'info', 'Cut 75 pictures', { seconds: 0.4 });
	await cancelEvent(db, event.id, 'Ada');
	t.is(await pruneHistory(db, 365), 0);
	await sql`update event_history set at = now() - interval '2 years'`.execute(db);
	await sql`update job_log set at = now() - interval '2 years'`.execute(db);
	await sql`update leases set released_at = now() - interval '2 years'`.execute(db);
	await newEvent(db);
	t.is(await pruneHistory(db, 365), 6);
	t.is((await db.selectFrom('events').selectAll().execute()).length, 2);
});

test('a job’s log is read by event, and is kept up even when its lease is lost', async (t) => {
	const { db } = await createDatabase(t);
	await runningNode(db, 'a');
	const event = await editedEvent(db);
	const lease = (await claimEvent(db, event, 'a', 60))!;
	await logJob(db, lease, 'info', 'Cut 75 pictures', { seconds: 0.4 });
	await cancelEvent(db, event.id, 'Ada');
	await logJob(db, lease, 'warn', 'Stopped: the row was cancelled');
	const lines = await db
		.selectFrom('job_log')
		.selectAll()
		.where('event_id', '=', event.id)
		.orderBy('id')
		.execute();
	t.deepEqual(
		lines.map(({ level, message, details }) => [level, message, details]),
		[
			['info', 'Cut 75 pictures', { seconds: 0.4 }],
			['warn', 'Stopped: the row was cancelled', null],
		],
	);
});
