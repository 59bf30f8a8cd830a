import { readFile } from 'node:fs/promises';
import type { ExecutionContext } from 'ava';
import type { CutReport } from '../../cutter/cut/cut.ts';
import {
	decodeLuma,
	type ProbedPacket,
	probePackets,
	type Source,
	type SourcePicture,
	ssim,
	videoHashes,
	warningsOf,
} from './streams.ts';

const PMT_PID = 0x1000;

/** A picture up to 1 ms before a bound counts as on it. */
const TOLERANCE = 90;

export interface Expectation {
	source: Source;
	/** Wall time in ticks, in playing order. */
	ranges: readonly { start: number; end: number }[];
	/** Whether pictures between the edges have to be the source's own bytes. */
	copies: boolean;
	/** Whether the source's keyframes are CRA pictures of HEVC. */
	isCra?: boolean;
	/** Whether the source has no picture at which a copy could begin. */
	neverCopies?: boolean;
}

/** The pictures of the source that the ranges ask for, in playing order, each with the number of its range. */
export function wantedPictures({
	source,
	ranges,
}: Pick<Expectation, 'source' | 'ranges'>): (SourcePicture & { range: number })[] {
	return ranges.flatMap(({ start, end }, range) =>
		source.pictures
			.filter(({ wall }) => wall >= start - TOLERANCE && wall < end - TOLERANCE)
			.map((picture) => ({ ...picture, range })),
	);
}

/** Holds the file that a cut made against the rules for every cut, frame by frame. */
export async function checkCut(
	t: ExecutionContext,
	file: string,
	report: CutReport,
	expected: Expectation,
): Promise<void> {
	const wanted = wantedPictures(expected);
	const packets = await probePackets(file);
	const hashes = videoHashes(await readFile(file));
	const video = packets
		.filter((packet) => packet.type === 'video')
		.map((packet, n) => ({ ...packet, hash: hashes[n] ?? '' }));
	t.is(report.pictures, wanted.length, 'the report counts the pictures that were asked for');
	t.is(video.length, wanted.length, 'the file holds the pictures that were asked for');
	checkTimes(t, packets, video, wanted);
	checkSound(t, packets, video, expected, wanted);
	await checkDecoded(t, file, expected, wanted);
	const shown = video.toSorted((a, b) => a.pts - b.pts);
	if (expected.copies && !expected.neverCopies) checkCopied(t, shown, expected, wanted);
	checkTransport(t, await readFile(file));
	const known = new Set((await expected.source.warnings()).split('\n'));
	const warnings = (await warningsOf(file)).split('\n').filter((line) => !known.has(line));
	t.deepEqual(warnings, [], 'ffmpeg warns of nothing that it does not warn of in the source');
}

/** What a transport stream analyser looks at: counters, tables, PIDs, the clock. */
function checkTransport(t: ExecutionContext, bytes: Buffer): void {
	const counters = new Map<number, number>();
	const tables = new Map<number, Set<string>>();
	const pcrs: number[] = [];
	const faults: string[] = [];
	for (let at = 0; at < bytes.length; at += 188) {
		if (bytes[at] !== 0x47) faults.push(`no sync byte at ${at}`);
		const pid = bytes.readUInt16BE(at + 1) & 0x1fff;
		const [hasField, hasPayload] = [(bytes[at + 3]! & 0x20) !== 0, (bytes[at + 3]! & 0x10) !== 0];
		const counter = bytes[at + 3]! & 15;
		const before = counters.get(pid);
		if (before !== undefined && counter !== ((before + (hasPayload ? 1 : 0)) & 15))
			faults.push(`continuity of ${pid} breaks at ${at}`);
		counters.set(pid, counter);
		const flags = hasField && bytes[at + 4]! > 0 ? bytes[at + 5]! : 0;
		if (flags & 0x80) faults.push(`discontinuity marked at ${at}`);
		if (flags & 0x10) pcrs.push(bytes.readUInt32BE(at + 6) * 2 + (bytes[at + 10]! >> 7));
		if (pid === 0 || pid === PMT_PID) {
			const contents = tables.get(pid) ?? new Set();
			tables.set(pid, contents.add(bytes.toString('latin1', at + 4, at + 188)));
		}
	}
	t.deepEqual(faults, [], 'the packets are as they must be');
	t.deepEqual(
		[...tables.values()].map((contents) => contents.size),
		[1, 1],
		'there is one PAT and one PMT',
	);
	const gaps = pcrs.slice(1).map((pcr, n) => pcr - pcrs[n]!);
	t.true(
		gaps.every((gap) => gap > 0),
		'the PCR rises strictly',
	);
	t.true(pcrs[0]! <= 9_000, `the first PCR is near zero (${pcrs[0]})`);
}

function checkTimes(
	t: ExecutionContext,
	packets: readonly ProbedPacket[],
	video: readonly ProbedPacket[],
	wanted: readonly (SourcePicture & { range: number })[],
): void {
	for (const stream of new Set(packets.map((packet) => packet.stream))) {
		const dts = packets.filter((packet) => packet.stream === stream).map((packet) => packet.dts);
		t.true(
			dts.every((value, n) => n === 0 || value > dts[n - 1]!),
			`DTS of stream ${stream} rises strictly`,
		);
	}
	t.true(
		video.every((packet) => packet.dts <= packet.pts),
		'no picture is shown before it is decoded',
	);
	const shown = video.map((packet) => packet.pts).toSorted((a, b) => a - b);
	const drift = wanted.flatMap((picture, n) => {
		const before = wanted[n - 1];
		if (before === undefined || before.range !== picture.range) return [];
		return [Math.abs(shown[n]! - shown[n - 1]! - (picture.wall - before.wall))];
	});
	t.true(Math.max(0, ...drift) <= 2, 'pictures are as far apart as in the source');
	t.true(video[0]!.dts >= 0 && video[0]!.dts < 5 * 90_000, 'the stream starts near zero');
}

/** Which frames of sound were taken is told by their bytes. */
function checkSound(
	t: ExecutionContext,
	packets: readonly ProbedPacket[],
	video: readonly ProbedPacket[],
	{ source, ranges, copies }: Expectation,
	wanted: readonly (SourcePicture & { range: number })[],
): void {
	const sound = packets.filter((packet) => packet.type === 'audio');
	t.is(sound.length > 0, source.audio.length > 0, 'there is sound if the source has some');
	if (sound.length === 0) return;
	const known = new Set(source.audio.map((frame) => frame.hash));
	if (copies)
		t.true(
			sound.every((packet) => known.has(packet.hash)),
			'each frame of sound is one of the source',
		);
	const length = sound[0]!.duration;
	const overlaps = sound.filter(
		(packet, n) => n > 0 && packet.pts < sound[n - 1]!.pts + sound[n - 1]!.duration - 1,
	);
	t.is(overlaps.length, 0, 'no frame of sound overlaps the one before');
	const start = Math.min(...video.map((packet) => packet.pts));
	const last = video.reduce((a, b) => (b.pts > a.pts ? b : a));
	const lastWanted = source.pictures.findIndex(({ wall }) => wall === wanted.at(-1)!.wall);
	const [lastInSource, next] = source.pictures.slice(lastWanted);
	const mean = (last.pts - start) / Math.max(1, video.length - 1);
	const frame = next === undefined ? mean : next.wall - lastInSource!.wall;
	const end = last.pts + frame;
	const half = copies ? length / 2 + 2 : length * 2;
	t.true(
		Math.abs(sound[0]!.pts - start) <= half,
		`sound begins with the pictures (${sound[0]!.pts - start})`,
	);
	const soundEnd = sound.at(-1)!.pts + length;
	t.true(
		Math.abs(soundEnd - end) <= half + (next === undefined ? frame : 0),
		`sound ends with the pictures (${soundEnd - end})`,
	);
	if (!copies || ranges.length !== 1) return;
	const first = source.audio.find((candidate) => candidate.hash === sound[0]!.hash);
	const firstPicture = wanted[0]!;
	const inSource =
		first !== undefined && first.segment === firstPicture.segment ? first.pts - firstPicture.pts : undefined;
	if (inSource !== undefined)
		t.true(
			Math.abs(inSource - (sound[0]!.pts - start)) <= 2,
			'sound and picture are as far apart as in the source',
		);
}

/** Every picture is the source's: the same samples where copied, alike where re-encoded. */
async function checkDecoded(
	t: ExecutionContext,
	file: string,
	{ source, copies }: Expectation,
	wanted: readonly (SourcePicture & { range: number })[],
): Promise<void> {
	const { width, height } = source;
	const [decodedSource, decoded] = await Promise.all([source.decoded(), decodeLuma([file], width, height)]);
	t.is(decodedSource.length, source.pictures.length, 'the source decodes to as many pictures as it has');
	t.is(decoded.length, wanted.length, 'all pictures can be decoded');
	const numbers = new Map(source.pictures.map((picture, n) => [picture.wall, n]));
	const worst = { value: 1, at: -1 };
	for (const [n, picture] of wanted.entries()) {
		const original = decodedSource[numbers.get(picture.wall)!];
		const made = decoded[n];
		if (original === undefined || made === undefined || made.equals(original)) continue;
		const value = ssim(made, original, width, height);
		if (value < worst.value) Object.assign(worst, { value, at: n });
	}
	t.true(
		worst.value >= (copies ? 0.98 : 0.96),
		`picture ${worst.at} has an SSIM of ${worst.value.toFixed(4)} to the source`,
	);
}

/** Between the first keyframe of each range and what its end needs, every picture is the source's own bytes. */
function checkCopied(
	t: ExecutionContext,
	shown: readonly ProbedPacket[],
	{ ranges, isCra = false }: Expectation,
	wanted: readonly (SourcePicture & { range: number })[],
): void {
	for (const range of ranges.keys()) {
		const own = wanted.map((picture, n) => ({ ...picture, n })).filter((picture) => picture.range === range);
		const key = own.find((picture) => picture.isKey);
		if (key === undefined) continue;
		const copied = own.filter(({ n, hash }) => shown[n]?.hash === hash);
		const first = copied[0];
		const last = copied.at(-1);
		if (first === undefined || last === undefined) {
			// So few pictures follow the keyframe that none of them can stand without the next.
			t.true(isCra || own.at(-1)!.n - key.n < 16, `range ${range} has copied pictures`);
			continue;
		}
		t.is(first.n, key.n, `the copy of range ${range} begins at its first keyframe`);
		t.is(copied.length, last.n - first.n + 1, `nothing between the edges of range ${range} is re-encoded`);
		t.true(own.at(-1)!.n - last.n <= 16, `the copy of range ${range} goes on nearly to the end`);
	}
}
