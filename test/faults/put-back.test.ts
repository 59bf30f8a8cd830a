import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ExecutionContext } from 'ava';
import { sql } from 'kysely';
import type { Db } from '../../db/connect.ts';
import { migrate } from '../../db/migrate.ts';
import { eventRow } from '../support/events.ts';
import { until } from '../support/until.ts';
import { longTest } from './extent.ts';
import { jobWorld, PATIENCE_SECONDS, sharedRecording, submittedEvent } from './job-world.ts';
import { NodeProcess } from './node-process.ts';
import { serverFolder, startServer } from './own-server.ts';
import { PostgresProxy } from './postgres-proxy.ts';

// The database fails, and what comes back in its place knows nothing of the last upload. Nobody uploads it again: the node
// that did remembers, and until it has told, the others wait.

const run = promisify(execFile);
const recording = await sharedRecording();

async function isRecovering(db: Db): Promise<boolean> {
	const { rows } = await sql<{ recovering: boolean }>`select pg_is_in_recovery() as recovering`.execute(db);
	return rows[0]!.recovering;
}

async function visitsOf(db: Db, node: string): Promise<number> {
	const { rows } = await sql<{ visits: number }>`
		select visits::int as visits from nodes where name = ${node}`.execute(db);
	return rows[0]!.visits;
}

async function outlivedByItsNodes(t: ExecutionContext, prepareCopy: (data: string) => Promise<void>) {
	const folder = await serverFolder(t);
	const [first, second] = [join(folder, 'first'), join(folder, 'second')];
	const before = await startServer(t, first);
	await migrate(before.db);
	const { place, config } = await jobWorld(t, 'local', recording, before);
	const { proxy, url } = await PostgresProxy.start(t, before.url);
	const start = (name: string) => new NodeProcess(t, { name, config, databaseUrl: url });
	const [one, two] = [start('node-1'), start('node-2')];
	await until(async () => (await before.db.selectFrom('nodes').execute()).length === 2, PATIENCE_SECONDS);
	const id = await submittedEvent(before, 'nobody');
	await before.stop();
	await mkdir(second);
	await run('cp', ['-a', join(first, 'data'), join(second, 'data')]);
	await run('chown', ['--reference', first, second]);

	const lost = await startServer(t, first);
	proxy.lead(lost.url);
	await lost.db
		.updateTable('events')
		.set({ uploader_whitelist: ['node-1'] })
		.where('id', '=', id)
		.execute();
	await until(async () => (await eventRow(lost.db, id)).state === 'UPLOADED', PATIENCE_SECONDS);
	const { video_link } = await eventRow(lost.db, id);
	one.pause();
	// What nobody but the lost server and node-1 knew, nobody could miss.
	const met = await visitsOf(lost.db, 'node-2');
	await until(async () => (await visitsOf(lost.db, 'node-2')) > met, PATIENCE_SECONDS);
	await lost.stop();

	await prepareCopy(join(second, 'data'));
	const after = await startServer(t, second);
	await until(async () => !(await isRecovering(after.db)), PATIENCE_SECONDS);
	t.like(await eventRow(after.db, id), { state: 'EDITED', video_link: null });
	await after.db.updateTable('events').set({ uploader_whitelist: null }).where('id', '=', id).execute();
	// Somebody works on it before the nodes are let in: its log gets longer than that of the lost server ever was.
	await sql`create table filler as select repeat('x', 1000) from generate_series(1, 30000)`.execute(after.db);
	proxy.lead(after.url);
	await until(
		async () => /node-1 must first say/.test((await eventRow(after.db, id)).error ?? ''),
		PATIENCE_SECONDS,
	);
	t.is((await place.published()).length, 1);
	t.false(two.ended);
	one.continue();
	await until(async () => (await eventRow(after.db, id)).state === 'UPLOADED', PATIENCE_SECONDS);
	t.like(await eventRow(after.db, id), { video_link, uploader: 'node-1', error: null });

	// Work goes on, with both.
	const next = await submittedEvent(after);
	await until(async () => (await eventRow(after.db, next)).state === 'UPLOADED', PATIENCE_SECONDS);
	t.is((await place.published()).length, 2);
}

longTest('a server that is put back in time learns from its nodes what was uploaded since', (t) =>
	outlivedByItsNodes(t, async () => undefined),
);

longTest('a stand-by that takes over with less than all learns from its nodes what was uploaded since', (t) =>
	outlivedByItsNodes(t, async (data) => {
		await writeFile(join(data, 'recovery.signal'), '');
		await writeFile(
			join(data, 'postgresql.auto.conf'),
			"restore_command = 'false'\nrecovery_target_action = 'promote'\n",
		);
		await run('chown', ['--reference', data, join(data, 'recovery.signal')]);
	}),
);
