import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import pino from 'pino';
import {
	continuityCounter,
	hasPayload,
	PACKET_SIZE,
	pidOf,
	setContinuityCounter,
} from '../../../cutter/cut/mpegts/packet.ts';
import { dateFromTicks } from '../../../cutter/segments/ticks.ts';
import { makeVideo, type VideoRequest } from '../../../cutter/video/make-video.ts';
import { makeSource, probePackets, probeStreams, testPicture, testSound } from '../../support/streams.ts';

const tools = { ffmpeg: 'ffmpeg', ffprobe: 'ffprobe', log: pino({ level: 'silent' }) };
const run = promisify(execFile);

/** A segment of four seconds whose sound is encoded as `first` says for two of them, then as `second`. */
async function sourceOf(t: ExecutionContext, first: readonly string[], second: readonly string[]) {
	const source = await makeSource({
		args: async (folder) => {
			const parts = await Promise.all(
				[first, second].map(async (sound, n) => {
					const file = path.join(folder, `${n}.part`);
					const video = ['-c:v', 'libx264', '-preset', 'veryfast', '-g', '25', '-bf', '2'];
					const inputs = [...testPicture({ seconds: 2 }), ...testSound({ seconds: 2 })];
					const offset = ['-t', '2', '-output_ts_offset', String(10 + 2 * n)];
					await run('ffmpeg', [
						'-v',
						'error',
						...inputs,
						...video,
						...sound,
						...offset,
						'-f',
						'mpegts',
						file,
					]);
					return await readFile(file);
				}),
			);
			const bytes = Buffer.concat(parts);
			countOn(bytes);
			await writeFile(path.join(folder, '0000.ts'), bytes);
			await Promise.all(parts.map((_, n) => run('rm', [path.join(folder, `${n}.part`)])));
			return undefined;
		},
	});
	t.teardown(source.remove);
	return source;
}

/** Lets the continuity counters run through. */
function countOn(bytes: Buffer): void {
	const counters = new Map<number, number>();
	for (let at = 0; at < bytes.length; at += PACKET_SIZE) {
		const before = counters.get(pidOf(bytes, at)) ?? continuityCounter(bytes, at) - 1;
		setContinuityCounter(bytes, at, (before + (hasPayload(bytes, at) ? 1 : 0)) & 15);
		counters.set(pidOf(bytes, at), continuityCounter(bytes, at));
	}
}

async function cutOf(
	source: Awaited<ReturnType<typeof makeSource>>,
	bounds: readonly (readonly [number, number])[],
	request: Pick<VideoRequest, 'mode' | 'container' | 'transitions'>,
) {
	const file = path.join(source.folder, `out.${request.container}`);
	const at = (number: number) => dateFromTicks(source.pictures[number]!.wall);
	const ranges = bounds.map(([from, to]) => ({ start: at(from), end: at(to) }));
	const report = await makeVideo({ store: source.store, ranges, allowHoles: false, ...request }, file, tools);
	const packets = await probePackets(file);
	return { report, streams: await probeStreams(file), sound: packets.filter(({ type }) => type === 'audio') };
}

test('where AAC becomes stereo in the middle of a segment, all is re-encoded, and none of it is silent', async (t) => {
	const source = await sourceOf(t, ['-ac', '1', '-c:a', 'aac'], ['-ac', '2', '-c:a', 'aac']);
	const { report, streams, sound } = await cutOf(source, [[33, 70]], { mode: 'smart', container: 'mp4' });
	t.is(report.modeUsed, 'full');
	t.is(report.pictures, 37);
	t.is(report.notes.length, 1);
	t.regex(report.notes[0]!, /All of it was re-encoded: .* the sound is of another kind/);
	t.is(Number(streams[0]!.nb_frames), 37);
	const rate = Number(streams[1]!.sample_rate);
	const seconds = sound.reduce((sum, { duration }) => sum + duration, 0) / rate;
	t.true(Math.abs(seconds - 37 / 25) <= 0.05, `${seconds}`);
});

test('where AC-3 becomes stereo in the middle of a segment, its frames say so themselves, and are copied', async (t) => {
	const source = await sourceOf(t, ['-ac', '6', '-c:a', 'ac3'], ['-ac', '2', '-c:a', 'ac3']);
	const { report, sound } = await cutOf(source, [[33, 80]], { mode: 'smart', container: 'mpegts' });
	t.is(report.modeUsed, 'smart');
	t.is(report.pictures, 47);
	const known = new Set(source.audio.map(({ hash }) => hash));
	t.true(sound.every(({ hash }) => known.has(hash)));
	const FRAME = 2880;
	t.true(sound.every(({ pts }, n) => n === 0 || pts - sound[n - 1]!.pts >= FRAME / 2));
});

test('where AAC becomes AC-3 on its PID, it is silent up to the end of the segment, which is said', async (t) => {
	const source = await sourceOf(t, ['-c:a', 'aac'], ['-c:a', 'ac3']);
	for (const mode of ['smart', 'full'] as const) {
		const { report, sound } = await cutOf(source, [[33, 90]], { mode, container: 'mpegts' });
		t.is(report.pictures, 57, mode);
		t.regex(report.notes.join(), /lacks 1\.\d\d s of sound/, mode);
		if (mode === 'full') continue;
		const known = new Set(source.audio.map(({ hash }) => hash));
		t.true(sound.every(({ hash }) => known.has(hash)));
	}
});

test('a full cut joins a range that has sound with one that has none', async (t) => {
	const source = await sourceOf(t, ['-c:a', 'aac'], ['-an']);
	const bounds = [
		[10, 40],
		[70, 95],
	] as const;
	const { report, streams, sound } = await cutOf(source, bounds, { mode: 'full', container: 'mp4' });
	t.is(report.pictures, 55);
	t.regex(report.notes.join(), /lacks 1\.00 s of sound/);
	const seconds = sound.reduce((sum, { duration }) => sum + duration, 0) / Number(streams[1]!.sample_rate);
	t.true(Math.abs(seconds - 55 / 25) <= 0.05, `${seconds}`);
});

for (const mode of ['smart', 'full'] as const)
	test(`a transition fades sound out where the second range has none: ${mode} cut`, async (t) => {
		const source = await sourceOf(t, ['-c:a', 'aac'], ['-an']);
		const bounds = [
			[10, 45],
			[70, 95],
		] as const;
		const transitions = [{ kind: 'fade', seconds: 0.4 }];
		const { report, sound } = await cutOf(source, bounds, { mode, container: 'mpegts', transitions });
		t.is(report.modeUsed, mode);
		t.is(report.pictures, 50);
		const heard = sound.at(-1)!.pts + 1920 - sound[0]!.pts;
		t.true(Math.abs(heard - (mode === 'smart' ? 35 : 50) * 3600) <= 2 * 1920, `${heard}`);
	});
