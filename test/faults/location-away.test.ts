import { readFile, symlink, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from 'kysely';
import type { LocalLocationConfig } from '../../cutter/upload/local.ts';
import { eventRow } from '../support/events.ts';
import { temporaryFolder } from '../support/recording.ts';
import { until } from '../support/until.ts';
import { checkHistory } from './check-outcome.ts';
import { longTest } from './extent.ts';
import { jobWorld, PATIENCE_SECONDS, sharedRecording, submittedEvent, untilUploaded } from './job-world.ts';
import { explainedBy, NodeProcess } from './node-process.ts';

const recording = await sharedRecording();

longTest(
	'a node for which an upload location is away uses up no attempt, says so in the rows, and leaves them to others',
	async (t) => {
		const world = await jobWorld(t, 'local', recording);
		const { db } = world;
		// The same disk, mounted elsewhere.
		const folder = await temporaryFolder(t);
		const [mount, config] = [join(folder, 'videos'), join(folder, 'cutsheet.yaml')];
		const { path } = world.place.config as LocalLocationConfig;
		await symlink(path, mount);
		const settings = JSON.parse(await readFile(world.config, 'utf8'));
		settings.cutter.locations.main.path = mount;
		await writeFile(config, JSON.stringify(settings));
		const north = new NodeProcess(t, { name: 'north', config, databaseUrl: world.url });
		await explainedBy([north], () => until(() => /Ready to cut/.test(north.output), PATIENCE_SECONDS));

		await unlink(mount);
		const ids = await Promise.all(Array.from({ length: 6 }, () => submittedEvent(world)));
		// Long enough ago for a row to say what it waits for.
		await sql`update events set edited_at = now() - interval '1 minute'`.execute(db);
		const said = `Waits: north can do nothing for an upload location now, and claims nothing for it: The folder ${mount} of`;
		await explainedBy([north], () =>
			until(async () => {
				const rows = await Promise.all(ids.map((id) => eventRow(db, id)));
				return rows.every(({ error }) => error?.startsWith(said));
			}, PATIENCE_SECONDS),
		);
		const claims = await db
			.selectFrom('event_history')
			.select('seq')
			.where('to_state', '=', 'CLAIMED')
			.where('from_state', '=', 'EDITED')
			.execute();
		t.true(claims.length < ids.length);

		const south = new NodeProcess(t, { name: 'south', config: world.config, databaseUrl: world.url });
		await explainedBy([north, south], async () => {
			for (const id of ids) await untilUploaded(world, id);
		});
		await symlink(path, mount);
		const own = await submittedEvent(world, 'north');
		await explainedBy([north, south], () => untilUploaded(world, own));
		const rows = await Promise.all([...ids, own].map((id) => eventRow(db, id)));
		const published = await world.place.published();
		t.deepEqual(published.map(({ videoId }) => videoId).sort(), rows.map(({ video_id }) => video_id!).sort());
		t.deepEqual(await world.place.remains(), []);
		for (const { id } of rows) await checkHistory(t, db, id);
		const { rows: attempts } = await sql`
			select * from event_history where changes -> 'attempts' ->> 1 > '0'`.execute(db);
		t.deepEqual(attempts, []);
		t.false(north.ended || south.ended);
	},
);
