import test from 'ava';
import { sql } from 'kysely';
import { cancelEvent } from '../../../../db/transitions/cancel.ts';
import { claimEvent } from '../../../../db/transitions/claim.ts';
import {
	completeEvent,
	failEvent,
	finalizeEvent,
	retryEvent,
	storeUploadSession,
} from '../../../../db/transitions/leased.ts';
import { registerNode } from '../../../../db/transitions/register-node.ts';
import { tellStore } from '../../../../db/transitions/tell-store.ts';
import { editedEvent, runningNode } from '../../../support/events.ts';
import { startTestWeb } from '../../../support/web.ts';

test('nodes are told with what they work on and what they hold, locations with whoever disagrees', async (t) => {
	const web = await startTestWeb(t);
	const vera = await web.person('viewer', 'Vera');
	const instance = crypto.randomUUID();
	const channel = { name: 'channel', kind: 'youtube', limits: { title_max_characters: 100 } };
	const north = { name: 'north', instance, version: '1.2.3' };
	await registerNode(web.db, { ...north, locations: [{ ...channel, configHash: 'one' }] });
	await registerNode(web.db, {
		...{ name: 'south', instance: crypto.randomUUID(), version: '1.2.3' },
		locations: [{ ...channel, configHash: 'other' }],
	});
	const noon = Date.parse('2026-05-01T12:00:00Z');
	const held = [
		{ start: noon, end: noon + 60_500 },
		{ start: noon + 70_000, end: noon + 90_000 },
	];
	await tellStore(web.db, 'north', instance, {
		...{ channel: 'stage', quality: 'source', held, diskBytes: 1e12, freeBytes: 4e11 },
	});
	const event = await editedEvent(web.db, { upload_location: 'channel', video_title: 'Opening' });
	await claimEvent(web.db, event, 'north', 60);
	await editedEvent(web.db, { upload_location: 'channel' });

	await sql`update leases set moved_at = now() - interval '10 minutes'`.execute(web.db);

	const { nodes } = (await (await vera.ask('GET', '/api/nodes')).json()) as {
		nodes: Record<string, unknown>[];
	};
	t.like(nodes[0], {
		name: 'north',
		version: '1.2.3',
		running: true,
		locations: ['channel'],
		working_on: [{ id: event.id, title: 'Opening' }],
		stores: [
			{
				channel: 'stage',
				quality: 'source',
				held: [
					{ start: '2026-05-01T12:00:00.000Z', end: '2026-05-01T12:01:00.500Z' },
					{ start: '2026-05-01T12:01:10.000Z', end: '2026-05-01T12:01:30.000Z' },
				],
				disk_bytes: 1e12,
				free_bytes: 4e11,
			},
		],
	});
	const [trouble, ...more] = nodes[0]!.troubles as string[];
	t.deepEqual(more, []);
	t.regex(
		trouble!,
		/^north has got no further for 10 min with beginning “Opening” for upload location “channel”\./,
	);
	t.like(nodes[1], { name: 'south', working_on: [], stores: [], troubles: [] });
	const answer = await vera.ask('GET', '/api/locations');
	const { locations } = (await answer.json()) as { locations: { disagreement: string }[] };
	t.is(locations.length, 1);
	t.like(locations[0], { name: 'channel', kind: 'youtube', nodes: ['north', 'south'], waiting: 1 });
	t.regex(locations[0]!.disagreement, /south configures upload location "channel" differently/);
});

test('charts count what was uploaded, what failed and what waits', async (t) => {
	const web = await startTestWeb(t);
	const vera = await web.person('viewer', 'Vera');
	await runningNode(web.db, 'north');
	const claimed = async () => (await claimEvent(web.db, await editedEvent(web.db), 'north', 60))!;
	for (let times = 0; times < 2; times += 1) {
		const lease = await claimed();
		await storeUploadSession(web.db, lease, { attempt: String(times) });
		await finalizeEvent(web.db, lease);
		await completeEvent(web.db, lease, { link: `https://videos.example/${times}` });
	}
	await failEvent(web.db, await claimed(), 'no room');
	await retryEvent(web.db, await claimed(), 'no answer', 5);
	const cancelled = await editedEvent(web.db);
	await claimEvent(web.db, cancelled, 'north', 60);
	await cancelEvent(web.db, cancelled.id, 'Ada');
	await editedEvent(web.db);

	const ask = async (query: string) => {
		const answer = await vera.ask('GET', `/api/charts${query}`);
		t.is(answer.status, 200, await answer.clone().text());
		return (await answer.json()) as { step_seconds: number; steps: Record<string, number>[] };
	};
	const sum = (steps: Record<string, number>[], key: string) =>
		steps.reduce((all, step) => all + step[key]!, 0);
	const end = new Date(Date.now() + 3_600_000).toISOString();
	const start = new Date(Date.now() - 24 * 3_600_000).toISOString();
	const { step_seconds, steps } = await ask(`?start=${start}&end=${end}`);
	t.is(step_seconds, 3_600);
	t.deepEqual(
		['uploaded', 'minutes', 'failed', 'retried'].map((key) => sum(steps, key)),
		[2, 2, 1, 1],
	);
	t.is(steps.at(-1)!.waiting, 2);
	t.is(steps[0]!.waiting, 0);
	const long = await ask(`?start=${new Date(Date.now() - 30 * 86_400_000).toISOString()}&end=${end}`);
	t.is(long.step_seconds, 86_400);
	t.is(sum(long.steps, 'uploaded'), 2);
	const before = await ask(`?end=${start}`);
	t.deepEqual(new Set(before.steps.map(({ waiting }) => waiting)), new Set([0]));
	// Not the hours of 2,000 years.
	t.is((await ask('?end=0001-01-02T00:00:00Z')).steps.length, 24);
	const refused = await vera.ask('GET', `/api/charts?start=${end}&end=${start}`);
	t.is(refused.status, 400);
	t.regex(await refused.text(), /The end must be after the start/);
});
