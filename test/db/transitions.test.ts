import test from 'ava';
import { type RawBuilder, sql } from 'kysely';
import type { Db } from '../../db/connect.ts';
import type { EventState } from '../../db/tables.ts';
import { createDatabase } from '../support/database.ts';
import { eventRow, newEvent, runningNode } from '../support/events.ts';

// Everything here is what an operator could type into psql: no function of ours, only INSERT, UPDATE and DELETE.

const STATES: EventState[] = ['UNEDITED', 'EDITED', 'CLAIMED', 'FINALIZING', 'UPLOADED'];

const LEGAL: Record<EventState, EventState[]> = {
	UNEDITED: ['EDITED', 'UPLOADED'],
	EDITED: ['CLAIMED', 'UNEDITED'],
	CLAIMED: ['FINALIZING', 'EDITED', 'UNEDITED'],
	FINALIZING: ['UPLOADED', 'EDITED', 'UNEDITED'],
	UPLOADED: ['UNEDITED'],
};

/** What an UPDATE to each state has to bring along. */
const TO: Record<EventState, RawBuilder<unknown>> = {
	UNEDITED: sql`state = 'UNEDITED', error = 'by hand'`,
	EDITED: sql`state = 'EDITED'`,
	CLAIMED: sql`state = 'CLAIMED', uploader = 'node-a'`,
	FINALIZING: sql`state = 'FINALIZING', upload_session = '{"path": "x"}'`,
	UPLOADED: sql`state = 'UPLOADED', video_link = 'https://example.org/v'`,
};

const WAY: Record<EventState, EventState[]> = {
	UNEDITED: [],
	EDITED: ['EDITED'],
	CLAIMED: ['EDITED', 'CLAIMED'],
	FINALIZING: ['EDITED', 'CLAIMED', 'FINALIZING'],
	UPLOADED: ['EDITED', 'CLAIMED', 'FINALIZING', 'UPLOADED'],
};

async function update(db: Db, id: string, set: RawBuilder<unknown>): Promise<void> {
	await sql`update events set ${set} where id = ${id}`.execute(db);
}

async function eventIn(db: Db, state: EventState): Promise<string> {
	const { id } = await newEvent(db);
	for (const step of WAY[state]) {
		if (step === 'UPLOADED') await revokeLease(db, id);
		await update(db, id, TO[step]);
	}
	return id;
}

/** Nobody is publishing it any more. */
async function revokeLease(db: Db, id: string): Promise<void> {
	await sql`select revoke_lease(${id}, 'Ada')`.execute(db);
}

async function heldLeases(db: Db, id: string): Promise<number> {
	const rows = await db
		.selectFrom('lease_items')
		.selectAll()
		.where('item', '=', id)
		.where('released_at', 'is', null)
		.execute();
	return rows.length;
}

for (const from of STATES) {
	for (const to of STATES.filter((state) => state !== from)) {
		const legal = LEGAL[from].includes(to);
		test(`${from} → ${to} ${legal ? 'is possible' : 'is refused with both states and the legal ones'}`, async (t) => {
			const { db } = await createDatabase(t);
			await runningNode(db, 'node-a');
			const id = await eventIn(db, from);
			if (legal) {
				if (from === 'FINALIZING') await revokeLease(db, id);
				await update(db, id, TO[to]);
				t.is((await eventRow(db, id)).state, to);
				t.is(await heldLeases(db, id), to === 'CLAIMED' || to === 'FINALIZING' ? 1 : 0);
			} else {
				const before = await eventRow(db, id);
				const error = await t.throwsAsync(update(db, id, TO[to]));
				t.regex(error.message, new RegExp(`cannot go from ${from} to ${to}: .*${LEGAL[from].join(' or ')}`));
				t.deepEqual(await eventRow(db, id), before);
			}
		});
	}
}

test('a new event is UNEDITED, whatever the INSERT says', async (t) => {
	const { db } = await createDatabase(t);
	for (const state of STATES.slice(1)) {
		const error = await t.throwsAsync(newEvent(db, { state }));
		t.regex(error.message, /a new event is UNEDITED/);
	}
});

test('an edit without sound inputs is refused with a sentence that names them', async (t) => {
	const { db } = await createDatabase(t);
	const event = await newEvent(db, { video_title: ' ', video_end: null });
	const error = await t.throwsAsync(update(db, event.id, sql`state = 'EDITED'`));
	t.regex(error.message, /cannot become EDITED: video_end, video_title must be set/);
});

test('a submitted edit clears error, uploader and attempts, and is stamped', async (t) => {
	const { db } = await createDatabase(t);
	await runningNode(db, 'node-a');
	const id = await eventIn(db, 'CLAIMED');
	await update(db, id, sql`state = 'UNEDITED', error = 'broken', attempts = 3`);
	t.like(await eventRow(db, id), { error: 'broken', uploader: 'node-a', attempts: 3 });
	await update(db, id, sql`state = 'EDITED'`);
	const row = await eventRow(db, id);
	t.like(row, { error: null, uploader: null, attempts: 0, next_try_at: null, edit_version: 2 });
	t.true(row.edited_at instanceof Date);
});

test('a claim opens a lease for its node and clears the error', async (t) => {
	const { db } = await createDatabase(t);
	await runningNode(db, 'node-a');
	const id = await eventIn(db, 'EDITED');
	await update(db, id, sql`error = 'waited for segments'`);
	await update(db, id, TO.CLAIMED);
	t.like(await eventRow(db, id), { error: null, uploader: 'node-a' });
	const lease = await db
		.selectFrom('leases')
		.innerJoin('lease_items', 'lease_items.lease_id', 'leases.id')
		.select(['holder', 'expires_at', sql<boolean>`expires_at > clock_timestamp()`.as('live')])
		.where('item', '=', id)
		.executeTakeFirstOrThrow();
	t.like(lease, { holder: 'node-a', live: true });
});

test('what is typed after a claim in the same transaction is refused with a sentence once the lease of it is over', async (t) => {
	const { db } = await createDatabase(t);
	await runningNode(db, 'node-a');
	const id = await eventIn(db, 'EDITED');
	const typed = db.transaction().execute(async (trx) => {
		await sql`set local cutsheet.lease_seconds = 0`.execute(trx);
		await update(trx, id, TO.CLAIMED);
		await update(trx, id, sql`notes = 'mine'`);
	});
	const error = (await t.throwsAsync(typed)) as Error & { hint: string };
	t.is(
		error.message,
		`event ${id} did not change: the lease of node-a, under which this transaction works, is over`,
	);
	t.regex(error.hint, /cutsheet\.lease_seconds/);
	t.is((await eventRow(db, id)).state, 'EDITED');
});

const CLAIM_GUARDS: [string, RawBuilder<unknown>, RegExp][] = [
	['without a node', sql`uploader = null`, /set uploader/],
	['by an unknown node', sql`uploader = 'stranger'`, /there is no node "stranger"/],
	[
		'by a node without the location',
		sql`upload_location = 'elsewhere', uploader = 'node-a'`,
		/does not have upload location/,
	],
	[
		'by a node that is not on the whitelist',
		sql`uploader_whitelist = '{b}', uploader = 'node-a'`,
		/only b may cut it/,
	],
	[
		'before the next try',
		sql`next_try_at = now() + interval '1 hour', uploader = 'node-a'`,
		/not to be tried again/,
	],
	['of a removed row', sql`removed_from_sheet_at = now(), uploader = 'node-a'`, /removed from the sheet/],
];
for (const [what, set, message] of CLAIM_GUARDS) {
	test(`a claim ${what} is refused`, async (t) => {
		const { db } = await createDatabase(t);
		await runningNode(db, 'node-a');
		const id = await eventIn(db, 'EDITED');
		const error = await t.throwsAsync(update(db, id, sql`state = 'CLAIMED', ${set}`));
		t.regex(error.message, message);
	});
}

test('FINALIZING needs an upload session and a live lease', async (t) => {
	const { db } = await createDatabase(t);
	await runningNode(db, 'node-a');
	const id = await eventIn(db, 'CLAIMED');
	await t.throwsAsync(update(db, id, sql`state = 'FINALIZING'`), { message: /upload_session is empty/ });
	await sql`update leases set expires_at = clock_timestamp()`.execute(db);
	await t.throwsAsync(update(db, id, TO.FINALIZING), { message: /no live lease/ });
});

test('UPLOADED needs a link, and only an UPLOADED row has one', async (t) => {
	const { db } = await createDatabase(t);
	await runningNode(db, 'node-a');
	const id = await eventIn(db, 'FINALIZING');
	await revokeLease(db, id);
	await t.throwsAsync(update(db, id, sql`state = 'UPLOADED'`), { message: /video_link is empty/ });
	await t.throwsAsync(update(db, id, sql`video_link = 'x'`), {
		message: /it is FINALIZING, and only an UPLOADED one has a video_link/,
	});
	await update(db, id, TO.UPLOADED);
	await t.throwsAsync(update(db, id, sql`video_link = null`), { message: /video_link is empty/ });
	await t.throwsAsync(update(db, id, sql`video_link = ''`), { message: /video_link is empty/ });
	await t.throwsAsync(update(db, id, sql`video_description = null`), {
		message: /video_description cannot be NULL/,
	});
});

test('a link entered by hand needs no edit inputs and makes the uploader manual', async (t) => {
	const { db } = await createDatabase(t);
	const event = await newEvent(db, {
		video_start: null,
		video_end: null,
		video_title: null,
		video_description: null,
	});
	await update(db, event.id, sql`state = 'UPLOADED', video_link = 'https://elsewhere', uploader = 'me'`);
	const row = await eventRow(db, event.id);
	t.like(row, { state: 'UPLOADED', uploader: 'manual', video_link: 'https://elsewhere' });
	t.true(row.uploaded_at instanceof Date);
});

test('a re-edit clears the link, the video id, the session and the uploader', async (t) => {
	const { db } = await createDatabase(t);
	await runningNode(db, 'node-a');
	const id = await eventIn(db, 'UPLOADED');
	await update(db, id, sql`state = 'UNEDITED'`);
	t.like(await eventRow(db, id), {
		video_link: null,
		video_id: null,
		upload_session: null,
		uploader: null,
		error: null,
	});
});

test('what a claim left at its location stays known until the next attempt stores its own session', async (t) => {
	const { db } = await createDatabase(t);
	await runningNode(db, 'node-a');
	const id = await eventIn(db, 'CLAIMED');
	await update(db, id, sql`upload_session = '{"attempt": "1"}'`);
	await update(db, id, TO.EDITED);
	t.deepEqual((await eventRow(db, id)).upload_session, { attempt: '1' });
	await update(db, id, TO.CLAIMED);
	t.deepEqual((await eventRow(db, id)).upload_session, { attempt: '1' });
	await update(db, id, sql`upload_session = '{"attempt": "2"}'`);
	t.deepEqual((await eventRow(db, id)).upload_session, { attempt: '2' });
});

test('a cancel says who cancelled unless it gives an error itself', async (t) => {
	const { db } = await createDatabase(t);
	await runningNode(db, 'node-a');
	const edited = await eventIn(db, 'EDITED');
	await update(db, edited, sql`state = 'UNEDITED'`);
	t.is((await eventRow(db, edited)).error, 'Cancelled by postgres');
	const claimed = await eventIn(db, 'CLAIMED');
	await db.transaction().execute(async (trx) => {
		await sql`select set_config('cutsheet.actor', 'Ada', true)`.execute(trx);
		await update(trx, claimed, sql`state = 'UNEDITED'`);
	});
	t.like(await eventRow(db, claimed), { error: 'Cancelled by Ada', uploader: 'node-a' });
});

test('FINALIZING goes back to UNEDITED only with an error that says what became of the upload', async (t) => {
	const { db } = await createDatabase(t);
	await runningNode(db, 'node-a');
	const id = await eventIn(db, 'FINALIZING');
	await revokeLease(db, id);
	await t.throwsAsync(update(db, id, sql`state = 'UNEDITED'`), { message: /without an error/ });
});

test('while a node publishes a video nobody moves its row, unless its lease is revoked or has run out', async (t) => {
	const { db } = await createDatabase(t);
	await runningNode(db, 'node-a');
	const id = await eventIn(db, 'FINALIZING');
	for (const to of LEGAL.FINALIZING) {
		await t.throwsAsync(update(db, id, TO[to]), { message: /node-a is publishing its video right now/ });
	}
	const { rows } = await sql<{ holder: string }>`select revoke_lease(${id}, 'Ada') as holder`.execute(db);
	t.is(rows[0]!.holder, 'node-a');
	await t.throwsAsync(revokeLease(db, id), { message: /nobody holds a lease/ });
	t.is((await eventRow(db, id)).state, 'FINALIZING');
	t.regex(
		(await db.selectFrom('job_log').select('message').executeTakeFirstOrThrow()).message,
		/lease of node-a was revoked by Ada/,
	);
	await update(db, id, TO.EDITED);
	t.is((await eventRow(db, id)).state, 'EDITED');

	const expired = await eventIn(db, 'FINALIZING');
	await sql`update leases set expires_at = clock_timestamp()`.execute(db);
	await update(db, expired, TO.EDITED);
	t.is((await eventRow(db, expired)).state, 'EDITED');
});

const STEERING = {
	allow_holes: sql`true`,
	uploader_whitelist: sql`'{node-a}'`,
	upload_location: sql`'other'`,
};
const RANGES = {
	video_start: sql`video_start - interval '1 s'`,
	video_ranges: sql`'[{"start": "2026-05-01T12:00:00.000Z", "end": "2026-05-01T12:01:00.000Z"}]'`,
};
const TEXTS = { video_title: sql`'Another'`, video_description: sql`'More'` };
const FREE = {
	start: sql`now()`,
	end: sql`now()`,
	category: sql`'c'`,
	description: sql`'d'`,
	notes: sql`'n'`,
	tags: sql`'{t}'`,
	priority: sql`7`,
};
const MAY_CHANGE: Record<EventState, Record<string, RawBuilder<unknown>>[]> = {
	UNEDITED: [FREE, STEERING, RANGES, TEXTS],
	EDITED: [FREE, STEERING],
	CLAIMED: [FREE],
	FINALIZING: [FREE],
	UPLOADED: [FREE, TEXTS],
};
for (const state of STATES) {
	test(`${state}: exactly the columns of the design may change`, async (t) => {
		const { db } = await createDatabase(t);
		await runningNode(db, 'node-a', ['', 'other']);
		const id = await eventIn(db, state);
		for (const group of [FREE, STEERING, RANGES, TEXTS]) {
			for (const [column, value] of Object.entries(group)) {
				const change = db.transaction().execute(async (trx) => {
					await update(trx, id, sql`${sql.ref(column)} = ${value}`);
					throw new RollBack();
				});
				if (MAY_CHANGE[state].includes(group)) {
					await t.throwsAsync(change, { instanceOf: RollBack }, column);
				} else {
					await t.throwsAsync(
						change,
						{ message: new RegExp(`is ${state}: ${column} cannot change now`) },
						column,
					);
				}
			}
		}
	});
}
class RollBack extends Error {}

test('every change of a cut parameter raises edit_version, other changes do not, and nobody sets it by hand', async (t) => {
	const { db } = await createDatabase(t);
	const { id } = await newEvent(db);
	const version = async () => (await eventRow(db, id)).edit_version;
	await update(db, id, sql`category = 'x', priority = 3`);
	t.is(await version(), 0);
	await update(db, id, sql`video_title = 'Another'`);
	t.is(await version(), 1);
	await update(db, id, sql`edit_version = 100`);
	t.is(await version(), 1);
	await update(db, id, sql`state = 'EDITED'`);
	t.is(await version(), 2);
	await update(db, id, sql`allow_holes = true`);
	t.is(await version(), 3);
});

test('events cannot be deleted, truncated or given another id', async (t) => {
	const { db } = await createDatabase(t);
	const { id } = await newEvent(db);
	await t.throwsAsync(sql`delete from events`.execute(db), { message: /cannot be deleted/ });
	await t.throwsAsync(sql`truncate events cascade`.execute(db), { message: /cannot be truncated/ });
	await t.throwsAsync(update(db, id, sql`id = gen_random_uuid()`), {
		message: /id of event .* cannot change/,
	});
});

test('uploader changes only together with state', async (t) => {
	const { db } = await createDatabase(t);
	await runningNode(db, 'node-a');
	const id = await eventIn(db, 'CLAIMED');
	await t.throwsAsync(update(db, id, sql`uploader = 'thief'`), {
		message: /uploader changes only together with state/,
	});
});
