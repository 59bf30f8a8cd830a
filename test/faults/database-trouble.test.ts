import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { sql } from 'kysely';
import pg from 'pg';
import { migrate } from '../../db/migrate.ts';
import { eventRow } from '../support/events.ts';
import { until } from '../support/until.ts';
import { checkUploadedOnce } from './check-outcome.ts';
import { ALL, longTest } from './extent.ts';
import { jobWorld, PATIENCE_SECONDS, sharedRecording, submittedEvent } from './job-world.ts';
import { live } from './life.ts';
import { type OwnServer, serverFolder, startServer } from './own-server.ts';
import { explained } from './points.ts';

// The database itself is in trouble while a job runs. The node waits, says so in its log, and goes on.

const recording = await sharedRecording();

async function survives(t: ExecutionContext, step: string, end: (server: OwnServer) => Promise<void>) {
	const data = join(await serverFolder(t), 'server');
	const before = await startServer(t, data);
	await migrate(before.db);
	const world = await jobWorld(t, 'local', recording, before);
	const id = await submittedEvent(world);
	let ended = false;
	const life = await live(t, world, 'node-1', (seen) => {
		if (seen !== step || ended) return undefined;
		const act = async () => {
			ended = true;
			await end(before);
		};
		return { when: 'before', act, drops: true };
	});
	await explained([life], () =>
		until(() => ended && /does not answer|Could not/.test(life.node.output), PATIENCE_SECONDS),
	);
	const after = await startServer(t, data);
	life.proxy.lead(after.url);
	const there = { ...world, db: after.db };
	await explained([life], () =>
		until(async () => (await eventRow(after.db, id)).state === 'UPLOADED', PATIENCE_SECONDS),
	);
	await checkUploadedOnce(t, there, id);
	t.false(life.node.ended);
}

const STEPS = ['sql store_upload_session #1', 'sql finalize_event #1', 'sql complete_event #1'];
for (const step of ALL ? STEPS : ['sql finalize_event #1']) {
	longTest(`uploaded exactly once when the database is restarted before ${step}`, (t) =>
		survives(t, step, (server) => server.stop()),
	);
}
for (const step of ALL ? STEPS : ['sql complete_event #1']) {
	longTest(`uploaded exactly once when the database is killed before ${step}`, (t) =>
		survives(t, step, (server) => server.kill()),
	);
}

longTest(
	'a server that was told not to wait for its disk has forgotten no upload when it is killed',
	async (t) => {
		const data = join(await serverFolder(t), 'server');
		const before = await startServer(t, data);
		await migrate(before.db);
		// As little as it can be told to keep: what is committed stays in memory for ten seconds.
		for (const setting of ["synchronous_commit = 'off'", "wal_writer_delay = '10s'"])
			await sql.raw(`alter system set ${setting}`).execute(before.db);
		await sql`select pg_reload_conf()`.execute(before.db);
		const world = await jobWorld(t, 'local', recording, before);
		const id = await submittedEvent(world);
		const life = await live(t, world, 'node-1', (step) =>
			step === 'sql complete_event #1' ? { when: 'after', act: () => before.kill(), drops: true } : undefined,
		);
		await explained([life], () =>
			until(() => /does not answer|Could not/.test(life.node.output), PATIENCE_SECONDS),
		);
		t.is((await world.place.published()).length, 1);
		const after = await startServer(t, data);
		life.proxy.lead(after.url);
		await explained([life], () =>
			until(async () => (await eventRow(after.db, id)).state === 'UPLOADED', PATIENCE_SECONDS),
		);
		await checkUploadedOnce(t, { ...world, db: after.db }, id);
	},
);

longTest('a session that lets no notification be taken from the queue refuses nobody’s edit', async (t) => {
	const data = join(await serverFolder(t), 'server');
	const before = await startServer(t, data);
	await migrate(before.db);
	await sql`alter system set max_notify_queue_pages = 64`.execute(before.db);
	await before.stop();
	const server = await startServer(t, data);
	const world = await jobWorld(t, 'local', recording, server);
	const [idle, loud] = await Promise.all(
		[0, 1].map(async () => {
			const client = new pg.Client({ connectionString: server.url });
			client.on('error', () => undefined);
			await client.connect();
			t.teardown(() => client.end());
			return client;
		}),
	);
	await idle!.query('listen something');
	await idle!.query('begin');
	// Less and less, so that there is room for nothing at last.
	for (const bytes of [7_900, 1]) {
		await t.throwsAsync(
			async () => {
				for (;;)
					await loud!.query(
						`select pg_notify('something', repeat(gen_random_uuid()::text, ${bytes} / 36 + 1))`,
					);
			},
			{ message: /too many notifications/ },
		);
	}
	const life = await live(t, world, 'node-1');
	const id = await submittedEvent(world);
	await explained([life], () =>
		until(async () => (await eventRow(server.db, id)).state === 'UPLOADED', PATIENCE_SECONDS),
	);
	await checkUploadedOnce(t, world, id);
	await idle!.query('rollback');
});

longTest('a database that has no connection left is waited for', async (t) => {
	const server = await startServer(t, join(await serverFolder(t), 'server'));
	await migrate(server.db);
	const world = await jobWorld(t, 'local', recording, server);
	const taken: pg.Client[] = [];
	const takeOne = async () => {
		const client = new pg.Client({ connectionString: server.url });
		// It may be the one that is refused.
		client.on('error', () => undefined);
		await client.connect();
		taken.push(client);
	};
	await t.throwsAsync(
		async () => {
			for (;;) await takeOne();
		},
		{ message: /too many clients/ },
	);
	const life = await live(t, world, 'node-1');
	await explained([life], () => until(() => /too many clients/.test(life.node.output), PATIENCE_SECONDS));
	for (const client of taken) await client.end();
	const id = await submittedEvent(world);
	await explained([life], () =>
		until(async () => (await eventRow(server.db, id)).state === 'UPLOADED', PATIENCE_SECONDS),
	);
	await checkUploadedOnce(t, world, id);
});
