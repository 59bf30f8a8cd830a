import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import ava, { type TestFn } from 'ava';
import { COMMANDS } from '../../services/commands/index.ts';

const test = ava as TestFn<{ folder: string }>;
const PROGRAM = path.join(import.meta.dirname, '../../services/bin/cutsheet');

test.beforeEach(async (t) => {
	t.context.folder = await mkdtemp(path.join(os.tmpdir(), 'cutsheet-cli-'));
});

test.afterEach.always(async (t) => {
	await rm(t.context.folder, { recursive: true, force: true });
});

/** Options without which a command complains of their absence first. */
const REQUIRED: Record<string, string[]> = {
	coverage: ['--start', '2026-05-01T12:00:00Z', '--end', '2026-05-01T12:00:00Z'],
	cut: ['-o', 'x.ts'],
};

for (const { name } of COMMANDS) {
	test(`cutsheet ${name} --help shows how it is used and what its exit codes mean`, (t) => {
		const { status, stdout } = run(t.context.folder, [name, '--help']);
		t.is(status, 0);
		t.true(stdout.startsWith(`Usage: cutsheet ${name}`), stdout);
		t.regex(stdout, /Exit codes:/);
	});

	test(`cutsheet ${name} refuses an option that it does not know`, (t) => {
		const { status, stderr, stdout } = run(t.context.folder, [name, ...(REQUIRED[name] ?? []), '--nonsense']);
		t.is(status, 2);
		t.regex(stderr, /unknown option '--nonsense'/);
		t.is(stdout, '');
	});
}

test('without a word cutsheet shows its help; an unknown command is refused', (t) => {
	const bare = run(t.context.folder, []);
	for (const { name } of COMMANDS) t.true(bare.stdout.includes(`\n  ${name} `), name);
	t.like(run(t.context.folder, ['coverege']), { status: 2 });
	t.regex(run(t.context.folder, ['coverege']).stderr, /unknown command 'coverege'.*Did you mean coverage/s);
});

test('whoever reads what a command says may stop early', async (t) => {
	const child = spawn(PROGRAM, ['--help'], { cwd: t.context.folder, stdio: ['ignore', 'pipe', 'pipe'] });
	// Before a process has begun it has written nothing: the pipe is surely gone by then.
	child.stdout.destroy();
	const [complaints, [status]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
	t.is(complaints, '');
	t.is(status, 0);
});

test('days that do not exist and empty names of nodes are refused where they are typed', (t) => {
	const times = (start: string) => ['--start', start, '--end', '2026-03-05T00:00:00Z'];
	t.regex(run(t.context.folder, ['coverage', ...times('2026-02-30T00:00:00Z')]).stderr, /no day 2026-02-30/);
	const edit = [
		'edit',
		'8c8f2d3c-5b0e-4c55-9a2b-0d6f4f4b1a10',
		...times('2026-03-04T00:00:00Z'),
		'--uploaders',
		'',
	];
	const { status, stderr } = run(t.context.folder, edit);
	t.is(status, 2);
	t.regex(stderr, /Names of nodes with commas/);
});

test('cutsheet runs through a link from any folder', async (t) => {
	const link = path.join(t.context.folder, 'cutsheet');
	await symlink(PROGRAM, link);
	const { status, stdout } = spawnSync(link, ['--version'], { cwd: t.context.folder, encoding: 'utf8' });
	t.is(status, 0);
	t.regex(stdout, /^\d+\.\d+\.\d+\n$/);
});

test('coverage tells the holes, as text and as JSON, and exits with 3; without a hole with 0', async (t) => {
	const hour = path.join(t.context.folder, 'stage/source/2026-05-01T12');
	await mkdir(hour, { recursive: true });
	for (const second of ['00', '02', '06'])
		await writeFile(path.join(hour, `00:${second}.0-2.0-full-a.ts`), '');
	const store = ['coverage', '--segments', t.context.folder, '--channel', 'stage', '--quality', 'source'];
	const range = (end: number) => ['--start', '2026-05-01T12:00:00Z', '--end', `2026-05-01 12:00:0${end}`];

	const whole = run(t.context.folder, [...store, ...range(4)]);
	t.is(whole.status, 0, whole.stderr);
	t.regex(whole.stdout, /2 segments cover 100\.00 %\.\nNo holes\.\n$/);

	const text = run(t.context.folder, [...store, ...range(8)]);
	t.is(text.status, 3);
	t.regex(text.stdout, /Hole of 2\.000 s: 2026-05-01T12:00:04\.000Z to 2026-05-01T12:00:06\.000Z\.\n$/);

	const json = run(t.context.folder, [...store, ...range(8), '--json']);
	t.is(json.status, 3);
	t.like(JSON.parse(json.stdout), {
		segments: 3,
		covered_seconds: 6,
		holes: [{ start: '2026-05-01T12:00:04.000Z', end: '2026-05-01T12:00:06.000Z', seconds: 2 }],
	});
});

const wrong: [words: string[], complaint: RegExp][] = [
	[['coverage', '--start', 'noon', '--end', '2026-05-01T12:00:00Z'], /A time is written like/],
	[
		['coverage', '--start', '2026-05-01T12:00:00Z', '--end', '2026-05-01T11:00:00Z'],
		/--start must be before --end/,
	],
	[['record'], /Say what to record/],
	[['record', '--test-stream', 'rtmp://x'], /Either an input or --test-stream/],
	[['cut', '-o', 'x.ts'], /Say what to cut/],
	[['cut', '--start', '2026-05-01T12:00:00Z', '-o', 'x.ts'], /--start and --end belong together/],
	[['cut', '--range', '2026-05-01T12:00:00Z', '-o', 'x.ts'], /A range is two times/],
	[['cut', '--range', '2026-05-01T12:00:01Z,2026-05-01T12:00:00Z', '-o', 'x.ts'], /is empty/],
	[['edit', 'abc', '--start', '2026-05-01T12:00:00Z'], /An id is written like/],
	[['cancel'], /missing required argument 'id'/],
	[['status', '--config', 'nothing.yaml'], /nothing\.yaml cannot be read/],
];

for (const [words, complaint] of wrong) {
	test(`cutsheet ${words.join(' ')} is wrong usage`, (t) => {
		const { status, stderr } = run(t.context.folder, words);
		t.is(status, 2);
		t.regex(stderr, complaint);
		t.false(stderr.includes('    at '), 'no stack');
	});
}

test('a database that cannot be reached is a failure with a sentence, without the password', (t) => {
	const DATABASE_URL = 'postgres://me:S3CRET@127.0.0.1:1/none';
	const { status, stderr } = run(t.context.folder, ['status'], { DATABASE_URL });
	t.is(status, 1);
	t.regex(stderr, /The database cannot be reached \(ECONNREFUSED\)/);
	t.false(stderr.includes('S3CRET'));
});

function run(cwd: string, words: string[], environment: NodeJS.ProcessEnv = {}) {
	const { CUTSHEET_CONFIG: _, DATABASE_URL: __, ...env } = process.env;
	return spawnSync(PROGRAM, words, { cwd, encoding: 'utf8', env: { ...env, ...environment } });
}
