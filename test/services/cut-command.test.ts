import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import ava, { type TestFn } from 'ava';
import { testFrameNumber } from '../../services/record/test-picture.ts';
import { frameNumbers, numbers, recordTestStream } from '../support/recording.ts';

const test = ava as TestFn<{ folder: string }>;
const PROGRAM = path.join(import.meta.dirname, '../../services/bin/cutsheet');
const BEGIN = new Date('2026-05-01T11:59:57.000Z');
const base = await mkdtemp(path.join(os.tmpdir(), 'cutsheet-recorded-'));
const store = await recordTestStream(base, BEGIN, 6);

test.beforeEach(async (t) => {
	t.context.folder = await mkdtemp(path.join(os.tmpdir(), 'cutsheet-cut-'));
});

test.afterEach.always((t) => rm(t.context.folder, { recursive: true, force: true }));
test.after.always(() => rm(base, { recursive: true, force: true }));

for (const mode of ['smart', 'full']) {
	test(`cut --mode ${mode} makes a file of exactly the pictures of its range`, async (t) => {
		const output = path.join(t.context.folder, 'out.ts');
		const { status, stderr } = cut(['--start', at(0.48), '--end', at(5.16), '--mode', mode, '-o', output]);
		t.is(status, 0, stderr);
		t.deepEqual(await frameNumbers(output), frames(0.48, 5.16));
		t.deepEqual(await readdir(t.context.folder), ['out.ts']);
	});
}

test('cut joins several ranges in the order in which they are given', async (t) => {
	const output = path.join(t.context.folder, 'out.ts');
	const ranges = [`${at(4.4)},${at(5)}`, `${at(1)},${at(2.6)}`, `${at(3)},${at(3.2)}`];
	const { status, stderr } = cut(['--range', ranges[0]!, ranges[1]!, '--range', ranges[2]!, '-o', output]);
	t.is(status, 0, stderr);
	t.deepEqual(await frameNumbers(output), [...frames(4.4, 5), ...frames(1, 2.6), ...frames(3, 3.2)]);
});

test('cut blends ranges where --transition says so, and refuses what does not fit or does not exist', async (t) => {
	const output = path.join(t.context.folder, 'out.mp4');
	const ranges = ['--range', `${at(0.4)},${at(2)}`, `${at(3)},${at(4.2)}`, `${at(5)},${at(5.4)}`];
	const words = [...ranges, '-o', output];
	const { status, stderr } = cut([...words, '--transition', 'fade:0.4', '--transition', 'none']);
	t.is(status, 0, stderr);
	const shown = await frameNumbers(output);
	t.is(shown.length, 40 + 30 - 10 + 10);
	t.deepEqual(shown.slice(0, 30), frames(0.4, 1.6));
	t.deepEqual(shown.slice(40), [...frames(3.4, 4.2), ...frames(5, 5.4)]);
	const wrong: [string[], RegExp][] = [
		[['fade:1'], /one transition for each of the 2 joins/],
		[['starwipe:1', 'none'], /no transition of the kind "starwipe"\. There are: fade, /],
		[['fade:1', 'fade:0.3'], /Range 2 lasts 1\.2 s, less than/],
		[['fade', 'none'], /KIND:SECONDS/],
	];
	for (const [transitions, message] of wrong) {
		const refused = cut([...words, '--force', '--transition', ...transitions]);
		t.is(refused.status, 2);
		t.regex(refused.stderr.replaceAll('\n', ' '), message);
	}
});

test('cut refuses to replace a file, unless forced', async (t) => {
	const output = path.join(t.context.folder, 'out.ts');
	await writeFile(output, 'precious');
	const words = ['--start', at(2), '--end', at(3), '-o', output];
	const refused = cut(words);
	t.is(refused.status, 3);
	t.regex(refused.stderr, /out\.ts is already there/);
	t.is(await readFile(output, 'utf8'), 'precious');
	t.is(cut([...words, '--force']).status, 0);
	t.deepEqual(await frameNumbers(output), frames(2, 3));
});

test('cut over a hole is refused with its time and leaves no file; with --allow-holes it cuts what is there', async (t) => {
	const output = path.join(t.context.folder, 'out.ts');
	const words = ['--start', at(5), '--end', at(8), '-o', output];
	const refused = cut(words);
	t.is(refused.status, 3);
	t.regex(refused.stderr, /2026-05-01T12:00:03\.000Z/);
	t.deepEqual(await readdir(t.context.folder), []);
	t.is(cut([...words, '--allow-holes']).status, 0);
	t.deepEqual(await frameNumbers(output), frames(5, 6));
});

test('cut says which folder does not exist', (t) => {
	const range = ['--start', at(0), '--end', at(1)];
	const output = cut([...range, '-o', path.join(t.context.folder, 'missing', 'out.ts')]);
	t.is(output.status, 2);
	t.regex(output.stderr, /missing of the output file does not exist/);
	const store = cut([...range, '--channel', 'other', '-o', path.join(t.context.folder, 'out.ts')]);
	t.is(store.status, 2);
	t.regex(store.stderr, /other\/source of the segment store does not exist/);
});

test('the ending of the output chooses the container', async (t) => {
	const output = path.join(t.context.folder, 'out.mp4');
	const { status, stderr } = cut(['--start', at(1.08), '--end', at(3.4), '-o', output]);
	t.is(status, 0, stderr);
	t.is((await readFile(output)).toString('latin1', 4, 8), 'ftyp');
	t.deepEqual(await frameNumbers(output), frames(1.08, 3.4));
});

function cut(words: string[]) {
	const { channel, quality } = store;
	const place = ['--segments', base, '--channel', channel, '--quality', quality];
	return spawnSync(PROGRAM, ['cut', ...place, ...words], { encoding: 'utf8' });
}

function at(seconds: number): string {
	return new Date(BEGIN.getTime() + Math.round(seconds * 1000)).toISOString();
}

function frames(from: number, to: number): number[] {
	const number = (seconds: number) => testFrameNumber(Date.parse(at(seconds)));
	return numbers(number(from), number(to));
}
