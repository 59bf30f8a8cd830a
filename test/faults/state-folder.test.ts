import { execFile } from 'node:child_process';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import { sql } from 'kysely';
import type { Readiness } from '../../services/health/health.ts';
import { eventRow } from '../support/events.ts';
import { freePorts } from '../support/service-process.ts';
import { until } from '../support/until.ts';
import { checkUploadedOnce } from './check-outcome.ts';
import {
	type JobWorld,
	jobWorld,
	PATIENCE_SECONDS,
	sharedRecording,
	submittedEvent,
	untilUploaded,
} from './job-world.ts';
import { explainedBy, NodeProcess } from './node-process.ts';
import { mountDisk, remount, testOnDisk } from './small-disk.ts';

// A node that cannot write down what it publishes stands still: wherever an operator looks, it says so and what to do.

const run = promisify(execFile);
const CUTSHEET = join(import.meta.dirname, '../../services/bin/cutsheet');

const recording = await sharedRecording();

/** A world whose node tells at a port how it is. */
async function toldWorld(t: ExecutionContext) {
	const world = await jobWorld(t, 'local', recording);
	const state = join(dirname(world.config), 'state');
	await mkdir(state);
	const [port] = await freePorts(1);
	const settings = JSON.parse(await readFile(world.config, 'utf8'));
	await writeFile(world.config, JSON.stringify({ ...settings, health: { ports: { cutter: port } } }));
	const node = new NodeProcess(t, { name: 'north', config: world.config, databaseUrl: world.url });
	const readiness = async (): Promise<Readiness | undefined> =>
		fetch(`http://127.0.0.1:${port}/readyz`).then(
			async (answer) => (await answer.json()) as Readiness,
			() => undefined,
		);
	const folders = async (ok: boolean) =>
		explainedBy([node], () =>
			until(async () => (await readiness())?.checks.folders?.ok === ok, PATIENCE_SECONDS),
		);
	return { world, state, node, readiness, folders };
}

async function says({ url, config }: JobWorld, ...words: string[]): Promise<string> {
	const env = { ...process.env, DATABASE_URL: url, CUTSHEET_NODE: 'north' };
	const { stdout } = await run(CUTSHEET, [...words, '--config', config], { env }).catch(
		(error: { stdout: string }) => error,
	);
	return stdout;
}

/** The edit of an event was submitted long enough ago for its row to say what it waits for. */
async function longSubmitted(world: JobWorld): Promise<string> {
	const id = await submittedEvent(world);
	await sql`update events set edited_at = now() - interval '1 minute' where id = ${id}`.execute(world.db);
	return id;
}

async function isTold(
	t: ExecutionContext,
	{ world, readiness }: Awaited<ReturnType<typeof toldWorld>>,
	sentence: RegExp,
): Promise<void> {
	const { ready, checks } = (await readiness())!;
	t.false(ready);
	t.regex(checks.folders!.sentence, sentence);
	const status = await says(world, 'status');
	t.regex(status, new RegExp(`^Attention: ${sentence.source}`, 'm'));
	t.deepEqual(await world.place.published(), []);
}

async function isWellAgain(
	t: ExecutionContext,
	{ world, node, folders }: Awaited<ReturnType<typeof toldWorld>>,
): Promise<void> {
	await folders(true);
	const { id } = await world.db.selectFrom('events').select('id').executeTakeFirstOrThrow();
	await explainedBy([node], () => untilUploaded(world, id));
	await checkUploadedOnce(t, world, id);
	t.notRegex(await says(world, 'status'), /cannot/);
}

testOnDisk('a node whose state folder is full claims nothing and says so until there is room', async (t) => {
	const told = await toldWorld(t);
	const { world, state, folders } = told;
	await folders(true);
	await mountDisk(t, state, 64 * 2 ** 10);
	await t.throwsAsync(writeFile(join(state, 'filler'), Buffer.alloc(2 ** 20)), { code: 'ENOSPC' });
	await folders(false);
	const sentence =
		/north cannot write down in .*\/state\/commits\/north what it publishes, and so claims and publishes nothing \(.*ENOSPC.*\)\. Make room there/;
	const id = await longSubmitted(world);
	await explainedBy([told.node], () =>
		until(async () => sentence.test((await eventRow(world.db, id)).error ?? ''), PATIENCE_SECONDS),
	);
	t.like(await eventRow(world.db, id), { state: 'EDITED', attempts: 0 });
	await isTold(t, told, sentence);
	const doctor = await says(world, 'doctor', 'disks', 'locations');
	t.regex(doctor, /PROBLEM {2}The folder .*\/state.* \(the journal of node north, .*\) is full\. Make room/);
	t.regex(doctor, new RegExp(`PROBLEM {2}${sentence.source}`));
	await remount(state, 'size=64m');
	await isWellAgain(t, told);
});

test('a node whose journal cannot even be opened keeps on trying, and says so', async (t) => {
	const told = await toldWorld(t);
	const { state, folders } = told;
	await folders(true);
	told.node.kill();
	// So long ago that the new process is not taken for a second one of that name.
	await sql`update nodes set last_seen_at = now() - interval '2 minutes'`.execute(told.world.db);
	const commits = join(state, 'commits');
	await rename(commits, `${commits}.away`);
	await writeFile(commits, 'no folder');
	const { world } = told;
	const node = new NodeProcess(t, { name: 'north', config: world.config, databaseUrl: world.url });
	await folders(false);
	await longSubmitted(world);
	await isTold(
		t,
		{ ...told, node },
		/north cannot read in .*\/state\/commits\/north what it has published, .*: .*ENOTDIR/,
	);
	await rm(commits);
	await rename(`${commits}.away`, commits);
	await isWellAgain(t, { ...told, node });
});
