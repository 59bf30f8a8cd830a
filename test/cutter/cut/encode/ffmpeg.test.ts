import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import test from 'ava';

const FFMPEG = pathToFileURL(join(import.meta.dirname, '../../../../cutter/cut/encode/ffmpeg.ts')).href;

/** Takes all file descriptors that it may have, then starts ffmpeg. */
const HUNGRY = `
	import { openSync } from 'node:fs';
	import { FfmpegUnableError, startFfmpeg } from '${FFMPEG}';
	try { for (;;) openSync('/dev/null', 'r'); } catch {}
	try { await startFfmpeg('true', []).finished; }
	catch (error) { console.log(error instanceof FfmpegUnableError, error.message); }
`;

test('an ffmpeg for whose pipes there is no file descriptor left did not start: the machine’s trouble, and a sentence', async (t) => {
	const words = [
		'-c',
		'ulimit -n 100; exec "$@"',
		'sh',
		process.execPath,
		'--input-type=module',
		'-e',
		HUNGRY,
	];
	const { stdout } = await promisify(execFile)('sh', words);
	t.is(stdout, 'true true did not start: too many open files.\n');
});
