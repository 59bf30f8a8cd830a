import test from 'ava';
import { sql } from 'kysely';
import type { Db } from '../../db/connect.ts';
import { feedCursor, readFeed } from '../../db/feed.ts';
import { cancelEvent } from '../../db/transitions/cancel.ts';
import { claimableEvents, claimFirst } from '../../db/transitions/claim.ts';
import { expireLeases, explainWaiting, pruneHistory } from '../../db/transitions/housekeeping.ts';
import {
	completeEvent,
	extendLeases,
	finalizeEvent,
	logJob,
	reportProgress,
	storeUploadSession,
} from '../../db/transitions/leased.ts';
import { restoreUpload, toldAll } from '../../db/transitions/server-change.ts';
import { submitEdit } from '../../db/transitions/submit-edit.ts';
import { eventRow, newEvent, runningNode, VIDEO_END, VIDEO_START } from '../support/events.ts';
import { world } from './role-world.ts';

test('a row goes from the sheet to the link with each program under its own role', async (t) => {
	const { as } = await world(t);
	const [sync, web, cutter] = [as('sheet_sync'), as('web'), as('cutter')];
	const id = crypto.randomUUID();
	const cursor = await feedCursor(sync);
	const remember = { sheetId: 0, agreed: {}, written: {} };
	const rows = [{ id, fresh: true, changes: { sheet_name: 'Friday', description: 'Opening' }, remember }];
	await sql`select apply_sheet_rows('s', ${JSON.stringify(rows)}::jsonb)`.execute(sync);
	const edit = { ranges: [{ start: VIDEO_START, end: VIDEO_END }], title: 'Opening', description: '' };
	await submitEdit(web, id, { ...edit, editor: 'Ada' });
	await runningNode(cutter, 'a');
	const [candidate] = await claimableEvents(cutter, 'a', []);
	const { lease } = (await claimFirst(cutter, [candidate!], 'a', 60))!;
	t.deepEqual(await extendLeases(cutter, [lease], 60), [lease]);
	await reportProgress(cutter, lease, { stage: 'cutting', percent: 5 });
	await logJob(cutter, lease, 'info', 'Cut');
	await storeUploadSession(cutter, lease, { kind: 'local', attempt: 'a' });
	t.true(await finalizeEvent(cutter, lease));
	t.true(await completeEvent(cutter, lease, { link: 'https://v', told: { title: 'Opening' } }));
	t.deepEqual((await readFeed(sync, cursor)).eventIds, [id]);
	await expireLeases(sync);
	await explainWaiting(cutter);
	await pruneHistory(sync, 365);
	await sql`select * from event_overview`.execute(as('readonly'));
	t.is(await cancelEvent(as('operator'), id, 'Grace'), 'UPLOADED');
});

test('an operator changes rows within the rules, and the history keeps who it was', async (t) => {
	const { owner, as, prefix } = await world(t);
	const { id } = await newEvent(owner);
	const operator = as('operator');
	await operator.updateTable('events').set({ priority: 5 }).where('id', '=', id).execute();
	await operator.updateTable('events').set({ state: 'EDITED' }).where('id', '=', id).execute();
	await t.throwsAsync(
		operator.updateTable('events').set({ video_title: 'Other' }).where('id', '=', id).execute(),
		{ message: /is EDITED: video_title cannot change now/ },
	);
	await web(as('web'), id);
	t.is((await eventRow(owner, id)).priority, 6);
	const history = await owner
		.selectFrom('event_history')
		.select(['db_user', 'actor'])
		.where('event_id', '=', id)
		.orderBy('seq')
		.execute();
	t.deepEqual(
		history.slice(1).map(({ db_user, actor }) => [db_user, actor]),
		[
			[`${prefix}operator`, null],
			[`${prefix}operator`, null],
			[`${prefix}web`, 'Ada'],
		],
	);
});

async function web(db: Db, id: string): Promise<void> {
	await db.transaction().execute(async (trx) => {
		await sql`select set_config('cutsheet.actor', 'Ada', true)`.execute(trx);
		await trx.updateTable('events').set({ priority: 6 }).where('id', '=', id).execute();
	});
}

test('rows for everybody name nobody', async (t) => {
	const { owner, as } = await world(t);
	const { id } = await newEvent(owner, { notes: 'secret', error: 'Ask ada@example.org about it.' });
	const read = await sql<{ error: string }>`select * from event_overview where id = ${id}`.execute(
		as('readonly'),
	);
	t.is(read.rows[0]!.error, 'Ask …@… about it.');
	t.notRegex(JSON.stringify(read.rows), /secret|ada/);
	await submitEdit(owner, id, {
		ranges: [{ start: VIDEO_START, end: VIDEO_END }],
		title: 'T',
		description: '',
		editor: 'Ada',
	});
	await cancelEvent(owner, id, 'Ada', 'wrong');
	const after = await sql<{ error: string }>`select * from event_overview where id = ${id}`.execute(
		as('readonly'),
	);
	t.is(after.rows[0]!.error, 'Cancelled');
});

test('what a node says cannot be turned against events that it has not claimed', async (t) => {
	const { owner, as } = await world(t);
	const cutter = as('cutter');
	await runningNode(cutter, 'a');
	const { id } = await newEvent(owner);
	await submitEdit(owner, id, {
		ranges: [{ start: VIDEO_START, end: VIDEO_END }],
		title: 'T',
		description: '',
	});
	const session = { kind: 'local', attempt: 'x' };
	t.is(await restoreUpload(cutter, 'a', id, session, { link: 'https://evil.example', told: {} }), 'known');
	t.like(await eventRow(owner, id), { state: 'EDITED', video_link: null });
	const wrong = { name: 'a', kind: 'local', limits: { title_max_characters: 'many' }, config_hash: 'x' };
	await t.throwsAsync(
		sql`select register_node('b', gen_random_uuid(), '1', ${JSON.stringify([wrong])}::jsonb)`.execute(cutter),
		{ message: /limits_can_be_read/ },
	);
});

test('no cutter says for another that nothing is to be awaited from it: that is for operators to say', async (t) => {
	const { owner, as } = await world(t);
	const cutter = as('cutter');
	const [north, south] = [await runningNode(cutter, 'north'), await runningNode(cutter, 'south')];
	await sql`update nodes set awaited_since = now()`.execute(owner);
	await t.throwsAsync(sql`select stop_awaiting('north')`.execute(cutter), { message: /permission denied/ });
	const asSouth = await toldAll(cutter, 'north', south);
	t.false(asSouth.told);
	t.regex(asSouth.problem!, /north, south must first say/);
	t.regex((await toldAll(cutter, 'north', north)).problem!, /and south must first say/);
	await sql`select stop_awaiting('south')`.execute(as('operator'));
	const { rows } = await sql<{ problem: null }>`select awaiting_problem() as problem`.execute(cutter);
	t.is(rows[0]!.problem, null);
});

test('the housekeeping cannot drop the history of the last day', async (t) => {
	const { owner, as } = await world(t);
	await newEvent(owner);
	for (const keep of ['0 seconds', '-1 year']) {
		await sql`select prune_history(${keep}::interval)`.execute(as('sheet_sync'));
	}
	const { rows } = await sql`select from event_history`.execute(owner);
	t.true(rows.length > 0);
});
