import { execFile } from 'node:child_process';
import { readdir, readFile, rename, truncate, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import type { LocalLocationConfig } from '../../cutter/upload/local.ts';
import { eventRow } from '../support/events.ts';
import { until } from '../support/until.ts';
import { checkUploadedOnce } from './check-outcome.ts';
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
import { explained } from './points.ts';

// Disks that are full, that can only be read, and segments that vanish or change while they are cut.

const run = promisify(execFile);
/** Only root may mount a disk of the size that a test needs. */
const testOnDisk = userInfo().uid === 0 ? test : test.skip;

/** Puts a disk of `bytes` in a folder's place. */
async function mountDisk(t: ExecutionContext, folder: string, bytes: number): Promise<void> {
	await run('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', folder]);
	t.teardown(() => run('umount', ['--lazy', folder]).then(() => undefined));
}

function remount(folder: string, option: string): Promise<unknown> {
	return run('mount', ['-o', `remount,${option}`, folder]);
}

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

test('a segment that is deleted before it is cut makes the row wait until it is back', (t) =>
	waits(t, (segment) => rename(segment, `${segment}.away`), /2 s from 2026-05-01T12:00:04/));

test('a segment that is cut short before it is cut makes the row wait until it is whole', (t) =>
	waits(t, (segment) => truncate(segment, 188 * 20 + 7), /1\.947 s from 2026-05-01T12:00:04/));

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
