import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { nalUnits } from '../../../cutter/cut/codec/nal.ts';
import { type CutReport, cut } from '../../../cutter/cut/cut.ts';
import { findFfmpeg } from '../../../cutter/cut/encode/ffmpeg.ts';
import {
	continuityCounter,
	hasPayload,
	PACKET_SIZE,
	payloadStart,
	pidOf,
	setContinuityCounter,
} from '../../../cutter/cut/mpegts/packet.ts';
import { retimePes } from '../../../cutter/cut/mpegts/pes.ts';
import { indexSegment } from '../../../cutter/cut/mpegts/segment-index.ts';
import { addSets } from '../../../cutter/video/leading-sets.ts';
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

/** Where the first packet of each picture begins. */
async function pictureOffsets(): Promise<number[]> {
	return indexSegment(await readFile(file)).pictures.map((picture) => picture.at);
}

/** A copy of the cut, changed. */
async function damaged(name: string, change: (bytes: Buffer) => Buffer): Promise<string> {
	const path = join(folder, name);
	await writeFile(path, change(await readFile(file)));
	return path;
}

/** The packets with counters that run through, as if nothing had been taken out or put in. */
function renumbered(packets: Buffer): Buffer {
	const counters = new Map<number, number>();
	for (let at = 0; at < packets.length; at += PACKET_SIZE) {
		const pid = pidOf(packets, at);
		const before = counters.get(pid) ?? continuityCounter(packets, at) - 1;
		const next = (before + (hasPayload(packets, at) ? 1 : 0)) & 15;
		setContinuityCounter(packets, at, next);
		counters.set(pid, next);
	}
	return packets;
}

/** The cut with all its sound in front, and then the packets of its pictures as `order` wants them. */
async function rearranged(name: string, order: (pictures: Buffer[]) => Buffer[]): Promise<string> {
	return await damaged(name, (bytes) => {
		const { pictures, programme } = indexSegment(bytes);
		const own = pictures.map(() => [] as Buffer[]);
		const others: Buffer[] = [];
		let number = -1;
		for (let at = 0; at < bytes.length; at += PACKET_SIZE) {
			if (pictures[number + 1]?.at === at) number++;
			const packet = Buffer.from(bytes.subarray(at, at + PACKET_SIZE));
			(pidOf(bytes, at) === programme.video?.pid ? own[number]! : others).push(packet);
		}
		return renumbered(Buffer.concat([...others, ...order(own.map((packets) => Buffer.concat(packets)))]));
	});
}

/** A picture's packets with other times (ticks). */
function retimed(picture: Buffer, pts: number, dts: number): Buffer {
	const copy = Buffer.from(picture);
	retimePes(copy, payloadStart(copy, 0), pts, dts);
	return copy;
}

const noSource = async () => [];

test('a scan finds where re-encoded and copied pictures meet, and all parameter sets', async (t) => {
	const scan = await verifyStream(file, report);
	t.is(scan.pictures, 95);
	t.is(scan.headSize, (await pictureOffsets())[1]!);
	// To a second after the keyframe at 2 s, where the copy begins; and from that at 4 s to the end.
	t.deepEqual(
		scan.windows.map(({ from, to }) => [from, to]),
		[
			[0, 56],
			[80, 95],
		],
	);
	t.is(scan.sequenceSets.length, 2);
	t.is(scan.pictureSets.length, 2);
	await verifyJoins(file, scan, noSource, { ffmpeg });
});

test('a file that ends too early is refused, with both counts', async (t) => {
	const offsets = await pictureOffsets();
	const short = await damaged('short.ts', (bytes) => bytes.subarray(0, offsets[80]));
	const error = await t.throwsAsync(verifyStream(short, report), { instanceOf: VerificationError });
	t.is(error.message, 'The made file has 80 pictures, but 95 were planned. It was not published.');
});

test('a packet that is missing, and bytes that are no packets, are refused', async (t) => {
	const offsets = await pictureOffsets();
	const at = offsets[40]! + PACKET_SIZE;
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

test('a stream played twice is refused for its clock, which begins anew', async (t) => {
	const twice = await damaged('twice.ts', (bytes) => renumbered(Buffer.concat([bytes, bytes])));
	const doubled = { ...report, pictures: 190, duration: report.duration * 2 };
	await t.throwsAsync(verifyStream(twice, doubled), { message: /has a clock that jumps by -3\.8 s/ });
});

test('pictures that are missing, doubled or swapped in the middle of a copied run are refused', async (t) => {
	const { pictures: times } = indexSegment(await readFile(file));
	const refused = async (order: (pictures: Buffer[]) => Buffer[], message: RegExp) => {
		const changed = await rearranged('changed.ts', order);
		await t.throwsAsync(verifyStream(changed, report), { instanceOf: VerificationError, message });
	};
	const whole = await rearranged('whole.ts', (pictures) => pictures);
	await t.notThrowsAsync(verifyStream(whole, report));
	await refused((all) => all.toSpliced(55, 1), /has 94 pictures, but 95 were planned/);
	await refused((all) => all.toSpliced(55, 0, all[55]!), /do not rise/);
	await refused((all) => all.toSpliced(55, 2, all[56]!, all[55]!), /do not rise/);
	// As many as were planned, but one is missing and another one comes twice.
	await refused((all) => all.toSpliced(55, 1).toSpliced(60, 0, all[60]!), /do not rise/);
	const { pts, dts } = times[60]!;
	await refused(
		(all) => all.toSpliced(55, 1).toSpliced(60, 0, retimed(all[60]!, pts, dts + 1)),
		/shows two pictures at one time/,
	);
	const end = Math.max(...times.map((picture) => picture.pts)) + 3600;
	const last = times.at(-1)!.dts + 3600;
	await refused(
		(all) => [...all.toSpliced(55, 1), retimed(all[94]!, end, last)],
		/shows its last picture at .* which does not fit/,
	);
	await refused(
		(all) => all.with(55, retimed(all[55]!, times[55]!.dts - 1, times[55]!.dts)),
		/before it is decoded/,
	);
});

test('a picture that cannot be decoded at a join is refused, unless the source is like that, too', async (t) => {
	const { programme } = indexSegment(await readFile(file));
	const offsets = await pictureOffsets();
	const broken = await damaged('broken.ts', (bytes) => {
		for (let at = offsets[30]!; at < offsets[31]!; at += PACKET_SIZE)
			if ((bytes.readUInt16BE(at + 1) & 0x1fff) === programme.video?.pid && (bytes[at + 1]! & 0x40) === 0)
				bytes.fill(0xff, at + 100, at + PACKET_SIZE);
		return bytes;
	});
	const again = await verifyStream(broken, report);
	await t.throwsAsync(verifyJoins(broken, again, noSource, { ffmpeg }), {
		instanceOf: VerificationError,
		message: /cannot be decoded without errors where its parts meet/,
	});
	await t.notThrowsAsync(verifyJoins(broken, again, async () => [broken], { ffmpeg }));
});

test('a packed file of other streams, length or beginning is refused', async (t) => {
	const scan = await verifyStream(file, report);
	const video = {
		codec_type: 'video',
		codec_name: 'h264',
		width: 640,
		height: 360,
		nb_frames: '95',
	};
	const audio = { codec_type: 'audio', codec_name: 'aac' };
	const format = { duration: '3.8' };
	const packetsFrom = (...times: string[]) => times.map((pts_time) => ({ codec_type: 'video', pts_time }));
	const fault = (
		streams: (typeof video | typeof audio)[],
		duration = format.duration,
		packets: { codec_type: string; pts_time?: string }[] = packetsFrom('0.000000', '0.120000', '0.040000'),
	) => findPackingFault({ streams, packets, format: { duration } }, 'mp4', scan, report);
	t.is(fault([video, audio]), undefined);
	t.is(fault([video]), 'has 0 audio streams, not 1');
	t.is(fault([audio]), 'has 0 video streams');
	t.is(fault([{ ...video, codec_name: 'hevc' }, audio]), 'has video of the codec hevc, not h264');
	t.is(fault([{ ...video, width: 320 }, audio]), 'has pictures of 320 × 360, not 640 × 360');
	t.is(fault([{ ...video, nb_frames: '94' }, audio]), 'holds 94 pictures, but 95 were planned');
	const late = packetsFrom('0.005000', '0.125000');
	t.is(fault([video, audio], '3.8', late), 'shows its first picture at 0.005 s, not at 0');
	const soundOnly = [{ codec_type: 'audio', pts_time: '0.000000' }];
	t.is(fault([video, audio], '3.8', soundOnly), 'does not begin with pictures');
	t.is(fault([video, audio], '2.9'), 'is 2.9 s long, but 3.8 s were planned');
});

test('sets are added once for each id, behind those that the picture has', async (t) => {
	const scan = await verifyStream(file, report);
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
