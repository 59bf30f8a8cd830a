import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import { sql } from 'kysely';
import { readStatus } from '../../services/status/read-status.ts';
import { WORLDS } from '../cutter/upload/worlds.ts';
import { temporaryFolder } from '../support/recording.ts';
import { until } from '../support/until.ts';
import { checkUploadedOnce } from './check-outcome.ts';
import { longTest } from './extent.ts';
import {
	type JobWorld,
	jobWorld,
	PATIENCE_SECONDS,
	sharedRecording,
	submittedEvent,
	untilUploaded,
} from './job-world.ts';
import { explainedBy, NodeProcess } from './node-process.ts';

// What people get wrong when they set up their nodes: they are told, and no video is lost or doubled by it.

const run = promisify(execFile);
const CUTSHEET = join(import.meta.dirname, '../../services/bin/cutsheet');

const recording = await sharedRecording();

function cutter(
	t: ExecutionContext,
	{ url, config }: Pick<JobWorld, 'url' | 'config'>,
	name: string,
): NodeProcess {
	return new NodeProcess(t, { name, config, databaseUrl: url });
}

/** What `cutsheet status` says to an operator. */
async function statusText({ url, config }: JobWorld): Promise<string> {
	const env = { ...process.env, DATABASE_URL: url };
	return (await run(CUTSHEET, ['status', '--config', config], { env })).stdout;
}

test('two cutters of one name cut no row twice, and the log and the status say that there are two', async (t) => {
	const world = await jobWorld(t, 'local', recording);
	const nodes = [cutter(t, world, 'north'), cutter(t, world, 'north')];
	const noticed = () => nodes.every(({ output }) => /Another process has taken the name north/.test(output));
	await explainedBy(nodes, () => until(noticed, PATIENCE_SECONDS));
	const ids: string[] = [];
	for (let number = 0; number < 8; number++) ids.push(await submittedEvent(world));
	await explainedBy(nodes, () => Promise.all(ids.map((id) => untilUploaded(world, id))));
	await checkUploadedOnce(t, world, ...ids);
	t.regex(await statusText(world), /Attention: Two processes run under the node name north\./);

	// Both had a part in it; once one is gone, nobody speaks of two any more.
	nodes[1]!.kill();
	const last = await submittedEvent(world);
	await explainedBy(nodes, () => untilUploaded(world, last));
	await checkUploadedOnce(t, world, ...ids, last);
	await world.db.updateTable('nodes').set({ doubled_at: sql`now() - interval '61 seconds'` }).execute();
	await until(async () => (await readStatus(world.db)).nodes[0]!.seconds_since_seen < 1, PATIENCE_SECONDS);
	t.false((await readStatus(world.db)).nodes[0]!.is_doubled);
});

longTest('two cutters of one name that have different locations each cut for their own', async (t) => {
	const world = await jobWorld(t, 'local', recording);
	const other = join(await temporaryFolder(t), 'other.yaml');
	const settings = JSON.parse(await readFile(world.config, 'utf8'));
	const place = await WORLDS.local(t);
	settings.cutter.locations = { attic: place.config };
	await writeFile(other, JSON.stringify(settings));
	const nodes = [cutter(t, world, 'north'), cutter(t, { ...world, config: other }, 'north')];
	const noticed = () => nodes.every(({ output }) => /Another process has taken the name north/.test(output));
	await explainedBy(nodes, () => until(noticed, PATIENCE_SECONDS));
	const [main, attic] = [await submittedEvent(world), await submittedEvent(world)];
	await world.db.updateTable('events').set({ upload_location: 'attic' }).where('id', '=', attic).execute();
	await explainedBy(nodes, () => Promise.all([untilUploaded(world, main), untilUploaded(world, attic)]));
	await checkUploadedOnce(t, world, main);
	t.is((await place.published()).length, 1);
});

longTest(
	'a location that two nodes configure differently is told by the log and the status until they agree',
	async (t) => {
		const world = await jobWorld(t, 'local', recording);
		const other = join(await temporaryFolder(t), 'other.yaml');
		const settings = JSON.parse(await readFile(world.config, 'utf8'));
		const place = await WORLDS.local(t);
		settings.cutter.locations.main = place.config;
		await writeFile(other, JSON.stringify(settings));
		const first = cutter(t, world, 'north');
		await explainedBy([first], () => until(() => /Ready to cut/.test(first.output), PATIENCE_SECONDS));
		const second = cutter(t, { ...world, config: other }, 'south');
		const sentence =
			/south configures upload location \\?"main\\?" differently from north; make their configurations alike/;
		await explainedBy([first, second], () => until(() => sentence.test(second.output), PATIENCE_SECONDS));
		t.regex(await statusText(world), sentence);

		second.kill();
		const mended = cutter(t, world, 'south');
		const agreed = async () => (await readStatus(world.db)).disagreements.length === 0;
		await explainedBy([first, mended], () => until(agreed, PATIENCE_SECONDS));
		const id = await submittedEvent(world, 'south');
		await explainedBy([first, mended], () => untilUploaded(world, id));
		await checkUploadedOnce(t, world, id);
		t.deepEqual(await place.published(), []);
	},
);

for (const service of ['cutter', 'sheet-sync', 'web', 'record', 'local-sheet', 'publish-sheet']) {
	test(`${service} does not start with a misspelt key: it names the line and the nearest one, and ends with 2`, async (t) => {
		const config = join(await temporaryFolder(t), 'cutsheet.yaml');
		await writeFile(config, 'cutter:\n  nod: north\n');
		const error = await t.throwsAsync<Error & { stderr: string }>(
			run(CUTSHEET, [service, '--config', config]),
		);
		t.like(error, { code: 2 });
		t.true(error.stderr.includes(`${config}:2: cutter.nod is no setting. Did you mean node?`));
	});
}
