import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import test from 'ava';
import { until } from '../support/until.ts';
import { checkUploadedOnce } from './check-outcome.ts';
import { jobWorld, PATIENCE_SECONDS, sharedRecording, submittedEvent, untilUploaded } from './job-world.ts';
import { explainedBy, NodeProcess } from './node-process.ts';

// The clocks of two nodes are ten minutes wrong, one ahead and one behind: leases are the database's matter, not theirs.

const recording = await sharedRecording();

const SHIFT_MS = 10 * 60_000;
const PRELOAD = pathToFileURL(join(import.meta.dirname, 'shifted-clock.ts')).href;

test('nodes whose clocks are ten minutes wrong share the work with one whose clock is right', async (t) => {
	const world = await jobWorld(t, 'local', recording);
	const start = (name: string, shift: number) =>
		new NodeProcess(t, {
			name,
			config: world.config,
			databaseUrl: world.url,
			environment: { CLOCK_SHIFT_MS: String(shift), NODE_OPTIONS: `--import=${PRELOAD}` },
		});
	const nodes = [start('ahead', SHIFT_MS), start('behind', -SHIFT_MS), start('right', 0)];
	// Each has one that only it may cut, and there are some for all.
	const own = [];
	for (const { name } of nodes) own.push(await submittedEvent(world, name));
	const shared = [];
	for (let count = 0; count < 6; count++) shared.push(await submittedEvent(world));
	const all = [...own, ...shared];
	await explainedBy(nodes, async () => {
		for (const id of all) await untilUploaded(world, id);
	});
	await checkUploadedOnce(t, world, ...all);
	const claims = await world.db
		.selectFrom('event_history')
		.select('event_id')
		.where('to_state', '=', 'CLAIMED')
		.where('from_state', '=', 'EDITED')
		.execute();
	t.is(claims.length, all.length);
	// Their log tells how wrong they are, so the clocks were.
	const said = /"time":"([^"]+)"/;
	await until(() => nodes.every(({ output }) => said.test(output)), PATIENCE_SECONDS);
	const [ahead, behind] = nodes.map(({ output }) => Date.parse(said.exec(output)![1]!));
	t.true(ahead! - behind! > SHIFT_MS);
});
