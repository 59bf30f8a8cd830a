import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { SegmentStore } from '../../cutter/segments/store.ts';
import { ticksFromDate } from '../../cutter/segments/ticks.ts';
import { storeSegment } from '../../cutter/segments/write.ts';

const run = promisify(execFile);

/** One picture of a source, as ffprobe sees it: independent of the code under test. */
export interface SourcePicture {
	/** 90 kHz ticks since the epoch. */
	wall: number;
	/** As it stands in its segment. */
	pts: number;
	dts: number;
	isKey: boolean;
	/** Number of its segment. */
	segment: number;
	/** MD5 of its bytes. */
	hash: string;
}

/** A source stream, cut into segments and put into a store. */
export interface Source {
	folder: string;
	store: SegmentStore;
	/** The segments in order. */
	files: string[];
	/** In the order of showing. */
	pictures: SourcePicture[];
	width: number;
	height: number;
	/** The luma samples of all pictures, in the order of showing. */
	decoded: () => Promise<Buffer[]>;
	/** What ffmpeg warns of when it reads the untouched source. */
	warnings: () => Promise<string>;
	/** MD5 of each audio packet (frame) in order. */
	audio: { segment: number; pts: number; hash: string }[];
	remove: () => Promise<void>;
}

/** A picture that a test wrote itself, rather than ffmpeg: see `SourcePicture`. */
export type WrittenPicture = Pick<SourcePicture, 'pts' | 'dts' | 'isKey' | 'segment'>;

export interface SourceOptions {
	/**
	 * ffmpeg's arguments from its inputs to its codecs; or what writes the segments itself into a folder, and returns their
	 * pictures in the order of showing where ffprobe would count them wrong (fields).
	 */
	args: readonly string[] | ((folder: string) => Promise<WrittenPicture[] | undefined>);
	/** Of the picture. */
	size?: { width: number; height: number };
	/** Seconds per segment. */
	segmentSeconds?: number;
	/** Further arguments for the segment muxer. */
	muxer?: readonly string[];
	/** Wall time of the first picture. */
	start?: Date;
	/** Segments of these numbers are not put into the store. */
	leaveOut?: readonly number[];
	/** Changes the bytes of a segment on their way into the store. */
	damage?: (file: string, number: number) => Promise<void>;
}

export const SOURCE_START = new Date('2026-03-01T10:59:58.000Z');

/** A moving picture with a counter in it, and a tone that rises. */
export function testPicture({ size = '160x90', rate = '25', seconds = 12 } = {}): string[] {
	return ['-f', 'lavfi', '-i', `testsrc2=s=${size}:r=${rate}:d=${seconds}`];
}

export function testSound({ rate = 48000, seconds = 12 } = {}): string[] {
	return ['-f', 'lavfi', '-i', `aevalsrc='0.3*sin(2*PI*(200+40*t)*t)':s=${rate}:d=${seconds}`];
}

/** Makes a source with ffmpeg: encodes, cuts into segments as a recorder would, and puts them into a store. */
export async function makeSource(options: SourceOptions): Promise<Source> {
	const { args, segmentSeconds = 2, muxer = [], start = SOURCE_START, leaveOut = [] } = options;
	const { width, height } = options.size ?? { width: 160, height: 90 };
	const folder = await mkdtemp(path.join(tmpdir(), 'cutsheet-source-'));
	const raw = path.join(folder, 'raw');
	await mkdir(raw);
	const segmenting = [
		'-f',
		'segment',
		'-segment_time',
		String(segmentSeconds),
		'-segment_format',
		'mpegts',
		...muxer,
	];
	const written = typeof args === 'function' ? await args(raw) : undefined;
	if (typeof args !== 'function')
		await run('ffmpeg', ['-v', 'error', ...args, ...segmenting, path.join(raw, '%04d.ts')]);
	const names = (await readdir(raw)).toSorted();
	const store = { base: path.join(folder, 'store'), channel: 'stage', quality: 'source' };
	const files: string[] = [];
	const pictures: SourcePicture[] = [];
	const audio: Source['audio'] = [];
	let wall = ticksFromDate(start);
	const probed = await Promise.all(
		names.map(async (name, number) => {
			const packets = await probePackets(path.join(raw, name));
			return written === undefined ? packets : withPictures(packets, written, number);
		}),
	);
	const extents = probed.map(extentOf);
	const whole = path.join(folder, 'whole.ts');
	const parts = await Promise.all(names.map((name) => readFile(path.join(raw, name))));
	await writeFile(whole, Buffer.concat(parts));
	const hashes = videoHashes(Buffer.concat(parts));
	for (const [number, name] of names.entries()) {
		const file = path.join(raw, name);
		files.push(file);
		const packets = probed[number]!.map((packet) =>
			packet.type === 'video' ? { ...packet, hash: hashes.shift() ?? '' } : packet,
		);
		const { first, duration } = lengthOf(extents[number]!, extents[number + 1]);
		for (const { type, pts, dts, isKey, hash } of packets.toSorted((a, b) => a.pts - b.pts)) {
			if (type === 'video')
				pictures.push({ wall: wall + pts - first, pts, dts, isKey, segment: number, hash });
			else audio.push({ segment: number, pts, hash });
		}
		if (!leaveOut.includes(number)) {
			const copy = path.join(folder, name);
			await copyFile(file, copy);
			await options.damage?.(copy, number);
			await storeSegment(store, copy, { start: wall, duration, type: 'full' });
		}
		wall += duration;
	}
	let decoded: Promise<Buffer[]> | undefined;
	let warnings: Promise<string> | undefined;
	return {
		...{ folder, store, files, pictures, audio, width, height },
		decoded: () => {
			decoded ??= decodeLuma(files, width, height);
			return decoded;
		},
		warnings: () => {
			warnings ??= warningsOf(whole);
			return warnings;
		},
		remove: () => rm(folder, { recursive: true, force: true }),
	};
}

/** The packets of a segment with the pictures that are known to be in it in the place of those that ffprobe found. */
function withPictures(
	packets: readonly ProbedPacket[],
	written: readonly WrittenPicture[],
	number: number,
): ProbedPacket[] {
	const pictures = written.filter(({ segment }) => segment === number);
	const rest = { type: 'video', stream: 0, duration: 0, size: 0, hash: '' } as const;
	return [
		...packets.filter((packet) => packet.type !== 'video'),
		...pictures.map(({ pts, dts, isKey }) => ({ ...rest, pts, dts, isKey })),
	];
}

interface Extent {
	first: number;
	last: number;
	/** Mean time between pictures. */
	frame: number;
}

function extentOf(packets: readonly ProbedPacket[]): Extent {
	const video = packets.filter((packet) => packet.type === 'video');
	const times = (video.length > 0 ? video : packets).map((packet) => packet.pts);
	const [first, last] = [Math.min(...times), Math.max(...times)];
	return { first, last, frame: times.length > 1 ? (last - first) / (times.length - 1) : 3600 };
}

/** How long a segment is: up to the next one, if the clock runs on. */
function lengthOf(
	{ first, last, frame }: Extent,
	next: Extent | undefined,
): { first: number; duration: number } {
	const mean = Math.round(last - first + frame);
	const toNext = next === undefined ? mean : next.first - first;
	return { first, duration: Math.abs(toNext - mean) < 45_000 ? toNext : mean };
}

/** One packet of a stream: a picture or an audio frame. */
export interface ProbedPacket {
	type: 'video' | 'audio';
	stream: number;
	pts: number;
	dts: number;
	duration: number;
	isKey: boolean;
	size: number;
	hash: string;
}

/** All packets of a file, in order, as ffprobe tells them. */
export async function probePackets(file: string): Promise<ProbedPacket[]> {
	const entries = 'packet=stream_index,codec_type,pts,dts,duration,flags,size,data_hash';
	const args = [
		'-v',
		'error',
		'-show_packets',
		'-show_data_hash',
		'md5',
		'-show_entries',
		entries,
		'-of',
		'json',
		file,
	];
	const { stdout } = await run('ffprobe', args, { maxBuffer: 1 << 28 });
	const { packets } = JSON.parse(stdout) as { packets: Record<string, string | number>[] };
	return packets.map((packet) => ({
		type: packet.codec_type === 'video' ? 'video' : 'audio',
		stream: Number(packet.stream_index),
		pts: Number(packet.pts),
		dts: Number(packet.dts),
		duration: Number(packet.duration ?? 0),
		isKey: String(packet.flags).startsWith('K'),
		size: Number(packet.size),
		hash: String(packet.data_hash),
	}));
}

/**
 * The MD5 of each picture of a transport stream with one video stream, in its order: of what its PES packet holds. (A
 * parser would count the zero byte before a start code to the picture before it, depending on what follows.)
 */
export function videoHashes(bytes: Buffer): string[] {
	const pictures: Buffer[][] = [];
	let pid: number | undefined;
	for (let at = 0; at + 188 <= bytes.length; at += 188) {
		const own = bytes.readUInt16BE(at + 1) & 0x1fff;
		if ((bytes[at + 3]! & 0x10) === 0) continue;
		const from = at + 4 + ((bytes[at + 3]! & 0x20) === 0 ? 0 : 1 + bytes[at + 4]!);
		const begins = (bytes[at + 1]! & 0x40) !== 0 && bytes.readUIntBE(from, 3) === 1;
		if (begins && pid === undefined && (bytes[from + 3]! & 0xf0) === 0xe0) pid = own;
		if (own !== pid) continue;
		if (begins) pictures.push([bytes.subarray(from + 9 + bytes[from + 8]!, at + 188)]);
		else pictures.at(-1)?.push(bytes.subarray(from, at + 188));
	}
	return pictures.map((parts) => createHash('md5').update(Buffer.concat(parts)).digest('hex'));
}

/** What ffprobe says of a file's streams. */
export async function probeStreams(file: string): Promise<Record<string, string | number>[]> {
	const { stdout } = await run('ffprobe', ['-v', 'error', '-show_streams', '-of', 'json', file]);
	return (JSON.parse(stdout) as { streams: Record<string, string | number>[] }).streams;
}

/** Decodes the video of files that follow each other, in the order of showing. */
export async function decodeLuma(files: readonly string[], width: number, height: number): Promise<Buffer[]> {
	const inputs = await Promise.all(files.map((file) => readFile(file)));
	const args = ['-v', 'error', '-f', 'mpegts', '-i', 'pipe:0', '-map', '0:v:0', '-fps_mode', 'passthrough'];
	const filter = 'format=gray';
	const child = execFile('ffmpeg', [...args, '-vf', filter, '-f', 'rawvideo', 'pipe:1'], {
		encoding: 'buffer',
		maxBuffer: 1 << 30,
	});
	const chunks: Buffer[] = [];
	child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk));
	child.stdin?.on('error', () => {});
	child.stdin?.end(Buffer.concat(inputs));
	await new Promise((resolve) => child.once('close', resolve));
	const all = Buffer.concat(chunks);
	const size = width * height;
	return Array.from({ length: Math.floor(all.length / size) }, (_, n) =>
		all.subarray(n * size, (n + 1) * size),
	);
}

/** What ffmpeg prints as warnings and errors while it decodes `file` and copies it into MP4; without addresses. */
export async function warningsOf(file: string): Promise<string> {
	const args = [
		'-nostdin',
		'-v',
		'warning',
		'-y',
		'-i',
		file,
		'-f',
		'null',
		'-',
		'-c',
		'copy',
		'-f',
		'mp4',
		`${file}.mp4`,
	];
	const { stderr } = await run('ffmpeg', args);
	return stderr.replaceAll(/ @ 0x[0-9a-f]+/g, '');
}

/** Structural similarity of two pictures' luma, the mean over blocks of 8 × 8. */
export function ssim(a: Buffer, b: Buffer, width: number, height: number): number {
	const C1 = (0.01 * 255) ** 2;
	const C2 = (0.03 * 255) ** 2;
	let sum = 0;
	let blocks = 0;
	for (let y = 0; y + 8 <= height; y += 4)
		for (let x = 0; x + 8 <= width; x += 4) {
			let sa = 0;
			let sb = 0;
			let saa = 0;
			let sbb = 0;
			let sab = 0;
			for (let row = 0; row < 8; row++)
				for (let column = 0; column < 8; column++) {
					const at = (y + row) * width + x + column;
					const va = a[at]!;
					const vb = b[at]!;
					sa += va;
					sb += vb;
					saa += va * va;
					sbb += vb * vb;
					sab += va * vb;
				}
			const ma = sa / 64;
			const mb = sb / 64;
			const va = saa / 64 - ma * ma;
			const vb = sbb / 64 - mb * mb;
			const cov = sab / 64 - ma * mb;
			sum += ((2 * ma * mb + C1) * (2 * cov + C2)) / ((ma * ma + mb * mb + C1) * (va + vb + C2));
			blocks++;
		}
	return sum / blocks;
}
