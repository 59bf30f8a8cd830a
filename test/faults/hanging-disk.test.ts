import { sql } from 'kysely';
import type { LocalLocationConfig } from '../../cutter/upload/local.ts';
import type { EventState } from '../../db/tables.ts';
import { expireLeases } from '../../db/transitions/housekeeping.ts';
import { describeAttention, readSurroundings } from '../../services/status/attention.ts';
import { eventRow } from '../support/events.ts';
import { until } from '../support/until.ts';
import { checkUploadedOnce } from './check-outcome.ts';
import { jobWorld, PATIENCE_SECONDS, sharedRecording, submittedEvent, untilUploaded } from './job-world.ts';
import { explainedBy, NodeProcess } from './node-process.ts';
import { freeze, mountFreezable, testOnDisk } from './small-disk.ts';

const recording = await sharedRecording();

// A disk that hangs refuses nothing: what writes to it waits, and cannot even be killed.

testOnDisk(
	'while the disk of a location hangs its node says that it gets no further, and then it goes on',
	async (t) => {
		const world = await jobWorld(t, 'local', recording);
		const { db } = world;
		const { path: folder } = world.place.config as LocalLocationConfig;
		await mountFreezable(t, folder, 32 * 2 ** 20);
		const north = new NodeProcess(t, { name: 'north', config: world.config, databaseUrl: world.url });
		await explainedBy([north], () => until(() => /Ready to cut/.test(north.output), PATIENCE_SECONDS));

		const thaw = await freeze(t, folder);
		const id = await submittedEvent(world);
		await explainedBy([north], () =>
			until(async () => (await eventRow(db, id)).state === 'CLAIMED', PATIENCE_SECONDS),
		);
		const leased = async () =>
			(
				await sql<{ extended: boolean; moved: boolean }>`
			select expires_at > opened_at + interval '8 seconds' as extended, moved_at > opened_at + interval '1 second' as moved
			from leases where released_at is null`.execute(db)
			).rows[0]!;
		// It holds the event, and does nothing.
		await explainedBy([north], () => until(async () => (await leased()).extended, PATIENCE_SECONDS));
		t.false((await leased()).moved);
		const told = async () => describeAttention(await readSurroundings(db));
		t.deepEqual(await told(), []);
		await sql`update leases set moved_at = moved_at - interval '6 minutes'`.execute(db);
		const [sentence, ...more] = await told();
		t.deepEqual(more, []);
		t.regex(sentence!, /^north has got no further for 6 min with .* Look at .* stop that cutter/);

		await thaw();
		await explainedBy([north], () => untilUploaded(world, id));
		await checkUploadedOnce(t, world, id);
		t.deepEqual(await told(), []);
	},
);

testOnDisk(
	'a node that is killed while its disk hangs loses what it held, and nothing comes of it later',
	async (t) => {
		const world = await jobWorld(t, 'local', recording);
		const { db } = world;
		const { path: folder } = world.place.config as LocalLocationConfig;
		await mountFreezable(t, folder, 32 * 2 ** 20);
		const start = (name: string) =>
			new NodeProcess(t, { name, config: world.config, databaseUrl: world.url });
		const north = start('north');
		await explainedBy([north], () => until(() => /Ready to cut/.test(north.output), PATIENCE_SECONDS));
		const thaw = await freeze(t, folder);
		const id = await submittedEvent(world);
		const inState = (state: EventState) =>
			explainedBy([north], () =>
				until(async () => {
					await expireLeases(db, 5);
					return (await eventRow(db, id)).state === state;
				}, PATIENCE_SECONDS),
			);
		await inState('CLAIMED');
		north.kill();
		// What waits for the disk cannot be killed, but no longer says that it is at work.
		await inState('EDITED');
		await thaw();
		const south = start('south');
		await explainedBy([south], () => untilUploaded(world, id));
		t.is((await eventRow(db, id)).uploader, 'south');
		t.is((await world.place.published()).length, 1);
	},
);
