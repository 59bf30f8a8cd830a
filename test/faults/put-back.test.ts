import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import { sql } from 'kysely';
import { type Db, openDatabase } from '../../db/connect.ts';
import { startEmbeddedPostgres } from '../../db/embedded.ts';
import { migrate } from '../../db/migrate.ts';
import { WORLDS } from '../cutter/upload/worlds.ts';
import { eventRow } from '../support/events.ts';
import { until } from '../support/until.ts';
import { PATIENCE_SECONDS, recordOnce, submittedEvent } from './job-world.ts';
import { NodeProcess } from './node-process.ts';
import { PostgresProxy } from './postgres-proxy.ts';

// The database fails, and what comes back in its place knows nothing of the last upload. Nobody uploads it again: the node
// that did remembers, and until it has told, the others wait.

const run = promisify(execFile);
const recording = await recordOnce();
test.after.always(() => recording.remove());

/** A server of its own in `folder`, and a connection to it. Nothing of it outlives the test. */
async function server(t: ExecutionContext, folder: string) {
	const postgres = await startEmbeddedPostgres({ folder, durable: false });
	const database = openDatabase(postgres.url, { applicationName: 'test' });
	const stop = async () => {
		await database.close();
		await postgres.leave({ always: true });
	};
	let stopped = false;
	t.teardown(async () => {
		if (!stopped) await stop();
	});
	return {
		url: postgres.url,
		db: database.kysely,
		stop: async () => {
			stopped = true;
			await stop();
		},
	};
}

async function isRecovering(db: Db): Promise<boolean> {
	const { rows } = await sql<{ recovering: boolean }>`select pg_is_in_recovery() as recovering`.execute(db);
	return rows[0]!.recovering;
}

async function outlivedByItsNodes(t: ExecutionContext, prepareCopy: (data: string) => Promise<void>) {
	const folder = await mkdtemp(join(tmpdir(), 'cutsheet-put-back-'));
	// The server's user must get through to its own folder.
	await chmod(folder, 0o711);
	t.teardown(() => rm(folder, { recursive: true, force: true }));
	const [first, second] = [join(folder, 'first'), join(folder, 'second')];
	const place = await WORLDS.local(t);
	const config = join(folder, 'cutsheet.yaml');
	const cutter = {
		segments: recording.store,
		leaseSeconds: 5,
		pollSeconds: 0.3,
		spoolFolder: folder,
		stateFolder: join(folder, 'state'),
		locations: { main: place.config },
	};
	// JSON is YAML.
	await writeFile(config, JSON.stringify({ cutter }));

	const before = await server(t, first);
	await migrate(before.db);
	const { proxy, url } = await PostgresProxy.start(t, before.url);
	const start = (name: string) => new NodeProcess(t, { name, config, databaseUrl: url });
	const [one, two] = [start('node-1'), start('node-2')];
	await until(async () => (await before.db.selectFrom('nodes').execute()).length === 2, PATIENCE_SECONDS);
	const id = await submittedEvent(before, 'nobody');
	await before.stop();
	await mkdir(second);
	await run('cp', ['-a', join(first, 'data'), join(second, 'data')]);
	await run('chown', ['--reference', first, second]);

	const lost = await server(t, first);
	proxy.lead(lost.url);
	await lost.db
		.updateTable('events')
		.set({ uploader_whitelist: ['node-1'] })
		.where('id', '=', id)
		.execute();
	await until(async () => (await eventRow(lost.db, id)).state === 'UPLOADED', PATIENCE_SECONDS);
	const { video_link } = await eventRow(lost.db, id);
	one.pause();
	await lost.stop();

	await prepareCopy(join(second, 'data'));
	const after = await server(t, second);
	await until(async () => !(await isRecovering(after.db)), PATIENCE_SECONDS);
	t.like(await eventRow(after.db, id), { state: 'EDITED', video_link: null });
	await after.db.updateTable('events').set({ uploader_whitelist: null }).where('id', '=', id).execute();
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

test('a server that is put back in time learns from its nodes what was uploaded since', (t) =>
	outlivedByItsNodes(t, async () => undefined));

test('a stand-by that takes over with less than all learns from its nodes what was uploaded since', (t) =>
	outlivedByItsNodes(t, async (data) => {
		await writeFile(join(data, 'recovery.signal'), '');
		await writeFile(
			join(data, 'postgresql.auto.conf'),
			"restore_command = 'false'\nrecovery_target_action = 'promote'\n",
		);
		await run('chown', ['--reference', data, join(data, 'recovery.signal')]);
	}));
