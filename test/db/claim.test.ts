import test from 'ava';
import { sql } from 'kysely';
import { openDatabase } from '../../db/connect.ts';
import type { EventRow } from '../../db/tables.ts';
import { claimableEvents, claimEvent, claimFirst, noteWaiting } from '../../db/transitions/claim.ts';
import { heartbeatNode, registerNode } from '../../db/transitions/register-node.ts';
import { createDatabase } from '../support/database.ts';
import { editedEvent, eventRow, runningNode } from '../support/events.ts';

test('two hundred concurrent claims over fifty rows by ten connections claim each row once', async (t) => {
	const { url, db } = await createDatabase(t);
	const nodes = Array.from({ length: 10 }, (_, index) => `node-${index}`);
	for (const node of nodes) await runningNode(db, node);
	const events: EventRow[] = [];
	for (let index = 0; index < 50; index++) events.push(await editedEvent(db));
	const connections = nodes.map(() => openDatabase(url, { applicationName: 'claimer', connections: 1 }));

	const claims = await Promise.all(
		Array.from({ length: 200 }, async (_, index) => {
			const event = events[(index * 7) % events.length]!;
			const node = nodes[index % nodes.length]!;
			const lease = await claimEvent(connections[index % connections.length]!.kysely, event, node, 60);
			return { id: event.id, node, lease };
		}),
	);
	await Promise.all(connections.map((connection) => connection.close()));

	const won = claims.filter((claim) => claim.lease);
	t.is(won.length, 50);
	t.is(new Set(won.map((claim) => claim.id)).size, 50);
	t.is(new Set(won.map((claim) => claim.lease)).size, 50);
	const rows = await db.selectFrom('events').select(['id', 'state', 'uploader']).execute();
	for (const row of rows) {
		t.is(row.state, 'CLAIMED');
		t.is(row.uploader, won.find((claim) => claim.id === row.id)!.node);
	}
	const held = await db.selectFrom('lease_items').select('item').where('released_at', 'is', null).execute();
	t.is(held.length, 50);
});

test('a claim takes the first of the candidates that nobody else holds', async (t) => {
	const { url, db } = await createDatabase(t);
	await runningNode(db, 'a');
	const events = [await editedEvent(db), await editedEvent(db), await editedEvent(db)];
	const operator = openDatabase(url, { applicationName: 'operator', connections: 1 });
	await operator.kysely.transaction().execute(async (trx) => {
		await trx.updateTable('events').set({ priority: 9 }).where('id', '=', events[0]!.id).execute();
		t.is((await claimFirst(db, events, 'a', 60))?.event.id, events[1]!.id);
		t.is((await claimFirst(db, events, 'a', 60))?.event.id, events[2]!.id);
		t.is(await claimFirst(db, events, 'a', 60), undefined);
	});
	await operator.close();
	const last = await claimFirst(db, events, 'a', 60);
	t.like(last?.event, { id: events[0]!.id, state: 'CLAIMED', uploader: 'a', video_title: 'A title' });
});

test('the queue is ordered by priority, then by the time of the edit', async (t) => {
	const { db } = await createDatabase(t);
	await runningNode(db, 'a');
	const first = await editedEvent(db);
	const second = await editedEvent(db);
	const urgent = await editedEvent(db, { priority: 5 });
	const ids = (await claimableEvents(db, 'a', [])).map((event) => event.id);
	t.deepEqual(ids, [urgent.id, first.id, second.id]);
});

test('a row that the node cannot cut is skipped as long as it stays as it is', async (t) => {
	const { db } = await createDatabase(t);
	await runningNode(db, 'a');
	const blocked = await editedEvent(db);
	const next = await editedEvent(db);
	const skip = [`${blocked.id}:${blocked.edit_version}`];
	t.deepEqual(await ids(claimableEvents(db, 'a', skip)), [next.id]);
	await db.updateTable('events').set({ allow_holes: true }).where('id', '=', blocked.id).execute();
	t.deepEqual(await ids(claimableEvents(db, 'a', skip)), [blocked.id, next.id]);
});

test('ten thousand rows that the node cannot cut are passed over in no time', async (t) => {
	const { db } = await createDatabase(t);
	await runningNode(db, 'a');
	const lacking = Array.from({ length: 10_000 }, () => `${crypto.randomUUID()}:1`);
	await sql`alter table events disable trigger user`.execute(db);
	await sql`insert into events (id, state, video_start, video_end, video_title, video_description, edited_at)
		select split_part(skip, ':', 1)::uuid, 'EDITED', '2026-05-01Z', '2026-05-02Z', 't', '', now()
		from unnest(${lacking}::text[]) skip`.execute(db);
	await sql`update events set edit_version = 1`.execute(db);
	await sql`alter table events enable trigger user`.execute(db);
	await sql`analyze events`.execute(db);
	const event = await editedEvent(db, { priority: -1 });
	await db.transaction().execute(async (trx) => {
		await sql`set local statement_timeout = '2s'`.execute(trx);
		t.deepEqual(await ids(claimableEvents(trx, 'a', lacking)), [event.id]);
	});
});

test('a node sees only rows of its locations, its whitelist and their time', async (t) => {
	const { db } = await createDatabase(t);
	await runningNode(db, 'a', ['main']);
	await runningNode(db, 'b', ['main', 'other']);
	const other = await editedEvent(db, { upload_location: 'other' });
	const onlyB = await editedEvent(db, { upload_location: 'main', uploader_whitelist: ['b'] });
	const later = await editedEvent(db, { upload_location: 'main' });
	await db
		.updateTable('events')
		.set({ next_try_at: new Date(Date.now() + 3_600_000) })
		.where('id', '=', later.id)
		.execute();
	const gone = await editedEvent(db, { upload_location: 'main' });
	await db
		.updateTable('events')
		.set({ removed_from_sheet_at: new Date() })
		.where('id', '=', gone.id)
		.execute();
	t.deepEqual(await ids(claimableEvents(db, 'a', [])), []);
	t.deepEqual(await ids(claimableEvents(db, 'b', [])), [other.id, onlyB.id]);
	t.is(await claimEvent(db, onlyB, 'a', 60), undefined);
	t.is(await claimEvent(db, later, 'b', 60), undefined);
	t.is(await claimEvent(db, gone, 'b', 60), undefined);
});

test('a claim of a row that changed since it was read takes nothing', async (t) => {
	const { db } = await createDatabase(t);
	await runningNode(db, 'a');
	const event = await editedEvent(db);
	await db.updateTable('events').set({ allow_holes: true }).where('id', '=', event.id).execute();
	t.is(await claimEvent(db, event, 'a', 60), undefined);
	t.is((await eventRow(db, event.id)).state, 'EDITED');
});

test('a node without the segments says so once, and the claim of another clears it', async (t) => {
	const { db } = await createDatabase(t);
	await runningNode(db, 'a');
	await runningNode(db, 'b');
	const event = await editedEvent(db);
	await noteWaiting(db, event, 'a', 'a lacks 12:00:02–12:00:04.');
	await noteWaiting(db, event, 'b', 'b lacks everything.');
	t.is((await eventRow(db, event.id)).error, 'a lacks 12:00:02–12:00:04.');
	t.is((await eventRow(db, event.id)).state, 'EDITED');
	t.truthy(await claimEvent(db, event, 'b', 60));
	t.is((await eventRow(db, event.id)).error, null);
});

test('two running nodes that configure a location differently are told so, and the first one stands', async (t) => {
	const { db } = await createDatabase(t);
	await runningNode(db, 'a', ['main']);
	const problems = await registerNode(db, {
		name: 'b',
		instance: crypto.randomUUID(),
		version: 'test',
		locations: [{ name: 'main', kind: 's3', limits: {}, configHash: 'different' }],
	});
	t.is(problems.length, 1);
	t.regex(problems[0]!, /b configures upload location "main" differently from a/);
	const location = await db.selectFrom('locations').selectAll().executeTakeFirstOrThrow();
	t.is(location.kind, 'local');
	t.is(location.disagreement, problems[0]!);
});

test('a change of a location that is brought to one node after the other ends without a disagreement', async (t) => {
	const { db } = await createDatabase(t);
	const start = async (name: string, configHash: string) => {
		const instance = crypto.randomUUID();
		const locations = [{ name: 'main', kind: 'local', limits: {}, configHash }];
		const problems = await registerNode(db, { name, instance, version: 'test', locations });
		return { problems: problems.length, beat: () => heartbeatNode(db, name, instance) };
	};
	const location = () => db.selectFrom('locations').selectAll().executeTakeFirstOrThrow();
	t.is((await start('a', 'old')).problems, 0);
	const old = await start('b', 'old');
	t.is(old.problems, 0);
	const a = await start('a', 'new');
	t.is(a.problems, 1);
	t.true(await old.beat());
	t.true(await a.beat());
	t.like(await location(), {
		config_hash: 'old',
		disagreement: 'a configures upload location "main" differently from b; make their configurations alike',
	});
	t.is((await start('b', 'new')).problems, 0);
	t.like(await location(), { config_hash: 'new', disagreement: null });
});

test('a disagreement ends when the other node has stopped for good', async (t) => {
	const { db } = await createDatabase(t);
	await runningNode(db, 'a', ['main']);
	const instance = crypto.randomUUID();
	const locations = [{ name: 'main', kind: 's3', limits: {}, configHash: 'different' }];
	await registerNode(db, { name: 'b', instance, version: 'test', locations });
	await db
		.updateTable('nodes')
		.set({ last_seen_at: sql`now() - interval '61 seconds'` })
		.where('name', '=', 'a')
		.execute();
	t.true(await heartbeatNode(db, 'b', instance));
	t.like(await db.selectFrom('locations').selectAll().executeTakeFirstOrThrow(), {
		kind: 's3',
		disagreement: null,
	});
});

async function ids(events: ReturnType<typeof claimableEvents>): Promise<string[]> {
	return (await events).map((event) => event.id);
}
