import test from 'ava';
import { sql } from 'kysely';
import { listen } from '../../db/listen.ts';
import { until } from '../support/until.ts';
import { checkClaimedOnce, checkUploadedOnce } from './check-outcome.ts';
import { longTest } from './extent.ts';
import {
	type JobWorld,
	jobWorld,
	PATIENCE_SECONDS,
	sharedRecording,
	submittedEvent,
	untilUploaded,
} from './job-world.ts';
import { type Life, live } from './life.ts';
import { explained } from './points.ts';
import { PostgresProxy } from './postgres-proxy.ts';

// The cable between a node and the database is pulled: nothing passes any more, and nobody is told.

const recording = await sharedRecording();

/** A node whose cable is pulled when it is about to cut. Resolves once it is. */
async function cutOff(t: Parameters<typeof live>[0], world: JobWorld): Promise<Life> {
	let pulled = false;
	const life = await live(t, world, 'node-1', (step, { proxy }) => {
		if (step !== 'sql store_upload_session #1') return undefined;
		const act = async () => {
			proxy.freeze();
			pulled = true;
		};
		return { when: 'after', act, drops: false };
	});
	await explained([life], () => until(() => pulled, PATIENCE_SECONDS));
	return life;
}

longTest('a network that is away for less than the lease costs nothing but time', async (t) => {
	const world = await jobWorld(t, 'local', recording);
	const id = await submittedEvent(world);
	const life = await cutOff(t, world);
	// The answer that is held back, and the node's first attempt to say that it still works.
	await until(() => life.proxy.held >= 2, PATIENCE_SECONDS);
	life.proxy.thaw();
	await explained([life], () => untilUploaded(world, id));
	await checkUploadedOnce(t, world, id);
	await checkClaimedOnce(t, world, id);
});

test('a network that is away for longer than the lease: another node does the work, and the first one stops', async (t) => {
	const world = await jobWorld(t, 'local', recording);
	const id = await submittedEvent(world);
	const first = await cutOff(t, world);
	const second = await live(t, world, 'node-2');
	await explained([first, second], () => untilUploaded(world, id));
	first.proxy.thaw();
	// It comes back to itself: it can cut what only it may cut.
	const another = await submittedEvent(world, 'node-1');
	await explained([first, second], () => untilUploaded(world, another));
	await checkUploadedOnce(t, world, id, another);
	t.false(first.node.ended);
});

longTest('a LISTEN that gets no answer is said again, however well the connection does later', async (t) => {
	const world = await jobWorld(t, 'local', recording);
	const { proxy, url } = await PostgresProxy.start(t, world.url);
	const edited = new Set<string>();
	let errors = 0;
	proxy.trap = (name) =>
		name.startsWith('LISTEN ') && errors === 0
			? {
					when: 'after',
					act: async () => void (await until(() => errors > 0, PATIENCE_SECONDS)),
					drops: false,
				}
			: undefined;
	const listener = listen(url, {
		channels: ['event_edited'],
		onNotification: (_, id) => edited.add(id),
		onError: () => errors++,
	});
	t.teardown(() => listener.close());
	await until(() => errors > 0, PATIENCE_SECONDS);
	// Told of one that was submitted before the channel was listened to, nobody hears of it.
	await until(async () => {
		const id = await submittedEvent(world);
		return until(() => edited.has(id), 1).then(
			() => true,
			() => false,
		);
	}, PATIENCE_SECONDS);
	t.true(edited.size > 0);
});

longTest('a connection for notifications that dies silently stops no work, and is made again', async (t) => {
	const world = await jobWorld(t, 'local', recording);
	/** The server processes that listen to what the node has to hear. */
	const listeners = async () => {
		const { rows } = await sql<{ pid: number }>`
			select pid from pg_stat_activity
			where datname = current_database() and application_name = 'cutsheet-listen'
				and query like 'LISTEN %trial%' and state = 'idle'`.execute(world.db);
		return rows.map(({ pid }) => pid);
	};
	const life = await live(t, world, 'node-1');
	await explained([life], () => until(async () => (await listeners()).length === 1, PATIENCE_SECONDS));
	const [dead] = await listeners();
	life.proxy.freeze('cutsheet-listen');
	const id = await submittedEvent(world);
	await explained([life], () => untilUploaded(world, id));
	await checkUploadedOnce(t, world, id);
	// The node finds out by itself, gives that connection up and asks for others, which the proxy holds back as well.
	const asked = () => life.proxy.arrivals.filter((application) => application === 'cutsheet-listen').length;
	const before = asked();
	await explained([life], () => until(() => asked() > before, PATIENCE_SECONDS));
	life.proxy.thaw();
	await explained([life], () =>
		until(async () => (await listeners()).some((pid) => pid !== dead), PATIENCE_SECONDS),
	);
});
