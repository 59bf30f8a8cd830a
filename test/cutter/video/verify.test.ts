import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { nalUnits } from '../../../cutter/cut/codec/nal.ts';
import { type CutReport, cut } from '../../../cutter/cut/cut.ts';
import { findFfmpeg } from '../../../cutter/cut/ffmpeg.ts';
import { continuityCounter, PACKET_SIZE, setContinuityCounter } from '../../../cutter/cut/mpegts/packet.ts';
import { joinWindows } from '../../../cutter/video/join-windows.ts';
import { addSets } from '../../../cutter/video/leading-sets.ts';
import { scanStream } from '../../../cutter/video/scan-stream.ts';
import {
	findPackingFault,
	VerificationError,
	verifyJoins,
	verifyStream,
} from '../../../cutter/video/verify.ts';
import { touching, wholeSegments } from '../../../cutter/video/widen.ts';
import { recordTestStream, silent } from '../../support/recording.ts';

const START = new Date('2026-03-01T12:00:00.000Z');
const at = (seconds: number) => new Date(START.getTime() + seconds * 1000);

let folder: string;
let file: string;
let report: CutReport;
let ffmpeg: string;

test.before(async () => {
	folder = await mkdtemp(join(tmpdir(), 'cutsheet-verify-'));
	const store = await recordTestStream(folder, START, 6);
	const tools = await findFfmpeg();
	ffmpeg = tools.ffmpeg;
	file = join(folder, 'cut.ts');
	const ranges = [{ start: at(0.8), end: at(4.6) }];
	report = await cut({ store, ranges, allowHoles: false, mode: 'smart' }, file, { ...tools, log: silent });
});

test.after.always(() => rm(folder, { recursive: true, force: true }));

/** A copy of the cut, changed. */
async function damaged(name: string, change: (bytes: Buffer) => Buffer): Promise<string> {
	const path = join(folder, name);
	await writeFile(path, change(await readFile(file)));
	return path;
}

const noSource = async () => [];

test('a scan finds where re-encoded and copied pictures meet, and all parameter sets', async (t) => {
	const scan = await verifyStream(file, report);
	t.is(scan.pts.length, 95);
	// 0.8 s to the keyframe at 2 s; and the last keyframe at 4 s is followed by copied pictures to the last barrier.
	t.is(scan.joins[0], 30);
	t.is(scan.sequenceSets.length, 2);
	t.is(scan.pictureSets.length, 2);
	await verifyJoins(file, scan, report, noSource, { ffmpeg });
});

test('a file that ends too early is refused, with both counts', async (t) => {
	const scan = await scanStream(file);
	const short = await damaged('short.ts', (bytes) => bytes.subarray(0, scan.offsets[80]));
	const error = await t.throwsAsync(verifyStream(short, report), { instanceOf: VerificationError });
	t.is(error.message, 'The made file has 80 pictures, but 95 were planned. It was not published.');
});

test('a packet that is missing, and bytes that are no packets, are refused', async (t) => {
	const scan = await scanStream(file);
	const at = scan.offsets[40]! + PACKET_SIZE;
	const gap = await damaged('gap.ts', (bytes) =>
		Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + PACKET_SIZE)]),
	);
	await t.throwsAsync(verifyStream(gap, report), { instanceOf: VerificationError, message: /lacks packets/ });
	const torn = await damaged('torn.ts', (bytes) => bytes.subarray(0, bytes.length - 10));
	await t.throwsAsync(verifyStream(torn, report), { message: /ends in the middle of a packet/ });
	const text = await damaged('text.ts', () => Buffer.from('no video'.repeat(1000)));
	await t.throwsAsync(verifyStream(text, report), { instanceOf: VerificationError });
	const empty = await damaged('empty.ts', () => Buffer.alloc(0));
	await t.throwsAsync(verifyStream(empty, report), { instanceOf: VerificationError });
});

test('a stream played twice has times that do not rise', async (t) => {
	const twice = await damaged('twice.ts', (bytes) => {
		const counters = new Map<number, number>();
		const all = Buffer.concat([bytes, bytes]);
		for (let at = 0; at < all.length; at += PACKET_SIZE) {
			const pid = all.readUInt16BE(at + 1) & 0x1fff;
			const before = counters.get(pid) ?? continuityCounter(all, at) - 1;
			const next = (before + ((all[at + 3]! & 0x10) === 0 ? 0 : 1)) & 15;
			setContinuityCounter(all, at, next);
			counters.set(pid, next);
		}
		return all;
	});
	const doubled = { ...report, pictures: 190, duration: report.duration * 2 };
	await t.throwsAsync(verifyStream(twice, doubled), { message: /do not rise/ });
});

test('a picture that cannot be decoded at a join is refused, unless the source is like that, too', async (t) => {
	const scan = await scanStream(file);
	const broken = await damaged('broken.ts', (bytes) => {
		for (let at = scan.offsets[30]!; at < scan.offsets[31]!; at += PACKET_SIZE)
			if (
				(bytes.readUInt16BE(at + 1) & 0x1fff) === scan.programme.video?.pid &&
				(bytes[at + 1]! & 0x40) === 0
			)
				bytes.fill(0xff, at + 100, at + PACKET_SIZE);
		return bytes;
	});
	const again = await verifyStream(broken, report);
	await t.throwsAsync(verifyJoins(broken, again, report, noSource, { ffmpeg }), {
		instanceOf: VerificationError,
		message: /cannot be decoded without errors where its parts meet/,
	});
	await t.notThrowsAsync(verifyJoins(broken, again, report, async () => [broken], { ffmpeg }));
});

test('a packed file of other streams, length or beginning is refused', async (t) => {
	const scan = await scanStream(file);
	const video = {
		codec_type: 'video',
		codec_name: 'h264',
		width: 640,
		height: 360,
		nb_frames: '95',
		start_time: '0',
	};
	const audio = { codec_type: 'audio', codec_name: 'aac' };
	const format = { duration: '3.8' };
	const fault = (streams: (typeof video | typeof audio)[], duration = format.duration) =>
		findPackingFault({ streams, format: { duration } }, 'mp4', scan, report);
	t.is(fault([video, audio]), undefined);
	t.is(fault([video]), 'has 0 audio streams, not 1');
	t.is(fault([audio]), 'has 0 video streams');
	t.is(fault([{ ...video, codec_name: 'hevc' }, audio]), 'has video of the codec hevc, not h264');
	t.is(fault([{ ...video, width: 320 }, audio]), 'has pictures of 320 × 360, not 640 × 360');
	t.is(fault([{ ...video, nb_frames: '94' }, audio]), 'holds 94 pictures, but 95 were planned');
	t.is(fault([{ ...video, start_time: '0.005' }, audio]), 'shows its first picture at 0.005 s, not at 0');
	t.is(fault([video, audio], '2.9'), 'is 2.9 s long, but 3.8 s were planned');
});

test('windows reach from the keyframe before a join to a second after it, and grow together', (t) => {
	const pts = Array.from({ length: 1000 }, (_, n) => n * 3600);
	const cleanStarts = Array.from({ length: 20 }, (_, n) => ({ picture: n * 50, at: 0 }));
	const windows = (joins: number[], starts: number[]) => joinWindows({ pts, cleanStarts, joins }, starts);
	t.deepEqual(windows([], [0]), [
		{ from: 0, to: 26 },
		{ from: 950, to: 1000 },
	]);
	t.deepEqual(windows([300], [0, 510]), [
		{ from: 0, to: 26 },
		{ from: 250, to: 326 },
		{ from: 500, to: 536 },
		{ from: 950, to: 1000 },
	]);
	t.deepEqual(windows([30, 940], [0]), [
		{ from: 0, to: 56 },
		{ from: 900, to: 1000 },
	]);
	t.deepEqual(joinWindows({ pts: [], cleanStarts: [], joins: [] }, [0]), []);
});

test('a blend is looked at from before its first picture to a second after its last', (t) => {
	const pts = Array.from({ length: 1000 }, (_, n) => n * 3600);
	const cleanStarts = Array.from({ length: 20 }, (_, n) => ({ picture: n * 50, at: 0 }));
	const windows = joinWindows({ pts, cleanStarts, joins: [] }, [0, 700], [{ from: 320, to: 700 }]);
	t.deepEqual(windows, [
		{ from: 0, to: 26 },
		{ from: 300, to: 726 },
		{ from: 950, to: 1000 },
	]);
});

test('a stream whose keyframes are no clean starts is looked at from its beginning', (t) => {
	const pts = Array.from({ length: 100 }, (_, n) => n * 3600);
	const cleanStarts = [{ picture: 60, at: 0 }];
	t.deepEqual(joinWindows({ pts, cleanStarts, joins: [40] }, [0]), [{ from: 0, to: 100 }]);
});

test('sets are added once for each id, behind those that the picture has', async (t) => {
	const scan = await scanStream(file);
	const [edgeSps, middleSps] = scan.sequenceSets as [Buffer, Buffer];
	const [, middlePps] = scan.pictureSets as [Buffer, Buffer];
	const code = Buffer.from([0, 0, 0, 1]);
	const slice = Buffer.from([0x65, 1, 2, 3]);
	const unit = Buffer.concat([code, Buffer.from([9, 0xf0]), code, edgeSps, code, slice]);
	const longer = addSets(unit, 'h264', [edgeSps, middleSps, middleSps, middlePps]);
	const types = [...nalUnits(longer)].map(({ start }) => longer[start]! & 31);
	t.deepEqual(types, [9, 7, 7, 8, 5]);
	t.is(addSets(longer, 'h264', [middleSps, edgeSps]), longer);
});

test('a range is widened to whole segments, and not by one that it only borders on', (t) => {
	const segments = [0, 1, 2].map((n) => ({ from: n * 180_000, to: (n + 1) * 180_000 }));
	t.deepEqual(wholeSegments(segments, 200_000, 300_000), { start: 180_000, end: 360_000 });
	t.deepEqual(wholeSegments(segments, 180_000, 360_045), { start: 180_000, end: 360_045 });
	t.deepEqual(wholeSegments(segments, 179_955, 360_000), { start: 179_955, end: 360_000 });
	t.deepEqual(wholeSegments(segments, 500_000, 700_000), { start: 360_000, end: 700_000 });
	t.is(touching(segments, 600_000, 700_000).length, 0);
});
