import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { temporaryFolder } from '../support/recording.ts';
import { until } from '../support/until.ts';
import { checkClaimedOnce, checkUploadedOnce } from './check-outcome.ts';
import { longTest } from './extent.ts';
import { jobWorld, PATIENCE_SECONDS, sharedRecording, submittedEvent, untilUploaded } from './job-world.ts';
import { explainedBy, NodeProcess } from './node-process.ts';

// What a node asks of its operating system does not come: addresses of hosts, and bytes on the disk.

const recording = await sharedRecording();

/** A switch that a preloaded file looks at. */
async function trouble(t: ExecutionContext, preload: string, variable: string) {
	const file = join(await temporaryFolder(t), 'trouble');
	const url = pathToFileURL(join(import.meta.dirname, preload)).href;
	return {
		environment: { [variable]: file, NODE_OPTIONS: `--import=${url}` },
		begin: () => writeFile(file, ''),
		end: () => rm(file),
	};
}

/** The same configuration with this machine's name in the place of its address, so that it has to be looked up. */
async function nameHosts(config: string): Promise<void> {
	await writeFile(config, (await readFile(config, 'utf8')).replaceAll('127.0.0.1', 'localhost'));
}

test('a node that cannot look up the name of its database says so, and works once it can', async (t) => {
	const world = await jobWorld(t, 'local', recording);
	const names = await trouble(t, 'failing-names.ts', 'NAMES_FAIL');
	await names.begin();
	const databaseUrl = world.url.replace('127.0.0.1', 'localhost');
	const node = new NodeProcess(t, {
		name: 'node-1',
		config: world.config,
		databaseUrl,
		environment: names.environment,
	});
	const id = await submittedEvent(world);
	await explainedBy([node], () =>
		until(
			() => /host localhost cannot be looked up \(EAI_AGAIN\).*Trying again in \d+ s/.test(node.output),
			PATIENCE_SECONDS,
		),
	);
	await names.end();
	await explainedBy([node], () => untilUploaded(world, id));
	await checkUploadedOnce(t, world, id);
	t.false(node.ended);
});

longTest(
	'a row whose location has a name that cannot be looked up is tried again, and is uploaded once it can',
	async (t) => {
		const world = await jobWorld(t, 'http', recording);
		await nameHosts(world.config);
		if ('url' in world.place.config)
			world.place.config.url = world.place.config.url.replace('127.0.0.1', 'localhost');
		const names = await trouble(t, 'failing-names.ts', 'NAMES_FAIL');
		const node = new NodeProcess(t, {
			name: 'node-1',
			config: world.config,
			databaseUrl: world.url,
			environment: names.environment,
		});
		await explainedBy([node], () => until(() => /Ready to cut/.test(node.output), PATIENCE_SECONDS));
		await names.begin();
		const id = await submittedEvent(world);
		await explainedBy([node], () =>
			until(async () => {
				const notes = await world.db
					.selectFrom('event_history')
					.select('note')
					.where('event_id', '=', id)
					.execute();
				return notes.some(({ note }) => note !== null && /localhost|EAI_AGAIN/.test(note));
			}, PATIENCE_SECONDS),
		);
		t.deepEqual(await world.place.published(), []);
		await names.end();
		await explainedBy([node], () => untilUploaded(world, id));
		await checkUploadedOnce(t, world, id);
	},
);

longTest('a disk that takes longer than a lease to write costs nothing but time', async (t) => {
	const world = await jobWorld(t, 'local', recording);
	const disk = await trouble(t, 'slow-disk.ts', 'DISK_STUCK');
	const node = new NodeProcess(t, {
		name: 'node-1',
		config: world.config,
		databaseUrl: world.url,
		environment: disk.environment,
	});
	await explainedBy([node], () => until(() => /Ready to cut/.test(node.output), PATIENCE_SECONDS));
	const id = await submittedEvent(world);
	await explainedBy([node], () => until(() => /begins to cut/.test(node.output), PATIENCE_SECONDS));
	await disk.begin();
	const began = Date.now();
	// The lease, of five seconds, has been made longer several times over by then.
	await explainedBy([node], () =>
		until(async () => {
			const leases = await world.db.selectFrom('leases').select('expires_at').execute();
			return leases.some(({ expires_at }) => expires_at !== null && expires_at.getTime() > began + 20_000);
		}, PATIENCE_SECONDS),
	);
	await disk.end();
	await explainedBy([node], () => untilUploaded(world, id));
	await checkUploadedOnce(t, world, id);
	await checkClaimedOnce(t, world, id);
});
