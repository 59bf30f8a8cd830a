import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import pino from 'pino';
import { findFfmpeg } from '../../cutter/cut/ffmpeg.ts';
import type { SegmentStore } from '../../cutter/segments/store.ts';
import { ticksFromDate } from '../../cutter/segments/ticks.ts';
import { recordOnce } from '../../services/record/recorder.ts';
import { paintTestPicture, TEST_RATE } from '../../services/record/test-picture.ts';
import { TEST_STREAM_ARGUMENTS } from '../../services/record/test-stream.ts';

export interface RecordedStore {
	store: SegmentStore;
	remove(): Promise<void>;
}

/** A segment store with `seconds` of the test stream, as if recorded from `begin` on; made as fast as ffmpeg encodes. */
export async function recordTestStore(begin: Date, seconds: number): Promise<RecordedStore> {
	const base = await mkdtemp(path.join(os.tmpdir(), 'cutsheet-recorded-'));
	const store = { base, channel: 'stage', quality: 'source' };
	const input = {
		arguments: TEST_STREAM_ARGUMENTS,
		begin: ticksFromDate(begin),
		feed: async ({ stdin }: { stdin: NodeJS.WritableStream | null }) => {
			for (let number = 0; number < seconds * TEST_RATE; number++) {
				const picture = paintTestPicture(begin.getTime() + (number * 1000) / TEST_RATE);
				await new Promise<void>((written) => stdin?.write(picture, () => written()));
			}
			stdin?.end();
		},
	};
	const tools = {
		...(await findFfmpeg()),
		log: pino({ level: 'silent' }),
		signal: new AbortController().signal,
	};
	await recordOnce(store, input, tools);
	return { store, remove: () => rm(base, { recursive: true, force: true }) };
}
