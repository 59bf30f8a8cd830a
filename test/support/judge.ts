import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { VideoReport } from '../../cutter/video/make-video.ts';
import { type Source, type SourcePicture, ssim } from './streams.ts';

const run = promisify(execFile);
const MOST_OUTPUT = { maxBuffer: 1 << 28 };

/** A picture up to 1 ms before a bound counts as on it. */
const TOLERANCE = 90;

/** A video that was made, and what was asked for. Ranges in wall time (ticks), in playing order. */
export interface MadeVideo {
	file: string;
	container: 'mpegts' | 'mp4' | 'matroska';
	report: VideoReport;
	ranges: readonly { start: number; end: number }[];
	/** Pictures that each transition shows of two ranges at once. */
	overlaps?: readonly number[];
	/** How unlike the source a picture may be that was encoded anew. */
	leastSsim?: number;
	/** What ffmpeg may say of it, though it does not of the source. */
	mayWarn?: RegExp;
}

/** What a source is like, as ffmpeg sees it: independent of the code under test. */
export interface JudgedSource {
	source: Source;
	/** In the order of showing: MD5 of all samples, and the luma samples. */
	frames: { hash: string; luma: Buffer }[];
	/** Frames of each sound: MD5 of what a container holds of one, and its time on the source's wall clock (ticks). */
	sounds: { hash: string; wall: number }[][];
	/** What ffmpeg warns of in the source, as it is and packed into another container. */
	warnings: Record<MadeVideo['container'], Set<string>>;
}

interface Shown {
	hash: string;
	/** Seconds. */
	time: number;
}

/** Decodes a source and lists the frames of its sounds. Its clock has to run through. */
export async function judgeSource(source: Source): Promise<JudgedSource> {
	const whole = `${source.folder}/whole.ts`;
	const { width, height } = source;
	const { shown, lumas } = await decode(whole, width, height);
	const frames = shown.map(({ hash }, n) => ({ hash, luma: lumas[n]! }));
	const first = source.pictures[0];
	const firstTime = Math.min(...(await copied(whole, 'v:0')).map(({ time }) => time));
	const sounds = await Promise.all(
		(await streamsOf(whole, 'a')).map(async (codec, n) =>
			(await copied(whole, `a:${n}`, codec)).map(({ hash, time }) => ({
				hash,
				wall: (first?.wall ?? 0) + Math.round((time - firstTime) * 90_000),
			})),
		),
	);
	const packed = ['mp4', 'mkv'].map((container) => `${source.folder}/packed.${container}`);
	for (const file of packed)
		await run('ffmpeg', [
			'-nostdin',
			'-v',
			'error',
			'-i',
			whole,
			'-map',
			'0:v?',
			'-map',
			'0:a?',
			'-c',
			'copy',
			file,
		]).catch(() => {});
	const [mpegts, mp4, matroska] = await Promise.all(
		[whole, ...packed].map(async (file) => new Set((await warningsOf(file)).split('\n'))),
	);
	return { source, frames, sounds, warnings: { mpegts: mpegts!, mp4: mp4!, matroska: matroska! } };
}

/** Everything that is wrong with a video, as sentences; and how many of its pictures are the source's own, sample by sample. */
export async function judgeVideo(
	judged: JudgedSource,
	made: MadeVideo,
): Promise<{ faults: string[]; copied: number }> {
	const { source } = judged;
	const { file, report, ranges, container } = made;
	const faults: string[] = [];
	const { shown, lumas } = await decode(file, source.width, source.height);
	const wanted = wantedPictures(source, ranges, made.overlaps ?? []);
	if (report.pictures !== wanted.length)
		faults.push(`the report says ${report.pictures} pictures, wanted are ${wanted.length}`);
	if (shown.length !== wanted.length) {
		faults.push(`${shown.length} pictures are shown, wanted are ${wanted.length}`);
		return { faults, copied: 0 };
	}
	const copied = wanted.filter(({ number }, n) => shown[n]?.hash === judged.frames[number]?.hash).length;
	faults.push(...pictureFaults(judged, made, shown, lumas, wanted));
	faults.push(...timeFaults(made, shown, wanted));
	faults.push(...(await soundFaults(judged, made, shown, wanted)));
	for (const line of (await warningsOf(file)).split('\n'))
		if (!judged.warnings[container].has(line) && !made.mayWarn?.test(line))
			faults.push(`ffmpeg says: ${line}`);
	if (container !== 'mpegts' && Math.abs(shown[0]?.time ?? 0) > 0.0011)
		faults.push(`the first picture is shown at ${shown[0]?.time}`);
	return { faults: [...new Set(faults)], copied };
}

interface Wanted extends SourcePicture {
	number: number;
	range: number;
	blended: boolean;
}

function wantedPictures(
	{ pictures }: Source,
	ranges: MadeVideo['ranges'],
	overlaps: readonly number[],
): Wanted[] {
	return ranges.flatMap(({ start, end }, range) => {
		const own = pictures
			.map((picture, number) => ({ ...picture, number, range, blended: false }))
			.filter(({ wall }) => wall >= start - TOLERANCE && wall < end - TOLERANCE)
			.slice(overlaps[range - 1] ?? 0);
		const fade = own.length - (overlaps[range] ?? 0);
		return own.map((picture, n) => ({ ...picture, blended: n >= fade }));
	});
}

/** Copied pictures are the source's, sample by sample; those encoded anew are like them. */
function pictureFaults(
	{ frames, source }: JudgedSource,
	{ leastSsim = 0.98 }: MadeVideo,
	shown: readonly Shown[],
	lumas: readonly Buffer[],
	wanted: readonly Wanted[],
): string[] {
	const faults: string[] = [];
	for (const [n, { number, blended }] of wanted.entries()) {
		const original = frames[number];
		if (original === undefined) return ['the source does not decode to all its pictures'];
		if (blended || shown[n]!.hash === original.hash) continue;
		const value = ssim(lumas[n]!, original.luma, source.width, source.height);
		if (!(value >= leastSsim)) faults.push(`picture ${n} has an SSIM of ${value.toFixed(4)}`);
	}
	return faults.slice(0, 3);
}

/** Within a range pictures are as far apart as in the source; a range begins where the one before ends. */
function timeFaults({ container }: MadeVideo, shown: readonly Shown[], wanted: readonly Wanted[]): string[] {
	const unit = container === 'matroska' ? 0.0011 : 3 / 90_000;
	const faults: string[] = [];
	for (const [n, picture] of wanted.entries()) {
		const before = wanted[n - 1];
		if (before === undefined || picture.blended || before.blended || before.range !== picture.range) continue;
		const is = shown[n]!.time - shown[n - 1]!.time;
		const was = (picture.wall - before.wall) / 90_000;
		if (Math.abs(is - was) > unit) faults.push(`pictures ${n - 1} and ${n} are ${is} s apart, not ${was}`);
	}
	return faults.slice(0, 3);
}

/** Which frames were taken is told by their bytes: they are to be heard with the pictures that they were heard with. */
async function soundFaults(
	{ sounds, source }: JudgedSource,
	{ file, report, container, ranges }: MadeVideo,
	shown: readonly Shown[],
	wanted: readonly Wanted[],
): Promise<string[]> {
	const codecs = await streamsOf(file, 'a');
	if (codecs.length !== sounds.length) return [`there are ${codecs.length} sounds, not ${sounds.length}`];
	const faults: string[] = [];
	for (const [n, codec] of codecs.entries()) {
		const own = (await copied(file, `a:${n}`, codec)).sort((a, b) => a.time - b.time);
		const bySound = new Map<string, number[]>();
		for (const { hash, wall } of sounds[n]!) bySound.set(hash, [...(bySound.get(hash) ?? []), wall]);
		const lengths = own.slice(1).map(({ time }, at) => time - own[at]!.time);
		const length = lengths.toSorted((a, b) => a - b)[lengths.length >> 1] ?? 0.02;
		const unit = container === 'matroska' ? 0.0011 : 0.0001;
		for (const [at, gap] of lengths.entries())
			if (gap < length - 2 * unit && gap < lengths[at - 1]! - 2 * unit)
				faults.push(`sound ${n}: frame ${at + 1} overlaps the one before (${gap.toFixed(5)} s)`);
		if (report.modeUsed === 'full') continue;
		let strangers = 0;
		for (const { hash, time } of own) {
			const walls = bySound.get(hash);
			if (walls === undefined) {
				strangers++;
				continue;
			}
			// Its picture: the last shown before the middle of the frame.
			const middle = time + length / 2;
			const near = [-1, 0, 1].flatMap((step) => {
				const place = Math.max(0, shown.findLastIndex((picture) => picture.time <= middle) + step);
				const picture = wanted[Math.min(place, wanted.length - 1)];
				if (picture === undefined) return [];
				const offset = shown[Math.min(place, wanted.length - 1)]!.time - time;
				return walls.map((wall) => Math.abs((picture.wall - wall) / 90_000 - offset));
			});
			const off = Math.min(...near);
			if (off > length / 2 + 0.0015)
				faults.push(`sound ${n}: at ${time.toFixed(3)} s it is ${off.toFixed(4)} s off`);
		}
		const mayBeMade = (ranges.length - 1) * 400;
		if (strangers > mayBeMade) faults.push(`sound ${n}: ${strangers} frames are none of the source`);
		const first = wanted[0];
		const last = wanted.at(-1);
		if (first === undefined || last === undefined || own.length === 0) continue;
		const known = sounds[n]!;
		const has = (wall: number) => known.some((frame) => Math.abs(frame.wall - wall) < length * 90_000 * 1.5);
		const begins = own[0]!.time - shown[0]!.time;
		if (has(first.wall) && Math.abs(begins) > length / 2 + 0.0015)
			faults.push(`sound ${n} begins ${begins.toFixed(4)} s after the pictures`);
		const next = source.pictures[last.number + 1];
		const end = shown.at(-1)!.time + (next === undefined ? 0 : (next.wall - last.wall) / 90_000);
		const ends = own.at(-1)!.time + length - end;
		if (next !== undefined && has(next.wall) && Math.abs(ends) > length / 2 + 0.0015)
			faults.push(`sound ${n} ends ${ends.toFixed(4)} s after the pictures`);
	}
	return [...new Set(faults)].slice(0, 5);
}

async function streamsOf(file: string, kind: 'a' | 'v'): Promise<string[]> {
	const args = [
		'-v',
		'error',
		'-select_streams',
		kind,
		'-show_entries',
		'stream=codec_name',
		'-of',
		'json',
		file,
	];
	const { stdout } = await run('ffprobe', ['-probesize', '50M', '-analyzeduration', '50M', ...args]);
	const { streams } = JSON.parse(stdout) as { streams: { codec_name: string }[] };
	return streams.map((stream) => stream.codec_name);
}

/** Decodes the video: MD5 and time of each picture, and its luma. */
async function decode(
	file: string,
	width: number,
	height: number,
): Promise<{ shown: Shown[]; lumas: Buffer[] }> {
	const raw = `${file}.luma`;
	const same = ['-map', '0:v:0', '-fps_mode', 'passthrough', '-enc_time_base:v', '1:90000'];
	const args = ['-nostdin', '-v', 'error', '-y', '-copyts', '-i', file, ...same, '-f', 'framemd5', '-'];
	const { stdout } = await run(
		'ffmpeg',
		[...args, ...same, '-vf', 'format=gray', '-f', 'rawvideo', raw],
		MOST_OUTPUT,
	);
	const bytes = await readFile(raw);
	await rm(raw);
	const size = width * height;
	const lumas = Array.from({ length: Math.floor(bytes.length / size) }, (_, n) =>
		bytes.subarray(n * size, (n + 1) * size),
	);
	return { shown: readHashes(stdout), lumas };
}

/** The packets of one stream, of AAC without the headers that only a transport stream has. */
async function copied(file: string, stream: string, codec = ''): Promise<Shown[]> {
	const filter = codec === 'aac' && file.endsWith('.ts') ? ['-bsf:a', 'aac_adtstoasc'] : [];
	const args = [
		'-nostdin',
		'-v',
		'error',
		'-probesize',
		'50M',
		'-analyzeduration',
		'50M',
		'-copyts',
		'-i',
		file,
	];
	const { stdout } = await run(
		'ffmpeg',
		[...args, '-map', `0:${stream}`, '-c', 'copy', ...filter, '-f', 'framemd5', '-'],
		MOST_OUTPUT,
	);
	return readHashes(stdout);
}

/** Lines of `framemd5`: stream, DTS, PTS, duration, size, hash and perhaps side data; before them the time base. */
function readHashes(text: string): Shown[] {
	const base = /^#tb 0: (\d+)\/(\d+)/m.exec(text);
	const unit = Number(base?.[1] ?? 1) / Number(base?.[2] ?? 1);
	const UNKNOWN = '-9223372036854775808';
	return text
		.split('\n')
		.filter((line) => line !== '' && !line.startsWith('#'))
		.map((line) => line.split(',').map((field) => field.trim()))
		.filter((fields) => fields[2] !== UNKNOWN)
		.map((fields) => ({ time: Number(fields[2]) * unit, hash: fields[5]! }));
}

/** What ffmpeg says as it decodes a file and copies it into MP4, without addresses. */
async function warningsOf(file: string): Promise<string> {
	const copy = `${file}.copy.mp4`;
	const args = [
		'-nostdin',
		'-v',
		'warning',
		'-y',
		'-i',
		file,
		'-map',
		'0:v?',
		'-map',
		'0:a?',
		'-f',
		'null',
		'-',
	];
	const { stderr } = await run('ffmpeg', [
		...args,
		'-map',
		'0:v?',
		'-map',
		'0:a?',
		'-c',
		'copy',
		'-f',
		'mp4',
		copy,
	]).catch((error: unknown) => ({ stderr: String(error) }));
	await rm(copy, { force: true });
	return stderr
		.replaceAll(file, 'FILE')
		.replaceAll(/ @ 0x[0-9a-f]+/g, '')
		.replaceAll(/\b\d+\b/g, 'N');
}
