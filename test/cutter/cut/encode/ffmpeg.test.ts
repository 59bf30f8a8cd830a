import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import test from 'ava';
import { FfmpegUnableError, machinesFault, startFfmpeg } from '../../../../cutter/cut/encode/ffmpeg.ts';

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

const LOADER =
	'ffmpeg: error while loading shared libraries: libavdevice.so.59: cannot open shared object file: No such file or directory';

test('an ffmpeg whose libraries are being replaced did not start: the machine’s trouble, not that of the video', async (t) => {
	const { finished } = startFfmpeg('sh', ['-c', `echo '${LOADER}' >&2; exit 127`]);
	const error = await t.throwsAsync(finished, { instanceOf: FfmpegUnableError });
	t.is(error.message, `ffmpeg did not start. ${LOADER}`);
});

test('what a program says of its machine is told from what it says of what it was given', (t) => {
	t.regex(machinesFault('ffprobe', 'a.mp4: Cannot allocate memory')!.message, /^ffprobe had no memory\. /);
	t.is(machinesFault('ffprobe', 'a.mp4: Invalid data found when processing input'), undefined);
});
