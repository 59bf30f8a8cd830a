import { mkdir, readdir, readFile, rename, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { LocalLocationConfig } from '../../cutter/upload/local.ts';
import { eventRow } from '../support/events.ts';
import { until } from '../support/until.ts';
import { checkUploadedOnce } from './check-outcome.ts';
import { longTest } from './extent.ts';
import {
	type JobWorld,
	jobWorld,
	PATIENCE_SECONDS,
	recordOnce,
	submitEditOf,
	submittedEvent,
	untilUploaded,
} from './job-world.ts';
import { type Life, live } from './life.ts';
import { explainedBy, NodeProcess } from './node-process.ts';
import { explained } from './points.ts';
import { mountDisk, remount, testOnDisk } from './small-disk.ts';

// Disks that are full, that can only be read, and segments that vanish or change while they are cut.

/** Waits until the history of an event has a note that says so. */
async function untilNoted({ db }: JobWorld, lives: Life[], id: string, sentence: RegExp): Promise<void> {
	await explained(lives, () =>
		until(async () => {
			const notes = await db.selectFrom('event_history').select('note').where('event_id', '=', id).execute();
			return notes.some(({ note }) => note !== null && sentence.test(note));
		}, PATIENCE_SECONDS),
	);
}

testOnDisk(
	'a location whose disk is full is tried again, and has the video once there is room',
	async (t) => {
		const recording = await recordOnce();
		t.teardown(recording.remove);
		const world = await jobWorld(t, 'local', recording);
		const { path } = world.place.config as LocalLocationConfig;
		await mountDisk(t, path, recording.video.length / 2);
		const life = await live(t, world, 'node-1');
		const id = await submittedEvent(world);
		await untilNoted(world, [life], id, /no space left/i);
		t.deepEqual(await world.place.published(), []);
		await remount(path, 'size=64m');
		await explained([life], () => untilUploaded(world, id));
		await checkUploadedOnce(t, world, id);
	},
);

testOnDisk(
	'a location whose disk can only be read is tried again, and has the video once it can be written',
	async (t) => {
		const recording = await recordOnce();
		t.teardown(recording.remove);
		const world = await jobWorld(t, 'local', recording);
		const { path } = world.place.config as LocalLocationConfig;
		await mountDisk(t, path, 64 * 2 ** 20);
		const life = await live(t, world, 'node-1');
		await explained([life], () => until(() => /Ready to cut/.test(life.node.output), PATIENCE_SECONDS));
		await remount(path, 'ro');
		const id = await submittedEvent(world);
		await untilNoted(world, [life], id, /read-only/i);
		await remount(path, 'rw');
		await explained([life], () => untilUploaded(world, id));
		await checkUploadedOnce(t, world, id);
	},
);

/** Folders that a node writes to besides its locations, as jobWorld has them: beside the configuration. */
async function nodeFolder({ config }: JobWorld, name: 'spool' | 'state'): Promise<string> {
	const folder = join(dirname(config), name);
	await mkdir(folder, { recursive: true });
	return folder;
}

testOnDisk('a spool folder whose disk is full is told, and the row is cut once there is room', async (t) => {
	const recording = await recordOnce();
	t.teardown(recording.remove);
	// What goes to a folder is made in that folder; what goes elsewhere waits in the spool folder.
	const world = await jobWorld(t, 'http', recording);
	const spool = await nodeFolder(world, 'spool');
	await mountDisk(t, spool, recording.video.length / 2);
	const life = await live(t, world, 'node-1');
	const id = await submittedEvent(world);
	await untilNoted(world, [life], id, /no space left/i);
	t.deepEqual(await world.place.published(), []);
	await remount(spool, 'size=64m');
	await explained([life], () => untilUploaded(world, id));
	await checkUploadedOnce(t, world, id);
	await until(async () => (await readdir(spool)).length === 0, PATIENCE_SECONDS);
});

testOnDisk(
	'a node that cannot write down that it publishes does not publish, and does once it can',
	async (t) => {
		const recording = await recordOnce();
		t.teardown(recording.remove);
		const world = await jobWorld(t, 'local', recording);
		const state = await nodeFolder(world, 'state');
		await mountDisk(t, state, 64 * 2 ** 10);
		const filler = join(state, 'filler');
		// Of a disk that is full before nothing is claimed.
		const fill = async () => {
			await t.throwsAsync(writeFile(filler, Buffer.alloc(2 ** 20)), { code: 'ENOSPC' });
		};
		const life = await live(t, world, 'node-1', (step) =>
			step === 'sql claim_first #1' ? { when: 'after', act: fill, drops: false } : undefined,
		);
		const { id } = await world.db
			.insertInto('events')
			.defaultValues()
			.returning('id')
			.executeTakeFirstOrThrow();
		// What is written down has more bytes than the block that it has begun.
		await submitEditOf(world.db, id, undefined, 'long '.repeat(2_000));
		await untilNoted(world, [life], id, /cannot write down what it publishes.*no space left.*Make room in /i);
		await explained([life], () =>
			until(
				() => /node-1 cannot write down .* claims and publishes nothing/.test(life.node.output),
				PATIENCE_SECONDS,
			),
		);
		t.deepEqual(await world.place.published(), []);
		await remount(state, 'size=64m');
		await explained([life], () => untilUploaded(world, id));
		await checkUploadedOnce(t, world, id);
		t.is(life.steps.filter((step) => step.startsWith('sql finalize_event ')).length, 2);
	},
);

testOnDisk('a recorder whose disk is full says so, and records on once there is room', async (t) => {
	const recording = await recordOnce();
	t.teardown(recording.remove);
	const world = await jobWorld(t, 'local', recording);
	const store = join(dirname(world.config), 'live');
	await mkdir(store);
	await mountDisk(t, store, 512 * 2 ** 10);
	const recorder = new NodeProcess(t, {
		name: 'recorder',
		config: world.config,
		databaseUrl: world.url,
		service: 'record',
		words: ['--test-stream', '--segments', store],
	});
	const segments = async () =>
		(await readdir(store, { recursive: true })).filter((name) => /-full-[^/]*\.ts$/.test(name));
	await explainedBy([recorder], () => until(() => /no space left/i.test(recorder.output), PATIENCE_SECONDS));
	const before = (await segments()).length;
	await remount(store, 'size=64m');
	await explainedBy([recorder], () =>
		until(async () => (await segments()).length >= before + 3, PATIENCE_SECONDS),
	);
	t.false(recorder.ended);
});

/** What `change` has made of the segment in the middle, between a node's look at the disk and its cut, can be undone. */
async function changedSegment(t: ExecutionContext, change: (segment: string) => Promise<void>) {
	const recording = await recordOnce();
	t.teardown(recording.remove);
	const world = await jobWorld(t, 'local', recording);
	const { base, channel, quality } = recording.store;
	const hour = join(base, channel, quality, '2026-05-01T12');
	const segment = join(hour, (await readdir(hour)).sort()[2]!);
	const whole = await readFile(segment);
	const life = await live(t, world, 'node-1', (step) =>
		step === 'sql claim_first #1' ? { when: 'after', act: () => change(segment), drops: false } : undefined,
	);
	const id = await submittedEvent(world);
	return { world, life, id, undo: () => writeFile(segment, whole) };
}

/** The row waits, its history says for what, and once that is there it is cut unaided. */
async function waits(t: ExecutionContext, change: (segment: string) => Promise<void>, sentence: RegExp) {
	const { world, life, id, undo } = await changedSegment(t, change);
	await untilNoted(world, [life], id, sentence);
	t.deepEqual(await world.place.published(), []);
	await undo();
	await explained([life], () => untilUploaded(world, id));
	await checkUploadedOnce(t, world, id);
}

longTest('a segment that is deleted before it is cut makes the row wait until it is back', (t) =>
	waits(t, (segment) => rename(segment, `${segment}.away`), /2 s from 2026-05-01T12:00:04/),
);

longTest('a segment that is cut short before it is cut makes the row wait until it is whole', (t) =>
	waits(t, (segment) => truncate(segment, 188 * 20 + 7), /1\.947 s from 2026-05-01T12:00:04/),
);

test('a segment that is overwritten with something else before it is cut is named in the row, and no video is made', async (t) => {
	const { world, life, id, undo } = await changedSegment(t, (segment) => writeFile(segment, 'no stream'));
	await explained([life], () =>
		until(async () => (await eventRow(world.db, id)).state === 'UNEDITED', PATIENCE_SECONDS),
	);
	t.regex((await eventRow(world.db, id)).error!, /The segment .*00:04\.000000-2\.0-full-.* holds no picture/);
	t.deepEqual(await world.place.published(), []);
	await undo();
	await submitEditOf(world.db, id);
	await explained([life], () => untilUploaded(world, id));
	t.is((await world.place.published()).length, 1);
});
