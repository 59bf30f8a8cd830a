import { randomBytes, randomUUID } from 'node:crypto';
import test from 'ava';
import { sql } from 'kysely';
import pg from 'pg';
import { grantRoles } from '../../db/roles.ts';
import { submitEdit } from '../../db/transitions/submit-edit.ts';
import { createDatabase } from '../support/database.ts';
import { eventRow, newEvent, VIDEO_END, VIDEO_START } from '../support/events.ts';

// During an upgrade nodes of the version before work on a schema that is newer than they are. These are the statements that a
// cutter of version 0.1.0 sends, word for word: they stay as they are, whatever the functions come to be called from here on.

const HELLO = 'select register_node($1, $2, $3, $4) as problem';
const HEARTBEAT = 'select heartbeat_node($1, $2) as ours';
const MEET = 'select * from meet_server($1, $2, $3::pg_lsn)';
const PROBLEM = 'select awaiting_problem() as problem';
const LOOK = 'select * from claimable_events($1, $2, $3)';
const CLAIM = 'select lease, (event).* from claim_first($1, $2, $3, $4)';
const LOG = 'select log_job($1, $2, $3, $4)';
const COMPLETE = 'select complete_event($1, $2, $3, $4) as held';
const FINALIZE = 'select finalize_event($1, $2, $3::pg_lsn) as held';
const SESSION = 'select store_upload_session($1, $2) as held';

test('a cutter of version 0.1.0 does whole jobs with this schema, under its role', async (t) => {
	const { url, db } = await createDatabase(t);
	const prefix = `o${randomBytes(6).toString('hex')}_`;
	const roles = await grantRoles(db, { prefix });
	const cutter = new pg.Client(url);
	await cutter.connect();
	t.teardown(async () => {
		await cutter.end();
		for (const role of roles) {
			await sql`drop owned by ${sql.id(role)}`.execute(db);
			await sql`drop role ${sql.id(role)}`.execute(db);
		}
	});
	await cutter.query(`set role ${prefix}cutter`);
	const ask = async (statement: string, ...values: unknown[]): Promise<Record<string, unknown>> => {
		const { rows } = await cutter.query(statement, values);
		return rows[0] ?? {};
	};
	const holds = async (statement: string, ...values: unknown[]) => {
		t.true((await ask(`select ${statement} as held`, ...values)).held, statement);
	};

	const instance = randomUUID();
	const locations = [{ name: 'main', kind: 'local', limits: {}, config_hash: 'x' }];
	const { identity, lsn } = await ask(MEET, 'old', null, null);
	t.deepEqual(await ask(HELLO, 'old', instance, '0.1.0', JSON.stringify(locations)), {});
	t.deepEqual(await ask(PROBLEM), { problem: null });
	t.deepEqual(await ask(HEARTBEAT, 'old', instance), { ours: true });
	await holds(
		'tell_store($1, $2, $3, $4, $5, $6, $7)',
		...['old', instance, 'main', 'source', '{}', 1_000, 500],
	);

	const claim = async () => {
		const { id } = await newEvent(db, { upload_location: 'main' });
		await submitEdit(db, id, {
			ranges: [{ start: VIDEO_START, end: VIDEO_END }],
			title: 'T',
			description: '',
		});
		const found = await ask(LOOK, 'old', [], false);
		t.like(found, { id, upload_location: 'main', allow_holes: false, video_start: VIDEO_START });
		const { lease } = await ask(CLAIM, [id], [found.edit_version], 'old', 60);
		return { id, lease };
	};
	const session = JSON.stringify({ kind: 'local', attempt: 'a' });

	const whole = await claim();
	t.deepEqual(await ask('select extend_leases($1::uuid[], $2) as lease', [whole.lease], 60), {
		lease: whole.lease,
	});
	await holds('report_progress($1, $2)', whole.lease, '{"stage": "cutting", "percent": 5}');
	await ask(LOG, whole.lease, 'info', 'Cut', null);
	t.true((await ask(SESSION, whole.lease, session)).held);
	t.true((await ask(FINALIZE, whole.lease, identity, lsn)).held);
	t.true((await ask(COMPLETE, whole.lease, 'https://v', null, '{"title": "T", "description": ""}')).held);
	t.like(await eventRow(db, whole.id), { state: 'UPLOADED', video_link: 'https://v', uploader: 'old' });

	const ends: [statement: string, values: unknown[], state: string][] = [
		['hand_back_event($1, $2)', ['stops'], 'EDITED'],
		['postpone_event($1, $2, $3)', ['quota', 60], 'EDITED'],
		['fail_event($1, $2)', ['No such picture.'], 'UNEDITED'],
		["retry_event($1, $2, $3) = 'EDITED'", ['network', 3], 'EDITED'],
	];
	for (const [statement, values, state] of ends) {
		const { id, lease } = await claim();
		await holds(statement, lease, ...values);
		t.is((await eventRow(db, id)).state, state as 'EDITED');
		// Out of the way of the next one.
		if (state === 'EDITED')
			await db.updateTable('events').set({ state: 'UNEDITED' }).where('id', '=', id).execute();
	}

	const left = await claim();
	t.true((await ask(SESSION, left.lease, session)).held);
	t.true((await ask(FINALIZE, left.lease, null, null)).held);
	await holds('leave_unresolved($1, $2, $3)', left.lease, 'Ask again.', 0);
	const adopted = await ask('select lease, (event).* from adopt_finalizing($1, $2)', 'old', 60);
	t.is(adopted.id, left.id);
	t.true((await ask(COMPLETE, adopted.lease, 'https://w', null, '{"title": "Old", "description": ""}')).held);
	const published = await ask(
		'select lease, (event).* from adopt_published($1, $2, $3)',
		'old',
		['main'],
		60,
	);
	await holds(
		'note_published($1, $2, $3, $4)',
		published.lease,
		'{"title": "T", "description": ""}',
		null,
		null,
	);

	t.deepEqual(await ask('select expire_leases($1) as expired', 5), { expired: 0 });
	t.deepEqual(await ask('select explain_waiting() as explained'), { explained: 0 });
});
