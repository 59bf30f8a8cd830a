import { mkdir, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { sql } from 'kysely';
import { findFfmpeg } from '../../cutter/cut/encode/ffmpeg.ts';
import type { LocalLocationConfig } from '../../cutter/upload/local.ts';
import { eventRow } from '../support/events.ts';
import { temporaryFolder } from '../support/recording.ts';
import { until } from '../support/until.ts';
import { checkHistory, checkUploadedOnce } from './check-outcome.ts';
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
import { mountDisk, remount, testOnDisk } from './small-disk.ts';

// A node that can make nothing for now hands rows back as they are, and says in them what it lacks.

const recording = await sharedRecording();

/** Waits until a row says why it waits, and holds that no attempt was used up for that. */
async function waits(t: ExecutionContext, world: JobWorld, id: string, said: RegExp): Promise<void> {
	// Long enough ago for a row to say what it waits for.
	await sql`update events set edited_at = now() - interval '1 minute' where id = ${id}`.execute(world.db);
	await until(async () => said.test((await eventRow(world.db, id)).error ?? ''), PATIENCE_SECONDS);
	t.is((await eventRow(world.db, id)).attempts, 0);
}

longTest('a row waits while ffprobe is being replaced, and is cut once it is there', async (t) => {
	const world = await jobWorld(t, 'local', recording);
	const { ffprobe } = await findFfmpeg();
	const program = join(await temporaryFolder(t), 'ffprobe');
	await writeFile(program, `#!/bin/sh\nexec '${ffprobe}' "$@"\n`, { mode: 0o755 });
	const environment = { FFPROBE_PATH: program };
	const node = new NodeProcess(t, {
		...{ name: 'north', config: world.config, databaseUrl: world.url, environment },
	});
	await explainedBy([node], () => until(() => /Ready to cut/.test(node.output), PATIENCE_SECONDS));
	await rename(program, `${program}.new`);
	const id = await submittedEvent(world);
	await explainedBy([node], () =>
		waits(t, world, id, /^Waits: north can do nothing .*: ffprobe did not start: spawn .* ENOENT\.$/),
	);
	await rename(`${program}.new`, program);
	await explainedBy([node], () => untilUploaded(world, id));
	await checkUploadedOnce(t, world, id);
});

// ffmpeg calls it a success when the disk has no room for the end of a file.
testOnDisk('an archive that a full disk takes the beginning of is not published', async (t) => {
	const world = await jobWorld(t, 'local', recording);
	const { path } = world.place.config as LocalLocationConfig;
	const settings = JSON.parse(await readFile(world.config, 'utf8'));
	settings.cutter.locations.main.mode = 'archive';
	await writeFile(world.config, JSON.stringify(settings));
	await mkdir(path, { recursive: true });
	const room = recording.video.length / 2;
	await mountDisk(t, path, room);
	const node = new NodeProcess(t, { name: 'north', config: world.config, databaseUrl: world.url });
	const id = await submittedEvent(world);
	await explainedBy([node], () => waits(t, world, id, /ffmpeg could not write\..*No space left on device/));
	t.deepEqual(await readdir(path), ['.cutsheet-location']);
	await remount(path, 'size=64m');
	await explainedBy([node], () =>
		until(async () => (await eventRow(world.db, id)).state === 'UPLOADED', PATIENCE_SECONDS),
	);
	await checkHistory(t, world.db, id);
	const { video_id: name } = await eventRow(world.db, id);
	t.true((await stat(join(path, name!, '1.mkv'))).size > room);
});
