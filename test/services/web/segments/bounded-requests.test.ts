import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { SegmentServerOptions } from '../../../../services/web/segments/segment-server.ts';
import { recordTestStream, temporaryFolder } from '../../../support/recording.ts';
import { until } from '../../../support/until.ts';
import { range, startSegments } from './world.ts';

const START = new Date('2026-03-01T11:00:00.000Z');
const at = (seconds: number) => new Date(START.getTime() + seconds * 1000);

let base: string;
test.before(async () => {
	base = await mkdtemp(path.join(tmpdir(), 'cutsheet-bounded-'));
	await recordTestStream(base, START, 4);
});
test.after.always(() => rm(base, { recursive: true, force: true }));

/** A segment server whose ffmpeg never ends by itself. */
async function stuckWorld(t: ExecutionContext, work: SegmentServerOptions['work'] = {}) {
	const ffmpeg = path.join(await temporaryFolder(t), 'ffmpeg');
	const pids = `${ffmpeg}.pids`;
	await writeFile(ffmpeg, `#!/bin/sh\necho $$ >> '${pids}'\nexec sleep 1000\n`);
	await chmod(ffmpeg, 0o755);
	const world = await startSegments(t, base, { tools: { ffmpeg, ffprobe: ffmpeg }, work });
	const started = async () =>
		(await readFile(pids, 'utf8').catch(() => '')).split('\n').filter(Boolean).map(Number);
	const running = async () => (await started()).filter(isRunning);
	return { ...world, started, running };
}

function isRunning(pid: number): boolean {
	try {
		return process.kill(pid, 0);
	} catch {
		return false;
	}
}

const REQUESTS = [
	['a frame', `stage/source/frame.jpg?at=${at(1).toISOString()}`],
	['a thumbnail', `stage/source/thumbnail.png?at=${at(1).toISOString()}`],
	['a waveform', `stage/source/waveform.json${range(at(0), at(4), { peaks: '10' })}`],
	['a cut', `stage/source/cut${range(at(0.5), at(3))}`],
	['the preview of a join', `stage/source/join.mp4?end=${at(2).toISOString()}&start=${at(2).toISOString()}`],
] as const;

for (const [what, below] of REQUESTS)
	test(`ffmpeg ends when the client that asked for ${what} is gone`, async (t) => {
		const { get, started, running, server } = await stuckWorld(t);
		const client = new AbortController();
		const asked = get(below, { signal: client.signal });
		await until(async () => (await started()).length > 0);
		client.abort();
		await t.throwsAsync(asked);
		await until(async () => (await running()).length === 0);
		await until(() => Object.values(server.work).every(({ load }) => load.running + load.waiting === 0));
		t.pass();
	});

for (const [what, below] of REQUESTS)
	test(`ffmpeg ends when ${what} takes too long, and the client is told`, async (t) => {
		const soon = { timeoutMs: 500 };
		const { refusal, running } = await stuckWorld(t, { pictures: soon, readings: soon, cuts: soon });
		const { status, sentence } = await refusal(below);
		t.is(status, 503);
		t.regex(sentence, /^It was not ready after 0\.5 seconds/);
		t.deepEqual(await running(), []);
	});

test('who finds no place is told to come again, and when', async (t) => {
	const { get, started } = await stuckWorld(t, { pictures: { concurrency: 1, waiting: 1 } });
	const below = REQUESTS[0][1];
	const client = new AbortController();
	const first = get(below, { signal: client.signal });
	await until(async () => (await started()).length === 1);
	const others = [get(below, { signal: client.signal }), get(below, { signal: client.signal })];
	const refused = await Promise.race(others);
	t.is(refused.status, 503);
	t.regex(refused.headers.get('retry-after') ?? '', /^\d+$/);
	t.regex(await refused.text(), /as many pictures and previews as it can/);
	t.is((await get('stage/master.m3u8')).status, 200);
	client.abort();
	await Promise.allSettled([first, ...others]);
	t.is((await started()).length, 1);
});
