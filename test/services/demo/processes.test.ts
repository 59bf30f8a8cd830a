import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import test from 'ava';
import { Processes } from '../../../services/demo/processes.ts';
import { until } from '../../support/until.ts';

test('a service of the demo that ends fails it, and is started again once it is to be kept running', async (t) => {
	const folder = await mkdtemp(path.join(os.tmpdir(), 'cutsheet-processes-'));
	t.teardown(() => rm(folder, { recursive: true, force: true }));
	const failing = new Processes(folder, process.env);
	await failing.start('failing', ['nonsense']);
	await t.throwsAsync(failing.failure, { message: /cutsheet nonsense ended by itself \(exit code 2\)/ });

	const kept = new Processes(folder, process.env);
	const said: string[] = [];
	kept.keepRunning((sentence) => said.push(sentence));
	await kept.start('kept', ['nonsense']);
	await until(() => said.length >= 2);
	await kept.stop();
	t.is(said[0], 'kept has ended (exit code 2); starting it again');
});
