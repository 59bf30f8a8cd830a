import test from 'ava';
import { asActor } from '../../../../db/actor.ts';
import { cancelEvent } from '../../../../db/transitions/cancel.ts';
import { claimEvent } from '../../../../db/transitions/claim.ts';
import { retryEvent } from '../../../../db/transitions/leased.ts';
import { editedEvent, newEvent, runningNode } from '../../../support/events.ts';
import { startTestWeb } from '../../../support/web.ts';
import { manyEvents } from './world.ts';

interface List {
	cursor: string;
	events: Record<string, unknown>[];
}

test('the list tells all events with times in UTC, and leaves out what is NULL', async (t) => {
	const web = await startTestWeb(t);
	const ada = await web.person('operator', 'Ada');
	const event = await newEvent(web.db, {
		start: new Date('2026-05-01T12:00:00.500Z'),
		category: 'Talks',
		tags: ['one', 'two'],
		uploader_whitelist: ['north'],
		priority: 7,
	});
	await newEvent(web.db, { description: 'Nobody knows when' });
	const { cursor, events } = (await (await ada.ask('GET', '/api/events')).json()) as List;
	t.regex(cursor, /^\d+$/);
	t.is(events.length, 2);
	const told = events.find(({ id }) => id === event.id)!;
	t.like(told, {
		state: 'UNEDITED',
		start: '2026-05-01T12:00:00.500Z',
		video_start: '2026-05-01T12:00:00.000Z',
		category: 'Talks',
		tags: ['one', 'two'],
		uploader_whitelist: ['north'],
		priority: 7,
		updated_at: event.updated_at.toISOString(),
	});
	t.false('end' in told);
	t.false('error' in told);
});

test('an event that rests after a failed attempt tells editors why that failed', async (t) => {
	const web = await startTestWeb(t);
	await runningNode(web.db, 'north');
	const event = await editedEvent(web.db);
	await retryEvent(
		web.db,
		(await claimEvent(web.db, event, 'north', 60))!,
		'The location does not answer.',
		5,
	);
	const asked = async (role: 'viewer' | 'editor') => {
		const answer = await (await web.person(role)).ask('GET', '/api/events');
		return ((await answer.json()) as List).events[0]!;
	};
	t.like(await asked('editor'), { attempts: 1, last_failure: 'The location does not answer.' });
	t.false('last_failure' in (await asked('viewer')));
});

test('viewers get no notes, no names of editors, and no addresses in errors', async (t) => {
	const web = await startTestWeb(t);
	const viewer = await web.person('viewer');
	const editor = await web.person('editor');
	const { id } = await editedEvent(web.db, { notes: 'A secret', editor: 'ada@example.org' });
	await asActor(web.db, 'ada@example.org', (trx) => cancelEvent(trx, id, 'ada@example.org', 'wrong day'));
	const seen = await (await viewer.ask('GET', '/api/events')).text();
	t.true(seen.includes(id));
	t.false(seen.includes('example.org'));
	t.false(seen.includes('A secret'));
	const told = await (await editor.ask('GET', '/api/events')).text();
	t.true(told.includes('Cancelled by ada@example.org: wrong day'));
	t.is((await viewer.ask('GET', `/api/events/${id}/history`)).status, 403);
});

test('20,000 events are told at once, compressed', async (t) => {
	const web = await startTestWeb(t);
	const ada = await web.person('operator', 'Ada');
	await manyEvents(web.db, 20_000);
	const before = performance.now();
	const cpu = process.cpuUsage();
	const answer = await ada.ask('GET', '/api/events', undefined, { 'accept-encoding': 'gzip' });
	const { events } = (await answer.json()) as List;
	const { user, system } = process.cpuUsage(cpu);
	t.log(
		`20,000 events in ${Math.round(performance.now() - before)} ms; service and reader took ${Math.round((user + system) / 1000)} ms of CPU`,
	);
	t.is(answer.headers.get('content-encoding'), 'gzip');
	t.is(events.length, 20_000);
	t.is(new Set(events.map(({ id }) => id)).size, 20_000);
});

test('an event’s history tells who did what, through which database user, with values before and after', async (t) => {
	const web = await startTestWeb(t);
	const ada = await web.person('operator', 'Ada');
	const { id } = await newEvent(web.db, { category: 'Talks' });
	const action = { kind: 'change', priority: 5 };
	await ada.ask('POST', '/api/events/actions', { action, ids: [id] });
	const answer = await ada.ask('GET', `/api/events/${id}/history`);
	const { entries } = (await answer.json()) as { entries: Record<string, unknown>[] };
	t.is(entries.length, 2);
	t.like(entries[0], {
		actor: 'Ada',
		from_state: 'UNEDITED',
		to_state: 'UNEDITED',
		changes: { priority: [0, 5] },
	});
	t.like(entries[1], { actor: null, from_state: null });
	t.deepEqual(
		entries.map((entry) => entry.db_user),
		['test_web', 'postgres'],
	);
});
