import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import test from 'ava';
import { killAtExit } from '../../../services/record/kill-at-exit.ts';
import { until } from '../../support/until.ts';

/** Whether a process of this machine runs; one that nobody has waited for yet does not (Z in proc(5)). */
async function runs(pid: number): Promise<boolean> {
	const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ') Z');
	return !stat.includes(') Z');
}

test('processes that would outlive ours are killed when it ends, however it came to that', async (t) => {
	const module = new URL('../../../services/record/kill-at-exit.ts', import.meta.url).href;
	const script = `
		import { spawn } from 'node:child_process';
		import { killAtExit } from ${JSON.stringify(module)};
		const children = Array.from({ length: 12 }, () =>
			spawn('sleep', ['600'], { detached: true, stdio: 'ignore' }));
		for (const child of children) killAtExit(child);
		console.log(children.map((child) => child.pid).join());
		throw new Error('unexpected');`;
	const child = spawn(process.execPath, ['--input-type=module', '--eval', script]);
	const said = { out: '', err: '' };
	child.stdout.on('data', (text) => {
		said.out += text;
	});
	child.stderr.on('data', (text) => {
		said.err += text;
	});
	await once(child, 'close');
	const pids = said.out.trim().split(',').map(Number);
	t.is(pids.length, 12);
	t.notRegex(said.err, /MaxListenersExceeded/);
	await t.notThrowsAsync(until(async () => !(await Promise.all(pids.map(runs))).includes(true)));
});

test('a process that has ended is listened for no more', (t) => {
	const before = process.listenerCount('exit');
	const children = Array.from({ length: 3 }, () => spawn('true'));
	const listening = children.map(killAtExit);
	t.is(process.listenerCount('exit'), before + 1);
	for (const one of listening) one[Symbol.dispose]();
	t.is(process.listenerCount('exit'), before);
});
