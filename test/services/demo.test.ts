import { spawn } from 'node:child_process';
import { rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import test from 'ava';
import type { DemoEvent } from '../../services/demo/run-demo.ts';
import { testFrameNumber } from '../../services/record/test-picture.ts';
import { frameNumbers, numbers } from '../support/recording.ts';

const PROGRAM = path.join(import.meta.dirname, '../../services/bin/cutsheet');

test('the demo makes of rows in the sheet videos of exactly the asked pictures, and of a wrong time a readable error', async (t) => {
	const folder = path.join(os.tmpdir(), `cutsheet-demo-test-${process.pid}`);
	t.teardown(() => rm(folder, { recursive: true, force: true }));
	const child = spawn(PROGRAM, ['demo', '--once', '--folder', folder], { stdio: ['ignore', 'pipe', 'pipe'] });
	const exit = new Promise((resolve) => child.once('close', resolve));
	const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
	t.is(await exit, 0, `${stdout}\n${stderr}`);

	const lines = stdout.trimEnd().split('\n');
	const { events } = JSON.parse(lines.at(-1)!) as { events: DemoEvent[] };
	const [plain, ranges, wrong] = events;
	t.is(events.length, 3);
	const edits = lines.filter((line) => line.startsWith('cutsheet edit '));
	for (const event of [plain!, ranges!]) {
		t.like(event, { state: 'UPLOADED', error: null });
		t.like(event.sheet_row, { ID: event.id, State: 'UPLOADED', Video: event.video_link, Error: '' });
		t.deepEqual(await frameNumbers(event.file!), askedFrames(edits.find((line) => line.includes(event.id))!));
	}
	t.like(wrong, { state: 'UNEDITED', video_link: null, file: null });
	t.is(wrong?.sheet_row.Error, wrong?.error ?? '');
	t.regex(wrong?.error ?? '', /Start.*half past nine/);
});

/** The numbers of all frames in the ranges of a line `cutsheet edit ID --range START,END …`. */
function askedFrames(line: string): number[] {
	return [...line.matchAll(/--range (\S+),(\S+)/g)].flatMap(([, start, end]) =>
		numbers(testFrameNumber(Date.parse(start!)), testFrameNumber(Date.parse(end!))),
	);
}
