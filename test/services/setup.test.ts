import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import ava, { type TestFn } from 'ava';

// Each test has a PATH of its own, on which there is only what it puts there.
const test = ava as TestFn<{ bin: string }>;
const SETUP = path.join(import.meta.dirname, '../../services/setup.sh');
const TOOLS = ['sh', 'dirname', 'find', 'tr', 'grep', 'paste', 'touch', 'rm', 'ln', 'env', 'flock'];

test.beforeEach(async (t) => {
	const bin = await mkdtemp(path.join(os.tmpdir(), 'cutsheet-setup-'));
	t.context.bin = bin;
	for (const tool of TOOLS) {
		const { stdout } = spawnSync('sh', ['-c', `command -v ${tool}`], { encoding: 'utf8' });
		if (stdout) await symlink(stdout.trim(), path.join(bin, tool));
	}
	await put(bin, 'id', 'echo 0');
});

test.afterEach.always((t) => rm(t.context.bin, { recursive: true, force: true }));

test('where all is there, set-up says nothing', async (t) => {
	for (const tool of ['ffmpeg', 'ffprobe']) await put(t.context.bin, tool, '');
	t.like(setUp(t.context.bin), { status: 0, stdout: '', stderr: '' });
});

test('root is given Debian’s ffmpeg where there is none', async (t) => {
	const { bin } = t.context;
	const log = path.join(bin, 'log');
	await put(bin, 'apt-get', `echo "$*" >> ${log}; for one in ffmpeg ffprobe; do ln -sf sh ${bin}/$one; done`);
	const { status, stdout } = setUp(bin);
	t.is(status, 0);
	t.is(stdout, '');
	t.regex(await readFile(log, 'utf8'), /update\n.*install -y .*ffmpeg\n$/s);
});

test('who may not install ffmpeg is told the exact command', async (t) => {
	await put(t.context.bin, 'id', 'echo 1000');
	await put(t.context.bin, 'apt-get', 'exit 1');
	const { status, stderr } = setUp(t.context.bin);
	t.is(status, 1);
	t.regex(stderr, /Type: sudo apt-get update && sudo apt-get install -y ffmpeg\n$/);
});

test('an ffmpeg that is named but cannot be run is an error that names the variable', async (t) => {
	const { status, stderr } = setUp(t.context.bin, { FFMPEG_PATH: '/nowhere/ffmpeg' });
	t.is(status, 1);
	t.regex(stderr, /FFMPEG_PATH names \/nowhere\/ffmpeg, which cannot be run/);
});

function setUp(bin: string, environment: NodeJS.ProcessEnv = {}) {
	return spawnSync(path.join(bin, 'sh'), [SETUP], { encoding: 'utf8', env: { PATH: bin, ...environment } });
}

async function put(bin: string, name: string, script: string): Promise<void> {
	await writeFile(path.join(bin, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}
