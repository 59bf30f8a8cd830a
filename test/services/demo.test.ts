import { execFile, spawn } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import test from 'ava';
import type { DemoEvent } from '../../services/demo/run-demo.ts';
import { testFrameNumber } from '../../services/record/test-picture.ts';
import { frameNumbers, numbers } from '../support/recording.ts';
import { startService } from '../support/service-process.ts';
import { until } from '../support/until.ts';

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

test('a demo whose PostgreSQL is killed starts it again, says so, and goes on', async (t) => {
	const folder = path.join(os.tmpdir(), `cutsheet-demo-killed-${process.pid}`);
	t.teardown(() => rm(folder, { recursive: true, force: true }));
	const demo = startService(t, ['demo', '--folder', folder]);
	const says = (sentence: RegExp) =>
		until(() => {
			if (demo.child.exitCode !== null) throw new Error(demo.log());
			return sentence.test(demo.log());
		}, 150);
	await says(/It goes on running/);
	const [postmaster] = (await readFile(path.join(folder, 'postgres/data/postmaster.pid'), 'utf8')).split(
		'\n',
	);
	process.kill(Number(postmaster), 'SIGKILL');
	await says(/PostgreSQL has ended; it was started again/);

	// “Closing” was not edited yet.
	const [, id] = /“Closing” has the id (\S+)/.exec(demo.log())!;
	const [edit] = /^cutsheet edit .*$/m.exec(demo.log())!;
	const [, range] = /--range (\S+)/.exec(edit)!;
	const config = path.join(folder, 'cutsheet.yaml');
	const { CUTSHEET_CONFIG: _, DATABASE_URL: __, ...env } = process.env;
	await promisify(execFile)(
		PROGRAM,
		['edit', id!, '--range', range!, '--title', 'Closing', '--config', config],
		{
			env,
		},
	);
	await until(async () => {
		const { stdout } = await promisify(execFile)(PROGRAM, ['status', '--json', '--config', config], { env });
		return /UPLOADED\D+3\b/.test(stdout);
	}, 60);
	t.is(await demo.stop('SIGINT'), 0, demo.log());
});

/** The numbers of all frames in the ranges of a line `cutsheet edit ID --range START,END …`. */
function askedFrames(line: string): number[] {
	return [...line.matchAll(/--range (\S+),(\S+)/g)].flatMap(([, start, end]) =>
		numbers(testFrameNumber(Date.parse(start!)), testFrameNumber(Date.parse(end!))),
	);
}
