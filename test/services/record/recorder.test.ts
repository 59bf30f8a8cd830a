import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import ava, { type TestFn } from 'ava';
import pino from 'pino';
import { findFfmpeg } from '../../../cutter/cut/encode/ffmpeg.ts';
import type { Segment } from '../../../cutter/segments/name.ts';
import {
	findBestSequence,
	findSegments,
	type SegmentStore,
	storeFolder,
} from '../../../cutter/segments/store.ts';
import { dateFromTicks, ticksFromDate } from '../../../cutter/segments/ticks.ts';
import { recordOnce } from '../../../services/record/recorder.ts';
import { TEST_RATE, testFrameNumber } from '../../../services/record/test-picture.ts';
import { nextSecond, playTestStream, TEST_STREAM_ARGUMENTS } from '../../../services/record/test-stream.ts';
import { frameNumbers, numbers } from '../../support/recording.ts';

const test = ava as TestFn<{ store: SegmentStore }>;
const log = pino({ level: 'silent' });
const { ffmpeg } = await findFfmpeg();
const BEGIN = ticksFromDate(new Date('2026-05-01T11:59:57.000Z'));
const ENCODE = ['-c:v', 'libx264', '-preset', 'ultrafast', '-force_key_frames', 'expr:gte(t,n_forced*2)'];

test.beforeEach(async (t) => {
	const base = await mkdtemp(path.join(os.tmpdir(), 'cutsheet-record-'));
	t.context.store = { base, channel: 'stage', quality: 'source' };
});

test.afterEach.always(async (t) => {
	await rm(t.context.store.base, { recursive: true, force: true });
});

test('an input of known time is stored as segments that join, over the hour, under the hash of their bytes', async (t) => {
	const { store } = t.context;
	const input = ['-f', 'lavfi', '-i', 'testsrc2=size=64x64:rate=25:duration=5', ...ENCODE];
	const recording = await recordOnce(store, { arguments: input, begin: BEGIN }, tools());
	t.like(recording, { segments: 3, exitCode: 0, end: BEGIN + 5 * 90_000 });
	const found = await all(store);
	t.deepEqual(
		found.map(({ start, duration, type }) => [start - BEGIN, duration, type]),
		[
			[0, 180_000, 'full'],
			[180_000, 180_000, 'full'],
			[360_000, 90_000, 'full'],
		],
	);
	t.deepEqual(await readdir(storeFolder(store)), ['2026-05-01T11', '2026-05-01T12']);
	for (const { path: file } of found) {
		const hash = createHash('sha256')
			.update(await readFile(file))
			.digest('base64url');
		t.true(file.endsWith(`-${hash}.ts`));
	}
	const { holes } = await findBestSequence(store, BEGIN, BEGIN + 5 * 90_000);
	t.deepEqual(holes, []);
});

test('a segment that cannot be stored is left out, and those after it are recorded', async (t) => {
	const { store } = t.context;
	await mkdir(storeFolder(store), { recursive: true });
	// In the place of the first hour's folder.
	await writeFile(path.join(storeFolder(store), '2026-05-01T11'), '');
	const input = ['-f', 'lavfi', '-i', 'testsrc2=size=64x64:rate=25:duration=7', ...ENCODE];
	const recording = await recordOnce(store, { arguments: input, begin: BEGIN }, tools());
	t.like(recording, { segments: 2, exitCode: 0, end: BEGIN + 7 * 90_000 });
	t.deepEqual(
		(await all(store)).map(({ start }) => start - BEGIN),
		[360_000, 540_000],
	);
});

test('pictures that come at a varying rate leave no hole between segments', async (t) => {
	const { store } = t.context;
	const varying = 'testsrc2=size=64x64:rate=25:duration=8,select=not(mod(n\\,7))+not(mod(n\\,50))';
	const input = ['-f', 'lavfi', '-i', varying, '-vsync', 'vfr', ...ENCODE];
	const { end } = await recordOnce(store, { arguments: input, begin: BEGIN }, tools());
	t.true((await all(store)).length >= 3);
	const { holes } = await findBestSequence(store, BEGIN, end!);
	t.deepEqual(holes, []);
});

test('a recording never begins before the end of the one before it', async (t) => {
	const { store } = t.context;
	const input = {
		arguments: ['-f', 'lavfi', '-i', 'testsrc2=size=64x64:duration=1', ...ENCODE],
		begin: BEGIN,
	};
	const first = await recordOnce(store, input, tools());
	await recordOnce(store, input, tools(), first.end);
	t.deepEqual(
		(await all(store)).map((segment) => segment.start),
		[BEGIN, BEGIN + 90_000],
	);
});

test('an input that cannot be opened stores nothing and says why', async (t) => {
	const input = {
		arguments: ['-i', path.join(t.context.store.base, 'nothing.mp4'), '-c', 'copy'],
		begin: undefined,
	};
	const recording = await recordOnce(t.context.store, input, tools());
	t.is(recording.segments, 0);
	t.not(recording.exitCode, 0);
	t.regex(recording.complaints.join(), /No such file/);
	t.deepEqual(await readdir(storeFolder(t.context.store)), []);
});

test('the live test stream shows in each picture the frame number of its time; what a stop breaks off is partial', async (t) => {
	const { store } = t.context;
	const stop = new AbortController();
	const begin = nextSecond();
	const recording = await recordOnce(
		store,
		{
			arguments: TEST_STREAM_ARGUMENTS,
			begin: ticksFromDate(new Date(begin)),
			feed: (child, signal) => playTestStream(child.stdin!, begin, signal),
		},
		{ ...tools(), signal: stop.signal, onSegment: () => stop.abort() },
	);
	const found = await all(store);
	t.is(found.length, recording.segments);
	t.deepEqual(found.map((segment) => segment.type).toSorted(), ['full', 'partial']);
	t.is(found[0]?.start, ticksFromDate(new Date(begin)));
	t.is(found[0]?.duration, 180_000);
	for (const { path: file, start, duration } of found) {
		const first = testFrameNumber(dateFromTicks(start).getTime());
		t.deepEqual(await frameNumbers(file), numbers(first, first + (duration * TEST_RATE) / 90_000));
	}
});

function tools() {
	return { ffmpeg, log, signal: new AbortController().signal };
}

async function all(store: SegmentStore): Promise<Segment[]> {
	const now = Date.now() * 90;
	const [early, late] = [
		ticksFromDate(new Date('2026-05-01T11:00:00Z')),
		ticksFromDate(new Date('2026-05-01T13:00:00Z')),
	];
	return [
		...(await findSegments(store, early, late)),
		...(await findSegments(store, now - 324_000_000, now + 324_000_000)),
	];
}
