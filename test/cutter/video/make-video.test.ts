import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';
import { HoleError } from '../../../cutter/cut/cut.ts';
import { findFfmpeg } from '../../../cutter/cut/encode/ffmpeg.ts';
import type { SegmentStore } from '../../../cutter/segments/store.ts';
import { makeVideo, type VideoRequest, type VideoTools } from '../../../cutter/video/make-video.ts';
import { testFrameNumber } from '../../../services/record/test-picture.ts';
import { frameNumbers, recordTestStream, silent } from '../../support/recording.ts';
import { probeJson } from './probe.ts';

const START = new Date('2026-03-01T12:00:00.000Z');
const at = (seconds: number) => new Date(START.getTime() + seconds * 1000);
const FIRST = testFrameNumber(START.getTime());

let store: SegmentStore;
let tools: VideoTools;
let folder: string;

test.before(async () => {
	folder = await mkdtemp(join(tmpdir(), 'cutsheet-video-'));
	store = await recordTestStream(folder, START, 10);
	tools = { ...(await findFfmpeg()), log: silent };
});

test.after.always(() => rm(folder, { recursive: true, force: true }));

function request(changes: Partial<VideoRequest>): VideoRequest {
	const ranges = [
		{ start: at(0.52), end: at(3.4) },
		{ start: at(5.04), end: at(8.6) },
	];
	return { store, ranges, allowHoles: false, mode: 'smart', container: 'mp4', ...changes };
}

/** The frames [from, to), by seconds since the start. */
function frames(from: number, to: number): number[] {
	const first = Math.round(from * 25);
	return Array.from({ length: Math.round(to * 25) - first }, (_, n) => FIRST + first + n);
}

const WANTED = [...frames(0.52, 3.4), ...frames(5.04, 8.6)];

/** What ffmpeg prints when it copies a file into another container. */
async function warningsOfCopy(file: string, format: string): Promise<string> {
	const copy = join(folder, 'copy');
	const args = ['-nostdin', '-v', 'warning', '-y', '-i', file, '-c', 'copy', '-f', format, copy];
	const { stderr } = await promisify(execFile)(tools.ffmpeg, args);
	await rm(copy);
	return stderr;
}

/** The parameter sets in an MP4's avcC box (ISO/IEC 14496-15, 5.3.3.1). */
function avcParameterSets(file: Buffer): { sequence: Buffer[]; picture: Buffer[] } {
	let place = file.indexOf('avcC') + 4 + 5;
	const read = (count: number) =>
		Array.from({ length: count }, () => {
			const length = file.readUInt16BE(place);
			place += 2 + length;
			return file.subarray(place - length, place);
		});
	const sequence = read(file[place++]! & 31);
	return { sequence, picture: read(file[place++]!) };
}

test.serial(
	'an MP4 begins at 0, has its index in front, and its record holds the sets of edges and middle',
	async (t) => {
		const output = join(folder, 'smart.mp4');
		const report = await makeVideo(request({}), output, tools);
		t.is(report.modeUsed, 'smart');
		t.deepEqual(await frameNumbers(output), WANTED);
		const bytes = await readFile(output);
		t.true(bytes.indexOf('moov') < bytes.indexOf('mdat'));
		const { sequence, picture } = avcParameterSets(bytes);
		t.is(sequence.length, 2);
		t.is(picture.length, 2);
		t.not(sequence[0]!.toString('hex'), sequence[1]!.toString('hex'));
		const { streams } = await probeJson(output);
		t.deepEqual(
			streams.map((stream) => [stream.codec_name, stream.codec_tag_string, Number(stream.start_time)]),
			[
				['h264', 'avc1', 0],
				['aac', 'mp4a', 0],
			],
		);
		t.deepEqual(await leftovers(), []);
	},
);

test.serial('a Matroska file begins at 0, and its sound not later', async (t) => {
	const output = join(folder, 'smart.mkv');
	await makeVideo(request({ container: 'matroska' }), output, tools);
	t.deepEqual(await frameNumbers(output), WANTED);
	const { streams } = await probeJson(output);
	t.is(Number(streams[0]!.start_time), 0);
	t.true(Math.abs(Number(streams[1]!.start_time)) <= 0.011);
});

test.serial('from each container a copy into another one is made without a word', async (t) => {
	for (const container of ['mp4', 'matroska', 'mpegts'] as const) {
		const output = join(folder, `copied-from.${container}`);
		await makeVideo(request({ container }), output, tools);
		for (const format of ['mp4', 'matroska', 'mpegts'])
			t.is(await warningsOfCopy(output, format), '', `${container} into ${format}`);
		await rm(output);
	}
});

/** Makes a video and returns what is told of each stage, in the order in which they were told. */
async function toldOf(wish: Partial<VideoRequest>, output: string): Promise<[string, number[]][]> {
	const told = new Map<string, number[]>();
	const onProgress = (stage: string, fraction: number) =>
		told.set(stage, [...(told.get(stage) ?? []), fraction]);
	await makeVideo(request(wish), output, { ...tools, onProgress });
	return [...told];
}

for (const { mode, container, stages } of [
	{ mode: 'smart', container: 'mpegts', stages: ['cutting', 'checking'] },
	{ mode: 'smart', container: 'mp4', stages: ['cutting', 'checking', 'packing'] },
	{ mode: 'archive', container: 'matroska', stages: ['packing'] },
] as const) {
	test.serial(`${mode} into ${container} tells of ${stages.join(', ')}, each to its end`, async (t) => {
		const output = join(folder, `told-${mode}-${container}`);
		const told = await toldOf({ mode, container }, output);
		t.deepEqual(
			told.map(([stage]) => stage),
			stages,
		);
		for (const [stage, fractions] of told) {
			t.deepEqual(
				fractions,
				fractions.toSorted((a, b) => a - b),
				stage,
			);
			// While the file is packed, that is what is told, and not the decoding beside it.
			t.true(
				fractions.at(-1) === 1 || (stage === 'checking' && container === 'mp4'),
				`${stage} ${fractions}`,
			);
		}
		await rm(output, { recursive: true });
	});
}

test.serial('an MPEG-TS file is made in place', async (t) => {
	const output = join(folder, 'smart.ts');
	await makeVideo(request({ container: 'mpegts' }), output, tools);
	t.deepEqual(await frameNumbers(output), WANTED);
});

test.serial('a full cut into MP4 shows exactly the ranges', async (t) => {
	const output = join(folder, 'full.mp4');
	const fullArguments = ['-c:v', 'libx264', '-preset', 'ultrafast', '-c:a', 'aac'];
	const report = await makeVideo(request({ mode: 'full', fullArguments }), output, tools);
	t.is(report.modeUsed, 'full');
	t.deepEqual(await frameNumbers(output), WANTED);
});

test.serial('title, description and date stand in the file as they were given', async (t) => {
	const metadata = {
		title: `It's "5 = 5"; $(reboot) | [0:v]null,\\ %d\nline two`,
		description: 'déjà vu 🎬',
		date: '2026-03-01',
	};
	for (const container of ['mp4', 'matroska'] as const) {
		const output = join(folder, `texts.${container}`);
		await makeVideo(request({ ranges: [{ start: at(2), end: at(3) }], container, metadata }), output, tools);
		const { format } = await probeJson(output);
		const tags = Object.fromEntries(
			Object.entries(format.tags ?? {}).map(([key, value]) => [key.toLowerCase(), value]),
		);
		t.like(tags, metadata);
	}
});

test.serial(
	'a rough cut copies the whole segments that the range touches, and none that it only borders on',
	async (t) => {
		const output = join(folder, 'rough.ts');
		const ranges = [{ start: at(2), end: at(5.2) }];
		const report = await makeVideo(request({ mode: 'rough', ranges, container: 'mpegts' }), output, tools);
		t.is(report.modeUsed, 'rough');
		t.deepEqual(await frameNumbers(output), frames(2, 6));
		t.deepEqual(report.ranges[0]!.start, at(2));
		t.deepEqual(report.ranges[0]!.end, at(6));
	},
);

test.serial(
	'an archive is a folder with one untouched Matroska file for each run, which tells its wall time',
	async (t) => {
		const output = join(folder, 'archive');
		const report = await makeVideo(request({ mode: 'archive' }), output, tools);
		t.deepEqual(report.files, [join(output, '1.mkv'), join(output, '2.mkv')]);
		t.deepEqual(await frameNumbers(report.files[0]!), frames(0, 4));
		t.deepEqual(await frameNumbers(report.files[1]!), frames(4, 10));
		const { format, streams } = await probeJson(report.files[1]!);
		t.is(Number(streams[0]!.start_time), 0);
		t.like(format.tags, { WALL_START: at(4).toISOString(), WALL_END: at(10).toISOString() });
		t.is(report.pictures, 250);
	},
);

test.serial('an archive does not touch a folder that is already there', async (t) => {
	const there = join(folder, 'stage');
	await t.throwsAsync(makeVideo(request({ mode: 'archive' }), there, tools), { code: 'EEXIST' });
	t.deepEqual(await readdir(there), ['source']);
});

test.serial('a cut over a hole leaves no file', async (t) => {
	const ranges = [{ start: at(8), end: at(14) }];
	for (const mode of ['smart', 'rough', 'archive'] as const) {
		const output = join(folder, `hole-${mode}`);
		await t.throwsAsync(makeVideo(request({ ranges, mode }), output, tools), { instanceOf: HoleError });
		t.false((await readdir(folder)).includes(`hole-${mode}`));
	}
	t.deepEqual(await leftovers(), []);
});

test.serial('a video whose making is aborted leaves no file', async (t) => {
	const stop = new AbortController();
	const output = join(folder, 'aborted.mp4');
	const onProgress = () => stop.abort(new Error('cancelled'));
	const made = makeVideo(request({}), output, { ...tools, signal: stop.signal, onProgress });
	await t.throwsAsync(made, { message: 'cancelled' });
	t.false((await readdir(folder)).includes('aborted.mp4'));
});

/** Streams on their way into a container that were left behind. */
async function leftovers(): Promise<string[]> {
	return (await readdir(folder)).filter((name) => name.startsWith('.cut-'));
}
