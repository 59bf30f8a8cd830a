import test from 'ava';
import { sql } from 'kysely';
import { claimableEvents, claimFirst } from '../../db/transitions/claim.ts';
import { finalizeEvent, storeUploadSession } from '../../db/transitions/leased.ts';
import { meetServer, type ServerMark, toldAll } from '../../db/transitions/server-change.ts';
import { createDatabase } from '../support/database.ts';
import { editedEvent, runningNode } from '../support/events.ts';

const LATER = 'FFFFFFFF/FFFFFFFF';
const ANOTHER = '1/00000001';

test('a server that knows all that a node knows has nothing to be told', async (t) => {
	const { db } = await createDatabase(t);
	const stranger = await meetServer(db, 'a', undefined);
	t.false(stranger.mustTell);
	await runningNode(db, 'a');
	const first = await meetServer(db, 'a', stranger.server);
	const second = await meetServer(db, 'a', first.server);
	t.is(Number(second.server.visits), Number(first.server.visits) + 1);
	// As after the node's own restart: it has written down an earlier visit.
	for (const known of [second.server, first.server])
		t.like(await meetServer(db, 'a', known), { mustTell: false, problem: undefined });
});

const BEHIND: [string, (mark: ServerMark) => ServerMark][] = [
	['has a shorter log', (mark) => ({ ...mark, lsn: LATER })],
	['counts fewer visits, whatever was written to its log', (mark) => ({ ...mark, visits: '1000' })],
	['is another one', (mark) => ({ ...mark, identity: ANOTHER })],
];
for (const [what, then] of BEHIND) {
	test(`a server that ${what} is told what was published, and nothing is published until it is`, async (t) => {
		const { db } = await createDatabase(t);
		const instance = await runningNode(db, 'a');
		const { server } = await meetServer(db, 'a', undefined);
		await editedEvent(db);
		const { lease } = (await claimFirst(db, await claimableEvents(db, 'a', []), 'a', 600))!;
		await storeUploadSession(db, lease, { kind: 'local', attempt: lease });
		const known = then(server);
		// One that takes another's place was started at another time.
		await sql`update server_seen set identity = ${known.identity}, started = started - interval '1 day'`.execute(
			db,
		);
		// Also by a node that has not met it yet.
		await t.throwsAsync(finalizeEvent(db, lease, known), {
			message: /cannot be published now: the database was put back/,
		});

		const met = await meetServer(db, 'a', known);
		t.true(met.mustTell);
		t.regex(met.problem!, /a must first say/);
		await t.throwsAsync(finalizeEvent(db, lease, met.server), { message: /a must first say/ });
		t.deepEqual(await toldAll(db, 'a', instance), { told: true, problem: undefined });
		// It has caught up with what the node knows.
		t.false((await meetServer(db, 'a', met.server)).mustTell);
		t.true(await finalizeEvent(db, lease, met.server));
		const { rows } = await sql<{ forgot: boolean }>`
			select forgot_at is not null as forgot from server_seen`.execute(db);
		t.true(rows[0]!.forgot);
	});
}

test('that a commit begins is on the disk before it does, however little care somebody told the database to take', async (t) => {
	const { db } = await createDatabase(t);
	await runningNode(db, 'a');
	const { server } = await meetServer(db, 'a', undefined);
	for (const [set, kept] of [
		['off', 'on'],
		['remote_apply', 'remote_apply'],
	] as const) {
		await editedEvent(db);
		const { lease } = (await claimFirst(db, await claimableEvents(db, 'a', []), 'a', 600))!;
		await storeUploadSession(db, lease, { kind: 'local', attempt: lease });
		const used = await db.transaction().execute(async (transaction) => {
			await sql.raw(`set local synchronous_commit = ${set}`).execute(transaction);
			t.true(await finalizeEvent(transaction, lease, server));
			return sql<{ synchronous_commit: string }>`show synchronous_commit`.execute(transaction);
		});
		t.is(used.rows[0]!.synchronous_commit, kept);
	}
});
