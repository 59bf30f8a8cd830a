import { cp, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ExecutionContext, TestFn } from 'ava';
import { storeFolder } from '../../../../cutter/segments/store.ts';
import { testFrameNumber } from '../../../../services/record/test-picture.ts';
import { recordTestStream, temporaryFolder } from '../../../support/recording.ts';
import { makeSource, testPicture, testSound } from '../../../support/streams.ts';
import { type SegmentWorld, startSegments } from './world.ts';

const START = new Date('2026-03-01T10:59:55.000Z');

/** A wall time of the recording, in seconds since its beginning. */
export const at = (seconds: number) => new Date(START.getTime() + seconds * 1000);

/** The number in the first picture. */
export const FIRST = testFrameNumber(START.getTime());

export interface RecordedWorld extends SegmentWorld {
	/** Where its store lies. */
	base: string;
}

/**
 * A server over twelve seconds around the hour, without those from 4 to 6; the quality `low` has the first eight, the
 * clock of each segment from 0 on. Beside them lies what is no video.
 */
export async function recordedWorld(t: Pick<ExecutionContext, 'teardown'>): Promise<RecordedWorld> {
	const base = await mkdtemp(path.join(tmpdir(), 'cutsheet-segments-'));
	t.teardown(() => rm(base, { recursive: true, force: true }));
	const store = await recordTestStream(base, START, 12);
	const hour = path.join(storeFolder(store), '2026-03-01T10');
	const hole = (await readdir(hour)).find((name) => name.startsWith('59:59.'))!;
	await rm(path.join(hour, hole));
	const low = await makeSource({
		args: [
			...[...testPicture({ seconds: 8 }), ...testSound({ seconds: 8 })],
			...['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '50', '-c:a', 'aac'],
		],
		muxer: ['-reset_timestamps', '1'],
		start: START,
	});
	t.teardown(low.remove);
	await rename(storeFolder(low.store), path.join(base, 'stage', 'low'));
	await mkdir(path.join(base, 'empty', 'source'), { recursive: true });
	await writeFile(path.join(base, 'a-file'), '');
	await mkdir(path.join(base, '.hidden'));
	const world = await startSegments(t, base, { templates: { broken: path.join(base, 'a-file') } });
	return { ...world, base };
}

/** Makes one world for all tests of a file before the first of them, and takes it away after the last. */
export function withRecordedWorld(test: TestFn, made: (world: RecordedWorld) => void): void {
	const ends: (() => unknown)[] = [];
	test.before(async () => made(await recordedWorld({ teardown: (end) => ends.push(end) })));
	test.after.always(async () => {
		for (const end of ends.toReversed()) await end();
	});
}

/** Another server over a copy of the store, for a test that changes what lies in it. */
export async function copyOfWorld(
	t: Pick<ExecutionContext, 'teardown'>,
	{ base }: RecordedWorld,
): Promise<RecordedWorld> {
	const copy = path.join(await temporaryFolder(t), 'store');
	await cp(base, copy, { recursive: true });
	return { ...(await startSegments(t, copy)), base: copy };
}
