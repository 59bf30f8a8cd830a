import { readFile, writeFile } from 'node:fs/promises';
import type { ExecutionContext } from 'ava';
import { sql } from 'kysely';
import { eventRow } from '../support/events.ts';
import type { FakeRequest } from '../support/faulty-server.ts';
import { until } from '../support/until.ts';
import { checkUploadedOnce } from './check-outcome.ts';
import { longTest } from './extent.ts';
import {
	jobWorld,
	type Kind,
	PATIENCE_SECONDS,
	sharedRecording,
	submittedEvent,
	untilUploaded,
} from './job-world.ts';
import { explainedBy, NodeProcess } from './node-process.ts';

const recording = await sharedRecording();

/** The server of a location goes down at the first exchange that is `fatal`, and comes back when the row says that it waits. */
async function goesDown(t: ExecutionContext, kind: Kind, fatal: (request: FakeRequest) => boolean) {
	const world = await jobWorld(t, kind, recording);
	const settings = JSON.parse(await readFile(world.config, 'utf8'));
	// However long it takes, and however few attempts there are: none is used up.
	settings.cutter.maxAttempts = 1;
	await writeFile(world.config, JSON.stringify(settings));
	const server = world.place.server!;
	let isDown = false;
	server.fault = (_, request) => {
		isDown ||= fatal(request);
		return isDown ? { when: 'before', how: 'cut' } : undefined;
	};
	const node = new NodeProcess(t, { name: 'north', config: world.config, databaseUrl: world.url });
	const id = await submittedEvent(world);
	// Long enough ago for a row to say what it waits for.
	await sql`update events set edited_at = now() - interval '1 minute' where id = ${id}`.execute(world.db);
	await explainedBy([node], () =>
		until(
			async () =>
				/^Waits: north can do nothing for an upload location now/.test(
					(await eventRow(world.db, id)).error ?? '',
				),
			PATIENCE_SECONDS,
		),
	);
	t.is((await eventRow(world.db, id)).attempts, 0);
	t.deepEqual(await world.place.published(), []);
	server.fault = () => undefined;
	if (kind === 'youtube') {
		await explainedBy([node], () =>
			until(async () => (await eventRow(world.db, id)).state === 'UPLOADED', PATIENCE_SECONDS),
		);
		t.is((await world.place.published()).length, 1);
	} else {
		await explainedBy([node], () => untilUploaded(world, id));
		await checkUploadedOnce(t, world, id);
	}
	t.is((await eventRow(world.db, id)).attempts, 0);
}

longTest('a WebDAV server that goes down while it is sent a video uses up no attempt', (t) =>
	goesDown(t, 'http', ({ method, path }) => method === 'PUT' && path.endsWith('.partial')),
);

longTest('an S3 store that goes down while it is sent a video uses up no attempt', (t) =>
	goesDown(t, 's3', ({ query }) => query.has('partNumber')),
);

longTest('YouTube, whose channel is known, uses up no attempt by being down as an upload begins', (t) =>
	goesDown(t, 'youtube', ({ method, path }) => method === 'POST' && path.startsWith('/upload/')),
);
