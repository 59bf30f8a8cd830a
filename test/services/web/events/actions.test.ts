import test, { type ExecutionContext } from 'ava';
import type { Db } from '../../../../db/connect.ts';
import type { EventRow, EventState } from '../../../../db/tables.ts';
import { claimEvent } from '../../../../db/transitions/claim.ts';
import {
	completeEvent,
	finalizeEvent,
	leaveUnresolved,
	retryEvent,
	storeUploadSession,
} from '../../../../db/transitions/leased.ts';
import { editedEvent, eventRow, newEvent, runningNode } from '../../../support/events.ts';
import { type Person, startTestWeb, type TestWeb } from '../../../support/web.ts';

interface Answer {
	id: string;
	done: boolean;
	sentence: string;
}

interface World extends TestWeb {
	ada: Person;
	/** An event in that state, as its node left it. */
	event(state: EventState): Promise<EventRow>;
	act(action: object, ...ids: string[]): Promise<Answer[]>;
}

async function world(t: ExecutionContext): Promise<World> {
	const web = await startTestWeb(t);
	const ada = await web.person('operator', 'Ada');
	await runningNode(web.db, 'north');
	return {
		...web,
		ada,
		event: (state) => eventIn(web.db, state),
		act: async (action, ...ids) => {
			const answer = await ada.ask('POST', '/api/events/actions', { action, ids });
			t.is(answer.status, 200, await answer.clone().text());
			return ((await answer.json()) as { answers: Answer[] }).answers;
		},
	};
}

async function eventIn(db: Db, state: EventState): Promise<EventRow> {
	if (state === 'UNEDITED') return newEvent(db);
	const event = await editedEvent(db);
	if (state === 'EDITED') return event;
	const lease = (await claimEvent(db, event, 'north', 600))!;
	if (state !== 'CLAIMED') {
		await storeUploadSession(db, lease, { attempt: 'one' });
		await finalizeEvent(db, lease);
	}
	if (state === 'FINALIZING') await leaveUnresolved(db, lease, 'The location does not answer', 600);
	if (state === 'UPLOADED') await completeEvent(db, lease, { link: 'https://videos.example/1' });
	return eventRow(db, event.id);
}

const STATES: EventState[] = ['UNEDITED', 'EDITED', 'CLAIMED', 'FINALIZING', 'UPLOADED'];

/** Of each action, the states that it takes an event from, and where to; in every other state it is refused. */
const ACTIONS: { action: object; takes: Partial<Record<EventState, EventState>> }[] = [
	{ action: { kind: 'retry' }, takes: { FINALIZING: 'FINALIZING' } },
	{ action: { kind: 'cancel', reason: 'wrong day' }, takes: { EDITED: 'UNEDITED', CLAIMED: 'UNEDITED' } },
	{ action: { kind: 're-edit' }, takes: { UPLOADED: 'UNEDITED' } },
	{
		action: { kind: 'resolve-uploaded', video_link: 'https://videos.example/2' },
		takes: { FINALIZING: 'UPLOADED' },
	},
	{ action: { kind: 'resolve-absent' }, takes: { FINALIZING: 'EDITED' } },
	{ action: { kind: 'revoke-lease' }, takes: { CLAIMED: 'CLAIMED' } },
	{
		action: { kind: 'change', priority: 7 },
		takes: Object.fromEntries(STATES.map((state) => [state, state])),
	},
	{
		action: { kind: 'change', allow_holes: true, uploader_whitelist: ['north'], upload_location: 'channel' },
		takes: { UNEDITED: 'UNEDITED', EDITED: 'EDITED' },
	},
];

for (const { action, takes } of ACTIONS) {
	test(`${JSON.stringify(action)} is done in ${Object.keys(takes).join(', ')}, and else refused with a sentence that changes nothing`, async (t) => {
		const { event, act, db } = await world(t);
		for (const state of STATES) {
			const before = await event(state);
			const [answer] = await act(action, before.id);
			const after = await eventRow(db, before.id);
			t.is(answer!.id, before.id);
			t.is(answer!.done, state in takes, `${state}: ${answer!.sentence}`);
			t.regex(answer!.sentence, /^[A-Z].{9,}[.!?]$/, state);
			t.false(answer!.sentence.includes(before.id), answer!.sentence);
			if (state in takes) t.is(after.state, takes[state]!, state);
			else t.deepEqual(after, before, state);
		}
	});
}

test('a retry submits what failed as it was, and lets what rests go on at once', async (t) => {
	const { act, db } = await world(t);
	const [failing, resting] = [await editedEvent(db), await editedEvent(db)];
	await retryEvent(db, (await claimEvent(db, failing, 'north', 60))!, 'no room', 1);
	await retryEvent(db, (await claimEvent(db, resting, 'north', 60))!, 'no answer', 5);
	t.like(await eventRow(db, failing.id), { state: 'UNEDITED', attempts: 1 });
	t.truthy((await eventRow(db, resting.id)).next_try_at);
	const answers = await act({ kind: 'retry' }, failing.id, resting.id);
	t.deepEqual(
		answers.map(({ done }) => done),
		[true, true],
	);
	t.like(await eventRow(db, failing.id), { state: 'EDITED', error: null, attempts: 0 });
	t.like(await eventRow(db, resting.id), { state: 'EDITED', next_try_at: null });
});

test('an upload that a node is committing right now is not resolved over its head, until its lease is revoked', async (t) => {
	const { act, db } = await world(t);
	const event = await editedEvent(db);
	const lease = (await claimEvent(db, event, 'north', 600))!;
	await storeUploadSession(db, lease, { attempt: 'one' });
	await finalizeEvent(db, lease);
	for (const action of [
		{ kind: 'resolve-absent' },
		{ kind: 'resolve-uploaded', video_link: 'https://videos.example/3' },
	]) {
		const [answer] = await act(action, event.id);
		t.false(answer!.done);
		t.regex(answer!.sentence, /north is publishing its video right now/);
	}
	t.is((await eventRow(db, event.id)).state, 'FINALIZING');
	const [revoked] = await act({ kind: 'revoke-lease' }, event.id);
	t.regex(revoked!.sentence, /^The node north has lost it/);
	const [resolved] = await act({ kind: 'resolve-absent' }, event.id);
	t.true(resolved!.done);
	t.false(await completeEvent(db, lease, { link: 'https://videos.example/late' }));
	t.like(await eventRow(db, event.id), { state: 'EDITED', error: null, upload_session: null });
});

test('each event of a selection is answered for, in order, and one that refuses stops no other', async (t) => {
	const { event, act, db } = await world(t);
	const [first, second, third] = [await event('EDITED'), await event('UPLOADED'), await event('CLAIMED')];
	const missing = crypto.randomUUID();
	const answers = await act({ kind: 'cancel' }, first.id, second.id, missing, third.id);
	t.deepEqual(
		answers.map(({ id, done }) => [id, done]),
		[
			[first.id, true],
			[second.id, false],
			[missing, false],
			[third.id, true],
		],
	);
	t.regex(answers[1]!.sentence, /uploaded already/);
	t.regex(answers[2]!.sentence, /no event/);
	t.is((await eventRow(db, third.id)).error, 'Cancelled by Ada');
});

test('what is done stands in the history in the person’s name', async (t) => {
	const { event, act, db } = await world(t);
	const stuck = await event('FINALIZING');
	await act({ kind: 'resolve-absent' }, stuck.id);
	const failed = await event('EDITED');
	await act({ kind: 'cancel', reason: 'wrong day' }, failed.id);
	const last = (id: string) =>
		db
			.selectFrom('event_history')
			.select(['actor', 'to_state', 'note'])
			.where('event_id', '=', id)
			.orderBy('seq', 'desc')
			.executeTakeFirstOrThrow();
	t.deepEqual(await last(stuck.id), {
		actor: 'Ada',
		to_state: 'EDITED',
		note: 'Ada says that the video was surely not uploaded',
	});
	t.deepEqual(await last(failed.id), { actor: 'Ada', to_state: 'UNEDITED', note: 'wrong day' });
});

test('requests that cannot be meant are refused as a whole', async (t) => {
	const { ada, event } = await world(t);
	const { id } = await event('EDITED');
	const other = await event('EDITED');
	const wrong: [object, RegExp][] = [
		[{ action: { kind: 'retry' }, ids: [] }, /names no event/],
		[{ action: { kind: 'retry' }, ids: [id, id] }, /twice/],
		[{ action: { kind: 'change' }, ids: [id] }, /nothing to change/],
		[{ action: { kind: 'change', priority: 1.5 }, ids: [id] }, /priority/],
		[{ action: { kind: 'change', uploader_whitelist: [] }, ids: [id] }, /uploader_whitelist/],
		[{ action: { kind: 'change', state: 'UPLOADED' }, ids: [id] }, /state/],
		[
			{ action: { kind: 'resolve-uploaded', video_link: 'javascript:alert(1)' }, ids: [id] },
			/address of the video/,
		],
		[
			{ action: { kind: 'resolve-uploaded', video_link: 'https://a.example/' }, ids: [id, other.id] },
			/one video/,
		],
		[{ action: { kind: 'delete' }, ids: [id] }, /action/],
	];
	for (const [body, sentence] of wrong) {
		const answer = await ada.ask('POST', '/api/events/actions', body);
		t.is(answer.status, 400, JSON.stringify(body));
		t.regex(await answer.text(), sentence);
	}
});

test('editors and viewers can do none of it', async (t) => {
	const { event, person, db } = await world(t);
	const before = await event('EDITED');
	for (const role of ['viewer', 'editor'] as const) {
		const who = await person(role);
		const body = { action: { kind: 'cancel' }, ids: [before.id] };
		t.is((await who.ask('POST', '/api/events/actions', body)).status, 403);
	}
	t.deepEqual(await eventRow(db, before.id), before);
});
