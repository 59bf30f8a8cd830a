import { chmod, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { findFfmpeg } from '../../cutter/cut/encode/ffmpeg.ts';
import { until } from '../support/until.ts';
import { checkUploadedOnce } from './check-outcome.ts';
import { longTest } from './extent.ts';
import { jobWorld, PATIENCE_SECONDS, sharedRecording, submittedEvent, untilUploaded } from './job-world.ts';
import { NodeProcess } from './node-process.ts';

// ffmpeg misbehaves once: the node stops it, says so where people look, and has its slot free for the next try.

const recording = await sharedRecording();

/** A program that behaves as `misbehaviour` says the first time that it is started on pictures, and as ffmpeg afterwards. */
async function ffmpegThat(t: ExecutionContext, misbehaviour: string) {
	const folder = await mkdtemp(join(tmpdir(), 'cutsheet-bad-ffmpeg-'));
	t.teardown(() => rm(folder, { recursive: true, force: true }));
	const program = join(folder, 'ffmpeg');
	const once = join(folder, 'misbehaved');
	const { ffmpeg } = await findFfmpeg();
	await writeFile(
		program,
		`#!/bin/sh\nffmpeg='${ffmpeg}'\nif mkdir '${once}' 2>/dev/null; then\n${misbehaviour}\nfi\nexec "$ffmpeg" "$@"\n`,
	);
	await chmod(program, 0o755);
	return {
		program,
		misbehaved: () =>
			stat(once).then(
				() => true,
				() => false,
			),
	};
}

async function overcomes(
	t: ExecutionContext,
	misbehaviour: string,
	{ sentence, limits = {} }: { sentence: RegExp; limits?: Record<string, string> },
) {
	const world = await jobWorld(t, 'local', recording);
	const { program, misbehaved } = await ffmpegThat(t, misbehaviour);
	const environment = { FFMPEG_PATH: program, ...limits };
	new NodeProcess(t, { name: 'node-1', config: world.config, databaseUrl: world.url, environment });
	const id = await submittedEvent(world);
	await until(async () => {
		const story = await world.db
			.selectFrom('event_history')
			.select('note')
			.where('event_id', '=', id)
			.execute();
		return story.some(({ note }) => note !== null && sentence.test(note));
	}, PATIENCE_SECONDS);
	t.true(await misbehaved());
	await untilUploaded(world, id);
	await checkUploadedOnce(t, world, id);
}

longTest('an ffmpeg that hangs is stopped, and the row is cut again', (t) =>
	overcomes(t, 'exec sleep 1000', {
		sentence: /ffmpeg was stopped: it did nothing for 5 s/,
		limits: { CUTSHEET_FFMPEG_SILENCE_SECONDS: '5' },
	}),
);

test('an ffmpeg that dies is started anew, and the row is cut again', (t) =>
	overcomes(t, 'kill -9 $$', { sentence: /ffmpeg was killed \(SIGKILL\)/ }));

longTest('an ffmpeg that dies in the middle of what it says is started anew, and the row is cut again', (t) =>
	overcomes(t, '"$ffmpeg" "$@" | head -c 2000; kill -9 $$', { sentence: /ffmpeg was killed \(SIGKILL\)/ }),
);

longTest('an ffmpeg that eats the memory is stopped, and the row is cut again', (t) =>
	overcomes(
		t,
		`exec '${process.execPath}' -e 'const kept = []; setInterval(() => kept.push(Buffer.alloc(2 ** 26, 1)), 50)'`,
		{
			sentence: /ffmpeg was stopped: it took \d+ MiB of memory, and 300 are allowed/,
			limits: { CUTSHEET_FFMPEG_MEMORY_MIB: '300' },
		},
	),
);
