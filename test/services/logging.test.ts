import { spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';

test('a log that cannot be written, as its disk is full, ends no work', (t) => {
	const logging = path.join(import.meta.dirname, '../../services/logging.ts');
	const script = `
		const { openLog } = await import(${JSON.stringify(logging)});
		const log = await openLog('test');
		for (let line = 0; line < 100; line++) log.info('x'.repeat(100_000));
		process.stdout.write('works on');`;
	const full = openSync('/dev/full', 'w');
	t.teardown(() => closeSync(full));
	const { status, stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
		encoding: 'utf8',
		stdio: ['ignore', 'pipe', full],
	});
	t.deepEqual([status, stdout], [0, 'works on']);
});
