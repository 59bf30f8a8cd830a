import { readFile, writeFile } from 'node:fs/promises';
import type { ExecutionContext } from 'ava';
import { sql } from 'kysely';
import { eventRow } from '../support/events.ts';
import { freePorts } from '../support/service-process.ts';
import { until } from '../support/until.ts';
import { checkUploadedOnce } from './check-outcome.ts';
import { longTest } from './extent.ts';
import { jobWorld, PATIENCE_SECONDS, sharedRecording, submittedEvent, untilUploaded } from './job-world.ts';
import { explainedBy, NodeProcess } from './node-process.ts';

// An operator adds a rule of their own to the database, which refuses what a node is about to do with a row, or takes away what
// it needs.

const recording = await sharedRecording();

async function refuses(t: ExecutionContext, state: string, said: RegExp): Promise<void> {
	const world = await jobWorld(t, 'local', recording);
	const { db } = world;
	await sql`create function no() returns trigger language plpgsql as ${sql.raw(
		`$$ begin if new.state = '${state}' then raise exception 'Not on Sundays.'; end if; return new; end $$`,
	)}`.execute(db);
	await sql`create trigger no before update on events for each row execute function no()`.execute(db);
	const node = new NodeProcess(t, { name: 'node-1', config: world.config, databaseUrl: world.url });
	const id = await submittedEvent(world);
	await explainedBy([node], () =>
		until(async () => said.test((await eventRow(db, id)).error ?? ''), PATIENCE_SECONDS),
	);
	await sql`drop trigger no on events`.execute(db);
	// As an operator does who does not want to wait until it is tried again.
	await sql`update events set next_try_at = null where id = ${id}`.execute(db);
	await explainedBy([node], () => untilUploaded(world, id));
	await checkUploadedOnce(t, world, id);
	t.false(node.ended);
}

longTest(
	'a rule of an operator’s that refuses the claim is told in the row, which is cut once the rule is gone',
	(t) => refuses(t, 'CLAIMED', /^node-1 may not claim this: Not on Sundays\.$/),
);

longTest(
	'a rule of an operator’s that refuses what is published is told in the row, which has its link once the rule is gone',
	(t) =>
		refuses(
			t,
			'UPLOADED',
			/^It is published as file:\S+, but the database refuses to note that: Not on Sundays\.$/,
		),
);

longTest('a node that may not claim any more is not ready, and claims once it may again', async (t) => {
	const world = await jobWorld(t, 'local', recording);
	const [port] = await freePorts(1);
	const settings = JSON.parse(await readFile(world.config, 'utf8'));
	await writeFile(world.config, JSON.stringify({ ...settings, health: { ports: { cutter: port } } }));
	const node = new NodeProcess(t, { name: 'node-1', config: world.config, databaseUrl: world.url });
	const isReady = (ready: boolean) =>
		explainedBy([node], () =>
			until(
				() =>
					fetch(`http://127.0.0.1:${port}/readyz`).then(
						({ ok }) => ok === ready,
						() => false,
					),
				PATIENCE_SECONDS,
			),
		);
	await isReady(true);
	await sql`alter function claim_first rename to claim_first_away`.execute(world.db);
	const id = await submittedEvent(world);
	await explainedBy([node], () =>
		until(() => /function claim_first\(.*\) does not exist/.test(node.output), PATIENCE_SECONDS),
	);
	await isReady(false);
	await sql`alter function claim_first_away rename to claim_first`.execute(world.db);
	await explainedBy([node], () => untilUploaded(world, id));
	await isReady(true);
	await checkUploadedOnce(t, world, id);
	t.false(node.ended);
});
