import test from 'ava';
import { sql } from 'kysely';
import { type Db, openDatabase } from '../../db/connect.ts';
import type { Progress } from '../../db/tables.ts';
import { cancelEvent } from '../../db/transitions/cancel.ts';
import { claimEvent, noteWaiting } from '../../db/transitions/claim.ts';
import { expireLeases, explainWaiting } from '../../db/transitions/housekeeping.ts';
import {
	adoptFinalizing,
	completeEvent,
	extendLeases,
	failEvent,
	finalizeEvent,
	handBackEvent,
	leaveUnresolved,
	reportProgress,
	retryEvent,
	storeUploadSession,
} from '../../db/transitions/leased.ts';
import { submitEdit } from '../../db/transitions/submit-edit.ts';
import { createDatabase } from '../support/database.ts';
import { editedEvent, eventRow, newEvent, runningNode, VIDEO_END, VIDEO_START } from '../support/events.ts';

async function claimed(db: Db, node = 'a'): Promise<{ id: string; lease: string }> {
	await runningNode(db, node);
	const event = await editedEvent(db);
	return { id: event.id, lease: (await claimEvent(db, event, node, 60))! };
}

async function finalizing(db: Db): Promise<{ id: string; lease: string }> {
	const job = await claimed(db);
	await storeUploadSession(db, job.lease, { path: '/x' });
	await finalizeEvent(db, job.lease);
	return job;
}

async function loseLease(db: Db, lease: string): Promise<void> {
	await sql`update leases set expires_at = clock_timestamp() - interval '1 s' where id = ${lease}`.execute(
		db,
	);
}

test('a worker goes from the claim to the uploaded video under one lease', async (t) => {
	const { db } = await createDatabase(t);
	const { id, lease } = await claimed(db);
	t.true(await reportProgress(db, lease, { stage: 'cutting', percent: 40 }));
	t.true(await storeUploadSession(db, lease, { path: '/x' }));
	t.true(await finalizeEvent(db, lease));
	t.is((await eventRow(db, id)).state, 'FINALIZING');
	t.true(await completeEvent(db, lease, { link: 'https://v/1', videoId: '1', told: { title: 'A title' } }));
	t.like(await eventRow(db, id), {
		state: 'UPLOADED',
		uploader: 'a',
		video_link: 'https://v/1',
		video_id: '1',
		published: { title: 'A title' },
	});
	t.like(await db.selectFrom('leases').selectAll().executeTakeFirstOrThrow(), {
		outcome: 'uploaded',
		progress: { stage: 'cutting', percent: 40 },
	});
});

test('a lease notes when its work last got further, not when the same is told again', async (t) => {
	const { db } = await createDatabase(t);
	const { lease } = await claimed(db);
	const movedAt = async () =>
		(
			await db.selectFrom('leases').select('moved_at').where('id', '=', lease).executeTakeFirstOrThrow()
		).moved_at.getTime();
	const long = Date.parse('2026-05-01T12:00:00Z');
	const told = async (progress: Progress) => {
		await sql`update leases set moved_at = ${new Date(long)} where id = ${lease}`.execute(db);
		t.true(await reportProgress(db, lease, progress));
		return (await movedAt()) > long;
	};
	t.true((await movedAt()) > long);
	t.true(await told({ stage: 'cutting', percent: 40, speed: 2 }));
	t.false(await told({ stage: 'cutting', percent: 40, speed: 1, seconds_left: 99 }));
	t.true(await told({ stage: 'cutting', percent: 40.01 }));
	// After an interruption less is done than before.
	t.true(await told({ stage: 'cutting', percent: 3 }));
	t.true(await told({ stage: 'uploading', percent: 3 }));
	t.true(await told({ stage: 'publishing' }));
	t.false(await told({ stage: 'publishing' }));
	await sql`update leases set moved_at = ${new Date(long)} where id = ${lease}`.execute(db);
	await extendLeases(db, [lease], 60);
	t.is(await movedAt(), long);
});

test('with a lost lease nothing changes and every function says so', async (t) => {
	const { db } = await createDatabase(t);
	const { id, lease } = await claimed(db);
	await storeUploadSession(db, lease, { path: '/x' });
	await loseLease(db, lease);
	const before = await eventRow(db, id);
	t.deepEqual(await extendLeases(db, [lease], 60), []);
	t.false(await reportProgress(db, lease, { stage: 'cutting', percent: 50 }));
	t.false(await storeUploadSession(db, lease, { path: '/y' }));
	t.false(await finalizeEvent(db, lease));
	t.false(await completeEvent(db, lease, { link: 'x' }));
	t.is(await retryEvent(db, lease, 'no', 10), undefined);
	t.false(await handBackEvent(db, lease, 'no'));
	t.false(await failEvent(db, lease, 'no'));
	t.false(await leaveUnresolved(db, lease, 'no', 1));
	t.deepEqual(await eventRow(db, id), before);
});

test('a lease that is extended is not expired; one that ran out goes back to EDITED for another node', async (t) => {
	const { db } = await createDatabase(t);
	const kept = await claimed(db);
	const lost = await claimed(db);
	await loseLease(db, lost.lease);
	t.deepEqual(await extendLeases(db, [kept.lease, lost.lease], 60), [kept.lease]);
	t.is(await expireLeases(db), 1);
	t.is((await eventRow(db, kept.id)).state, 'CLAIMED');
	const row = await eventRow(db, lost.id);
	t.like(row, { state: 'EDITED', uploader: null, attempts: 1 });
	await runningNode(db, 'b');
	t.truthy(await claimEvent(db, row, 'b', 60));
	t.false(await failEvent(db, lost.lease, 'too late'));
	t.is((await eventRow(db, lost.id)).uploader, 'b');
});

test('two services that expire leases at once send a row back once', async (t) => {
	const { db } = await createDatabase(t);
	const jobs = await Promise.all(Array.from({ length: 20 }, () => claimed(db)));
	for (const { lease } of jobs) await loseLease(db, lease);
	const counts = await Promise.all(Array.from({ length: 8 }, () => expireLeases(db)));
	t.is(
		counts.reduce((sum, count) => sum + count),
		20,
	);
	const rows = await db.selectFrom('events').select(['state', 'attempts']).execute();
	t.true(rows.every((row) => row.state === 'EDITED' && row.attempts === 1));
});

test('a retry waits longer each time and becomes a person’s matter in the end', async (t) => {
	const { db } = await createDatabase(t);
	const { id, lease } = await claimed(db);
	t.is(await retryEvent(db, lease, 'disk full', 2), 'EDITED');
	const row = await eventRow(db, id);
	t.like(row, { state: 'EDITED', uploader: null, attempts: 1, error: null });
	t.true(row.next_try_at!.getTime() > Date.now());
	await db.updateTable('events').set({ next_try_at: null }).execute();
	const second = (await claimEvent(db, row, 'a', 60))!;
	t.is(await retryEvent(db, second, 'disk full', 2), 'UNEDITED');
	t.like(await eventRow(db, id), {
		uploader: 'a',
		error: 'Gave up after 2 attempts. The last one failed: disk full',
	});
});

test('a row whose cutters die again and again is tried at once, then after longer and longer pauses, then given up', async (t) => {
	const { db } = await createDatabase(t);
	const { id, lease } = await claimed(db);
	await loseLease(db, lease);
	await expireLeases(db, 3);
	const once = await eventRow(db, id);
	t.like(once, { state: 'EDITED', attempts: 1, next_try_at: null });
	await loseLease(db, (await claimEvent(db, once, 'a', 60))!);
	await expireLeases(db, 3);
	const twice = await eventRow(db, id);
	t.is(twice.attempts, 2);
	t.true(twice.next_try_at!.getTime() > Date.now());
	await db.updateTable('events').set({ next_try_at: null }).execute();
	await loseLease(db, (await claimEvent(db, twice, 'a', 60))!);
	await expireLeases(db, 3);
	t.like(await eventRow(db, id), { state: 'UNEDITED', attempts: 3 });
	t.regex((await eventRow(db, id)).error!, /Gave up after 3 attempts: a stopped answering/);
});

test('a node that stops hands its work back at once and without counting an attempt', async (t) => {
	const { db } = await createDatabase(t);
	const { id, lease } = await claimed(db);
	t.true(await handBackEvent(db, lease, 'a is stopping'));
	t.like(await eventRow(db, id), { state: 'EDITED', attempts: 0, next_try_at: null, uploader: null });
});

test('an unknown error goes to UNEDITED with its sentence and keeps the uploader', async (t) => {
	const { db } = await createDatabase(t);
	const { id, lease } = await claimed(db);
	t.true(await failEvent(db, lease, 'segment 03.ts is damaged'));
	t.like(await eventRow(db, id), { state: 'UNEDITED', error: 'segment 03.ts is damaged', uploader: 'a' });
});

test('an abandoned FINALIZING row is adopted once, by a node that has its location', async (t) => {
	const { db } = await createDatabase(t);
	const { id, lease } = await finalizing(db);
	await runningNode(db, 'b');
	await runningNode(db, 'stranger', ['elsewhere']);
	t.is(await adoptFinalizing(db, 'b', 60), undefined);
	await loseLease(db, lease);
	t.is(await expireLeases(db), 0);
	t.is(await adoptFinalizing(db, 'stranger', 60), undefined);
	const adopted = await Promise.all([1, 2, 3].map(() => adoptFinalizing(db, 'b', 60)));
	const [mine, ...others] = adopted.filter((one) => one !== undefined);
	t.is(others.length, 0);
	t.is(mine!.event.id, id);
	t.deepEqual(mine!.event.upload_session, { path: '/x' });
	t.false(await completeEvent(db, lease, { link: 'old' }));
	t.true(await completeEvent(db, mine!.lease, { link: 'resolved' }));
	t.like(await eventRow(db, id), { state: 'UPLOADED', video_link: 'resolved', uploader: 'a' });
});

test('a row whose upload nobody can account for waits in FINALIZING and says why', async (t) => {
	const { db } = await createDatabase(t);
	const { id, lease } = await finalizing(db);
	t.true(await leaveUnresolved(db, lease, 'the disk is another one', 3600));
	t.like(await eventRow(db, id), { state: 'FINALIZING', error: 'the disk is another one' });
	t.is(await adoptFinalizing(db, 'a', 60), undefined);
	await db.updateTable('events').set({ next_try_at: null }).execute();
	t.truthy(await adoptFinalizing(db, 'a', 60));
});

test('submitting an edit sets the bounds from the ranges, keeps their order, and refuses a stale page', async (t) => {
	const { db } = await createDatabase(t);
	const { id } = await newEvent(db);
	const late = { start: new Date(VIDEO_END.getTime() - 5000), end: VIDEO_END };
	const early = { start: VIDEO_START, end: new Date(VIDEO_START.getTime() + 5000) };
	const inputs = { ranges: [late, early], title: 'T', description: 'D', editor: 'Ada' };
	await t.throwsAsync(submitEdit(db, id, { ...inputs, expectedVersion: 7 }), {
		message: /changed by somebody since you loaded it/,
	});
	t.is(await submitEdit(db, id, { ...inputs, expectedVersion: 0 }), 1);
	t.like(await eventRow(db, id), {
		state: 'EDITED',
		video_start: VIDEO_START,
		video_end: VIDEO_END,
		editor: 'Ada',
		video_ranges: [late, early].map((range) => ({
			start: range.start.toISOString(),
			end: range.end.toISOString(),
		})),
	});
	await t.throwsAsync(submitEdit(db, id, inputs), { message: /is EDITED, so its edit cannot be submitted/ });
	await t.throwsAsync(submitEdit(db, crypto.randomUUID(), inputs), { message: /there is no event/ });
});

test('cancelling stops waiting and claimed rows, but not one whose upload is being committed', async (t) => {
	const { db } = await createDatabase(t);
	const { id, lease } = await claimed(db);
	t.is(await cancelEvent(db, id, 'Ada', 'wrong talk'), 'CLAIMED');
	t.like(await eventRow(db, id), { state: 'UNEDITED', error: 'Cancelled by Ada: wrong talk', uploader: 'a' });
	t.deepEqual(await extendLeases(db, [lease], 60), []);
	const committing = await finalizing(db);
	await t.throwsAsync(cancelEvent(db, committing.id, 'Ada'), { message: /is FINALIZING/ });
	await t.throwsAsync(cancelEvent(db, id, 'Ada'), { message: /nothing to cancel/ });
});

test('a row that no running node can take says what it waits for', async (t) => {
	const { db } = await createDatabase(t);
	await runningNode(db, 'a', ['main']);
	const ids: Record<string, string> = {};
	for (const [name, columns] of Object.entries({
		unknown: { upload_location: 'mian' },
		whitelist: { upload_location: 'main', uploader_whitelist: ['c', 'd'] },
		empty: {},
		removed: { upload_location: 'main', removed_from_sheet_at: new Date() },
		fine: { upload_location: 'main' },
	})) {
		ids[name] = (await editedEvent(db, columns)).id;
	}
	t.is(await explainWaiting(db), 0);
	await sql`alter table events disable trigger guard`.execute(db);
	await sql`update events set edited_at = now() - interval '1 minute'`.execute(db);
	await sql`alter table events enable trigger guard`.execute(db);
	t.is(await explainWaiting(db), 4);
	const error = async (name: string) => (await eventRow(db, ids[name]!)).error;
	t.is(await error('unknown'), 'Waits: no running cutter has upload location "mian". Known are: "main".');
	t.is(
		await error('whitelist'),
		'Waits: only c, d may cut it, and no such node is running with upload location "main".',
	);
	t.is(await error('empty'), 'Waits: its upload location is empty, and no running cutter has a default one.');
	t.regex((await error('removed'))!, /^Waits: its row was removed from the sheet/);
	t.is(await error('fine'), null);

	await runningNode(db, 'd', ['mian', 'main', '']);
	t.is(await explainWaiting(db), 0);
	for (const name of ['unknown', 'whitelist', 'empty']) t.is(await error(name), null, name);
});

test('a row that somebody holds in an open transaction keeps nobody from the others', async (t) => {
	const { url, db } = await createDatabase(t);
	await runningNode(db, 'a');
	const [held, free] = [await editedEvent(db), await editedEvent(db, { uploader_whitelist: ['b'] })];
	await sql`alter table events disable trigger guard`.execute(db);
	await sql`update events set edited_at = now() - interval '1 minute', uploader_whitelist = '{b}'`.execute(
		db,
	);
	await sql`alter table events enable trigger guard`.execute(db);
	await runningNode(db, 'b');
	const operator = openDatabase(url, { applicationName: 'operator', connections: 1 });
	await operator.kysely.transaction().execute(async (trx) => {
		await trx.updateTable('events').set({ priority: 9 }).where('id', '=', held.id).execute();
		t.is(await claimEvent(db, held, 'b', 60), undefined);
		await noteWaiting(db, held, 'b', 'b lacks everything.');
		t.truthy(await claimEvent(db, free, 'b', 60));
		await sql`update nodes set last_seen_at = now() - interval '1 hour'`.execute(db);
		t.is(await explainWaiting(db), 0);
	});
	t.is(await explainWaiting(db), 1);
	await operator.close();
});

test('a row that was tried for ever is tried again all the same', async (t) => {
	const { db } = await createDatabase(t);
	const { id, lease } = await claimed(db);
	await db.updateTable('events').set({ attempts: 5000 }).where('id', '=', id).execute();
	t.is(await retryEvent(db, lease, 'disk full', 100_000), 'EDITED');
});

test('an interrupted publication that no running node can look into says what it waits for', async (t) => {
	const { db } = await createDatabase(t);
	const { id, lease } = await finalizing(db);
	await loseLease(db, lease);
	await runningNode(db, 'a', ['elsewhere']);
	await sql`alter table events disable trigger guard`.execute(db);
	await sql`update events set updated_at = now() - interval '1 minute'`.execute(db);
	await sql`alter table events enable trigger guard`.execute(db);
	t.is(await explainWaiting(db), 1);
	t.regex(
		(await eventRow(db, id)).error!,
		/interrupted just as it was published. Waits for a cutter with upload location ""/,
	);
});
