import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ExecutionContext } from 'ava';
import pino from 'pino';
import { findFfmpeg } from '../../cutter/cut/encode/ffmpeg.ts';
import type { SegmentStore } from '../../cutter/segments/store.ts';
import { ticksFromDate } from '../../cutter/segments/ticks.ts';
import { recordOnce } from '../../services/record/recorder.ts';
import {
	paintTestPicture,
	readTestFrameNumber,
	TEST_HEIGHT,
	TEST_RATE,
	TEST_WIDTH,
} from '../../services/record/test-picture.ts';
import { TEST_STREAM_ARGUMENTS } from '../../services/record/test-stream.ts';

export const silent = pino({ level: 'silent' });

/** A folder of the test's own, removed when it is over. */
export async function temporaryFolder(t: Pick<ExecutionContext, 'teardown'>): Promise<string> {
	const folder = await mkdtemp(join(tmpdir(), 'cutsheet-test-'));
	t.teardown(() => rm(folder, { recursive: true, force: true }));
	return folder;
}

/** Where the test stream is recorded below a folder. */
export function testStore(base: string): SegmentStore {
	return { base, channel: 'stage', quality: 'source' };
}

/** Records `seconds` of the test stream, as if from `start` on, into a store in `base`: as fast as it can be encoded. */
export async function recordTestStream(base: string, start: Date, seconds: number): Promise<SegmentStore> {
	const store = testStore(base);
	const { ffmpeg } = await findFfmpeg();
	await recordOnce(
		store,
		{
			arguments: TEST_STREAM_ARGUMENTS,
			begin: ticksFromDate(start),
			feed: async (child) => {
				for (let number = 0; number < seconds * TEST_RATE; number++) {
					const picture = paintTestPicture(start.getTime() + (number * 1000) / TEST_RATE);
					if (!child.stdin!.write(picture)) await once(child.stdin!, 'drain');
				}
				child.stdin!.end();
			},
		},
		{ ffmpeg, log: silent, signal: new AbortController().signal },
	);
	return store;
}

/** The frame numbers that stand in the pictures of a file cut from the test stream, in playing order. */
export async function frameNumbers(file: string): Promise<(number | undefined)[]> {
	const { ffmpeg } = await findFfmpeg();
	const words = [
		'-v',
		'error',
		'-i',
		file,
		'-map',
		'0:v',
		'-fps_mode',
		'passthrough',
		'-f',
		'rawvideo',
		'-pix_fmt',
		'gray',
		'-',
	];
	const { stdout } = await promisify(execFile)(ffmpeg, words, { encoding: 'buffer', maxBuffer: 2 ** 30 });
	const size = TEST_WIDTH * TEST_HEIGHT;
	return Array.from({ length: stdout.length / size }, (_, index) =>
		readTestFrameNumber(stdout.subarray(index * size, (index + 1) * size), TEST_WIDTH, TEST_HEIGHT),
	);
}

/** The whole numbers from `first` up to but not including `end`. */
export function numbers(first: number, end: number): number[] {
	return Array.from({ length: end - first }, (_, index) => first + index);
}
