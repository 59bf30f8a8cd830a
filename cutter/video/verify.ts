import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { readH264Sps } from '../cut/codec/h264.ts';
import { HEVC_NAL, hevcNalType } from '../cut/codec/hevc.ts';
import { hevcFormat } from '../cut/codec/hevc-format.ts';
import { FfmpegStoppedError, FfmpegUnableError, machinesFault } from '../cut/encode/ffmpeg.ts';
import { UnreadableSegmentError } from '../cut/mpegts/segment-index.ts';
import type { VideoCodec } from '../cut/mpegts/tables.ts';
import type { Container } from '../upload/container.ts';
import { type DecodeTools, decodeSegments, decodeWindows } from './decode-joins.ts';
import type { Seams } from './join-windows.ts';
import { type ScanWatch, type StreamScan, scanStream } from './scan-stream.ts';

/** The file that was made is not what was planned. It must not be published. The message is a sentence. */
export class VerificationError extends Error {
	override name = 'VerificationError';
}

/** What the plan says of the file. */
export interface Expected {
	/** 0 where the source has no video. */
	pictures: number;
	/** Ticks. */
	duration: number;
	/** In playing order. `blended`: so many of its last pictures show the next range, too. */
	ranges: readonly { pictures: number; blended: number }[];
}

/**
 * Holds a transport stream that a cut has made against the plan, in one pass over its packets: the pictures, the length,
 * times and counters that rise, and one size of picture throughout.
 *
 * @throws VerificationError
 */
export async function verifyStream(
	file: string,
	expected: Expected,
	watch: ScanWatch = {},
): Promise<StreamScan> {
	const scan = await scanStream(file, seamsOf(expected), watch).catch((error: unknown) => {
		if (error instanceof UnreadableSegmentError) throw refusal(error.message);
		throw error;
	});
	const fault = scan.fault ?? findMismatch(scan, expected);
	if (fault !== undefined) throw refusal(fault);
	return scan;
}

/** Where the ranges begin, and what is blended, by the plan. */
function seamsOf({ ranges }: Expected): Seams {
	const rangeStarts: number[] = [];
	const blends: { from: number; to: number }[] = [];
	let picture = 0;
	for (const { pictures, blended } of ranges) {
		rangeStarts.push(picture);
		picture += pictures;
		if (blended > 0) blends.push({ from: picture - blended, to: picture });
	}
	return { rangeStarts, blends };
}

/** The last picture's own length stands nowhere in a stream; a plan takes no picture to last longer than this (1 s). */
const LONGEST_PICTURE = 90_000;

/** What of a scanned stream differs from the plan, to follow "The made file "; undefined when nothing does. */
export function findMismatch(scan: StreamScan, expected: Expected): string | undefined {
	if (scan.pictures !== expected.pictures)
		return `has ${scan.pictures} pictures, but ${expected.pictures} were planned`;
	if (scan.shown !== undefined) {
		const until = scan.shown.last - scan.shown.first;
		const last = expected.duration - until;
		if (last <= 0 || last > LONGEST_PICTURE)
			return `shows its last picture at ${seconds(until)} s, which does not fit the planned length of ${seconds(expected.duration)} s`;
	}
	const sizes = new Set(pictureSizes(scan).map(({ width, height }) => `${width} × ${height}`));
	return sizes.size > 1 ? `has pictures of several sizes: ${[...sizes].join(', ')}` : undefined;
}

/**
 * Decodes the beginning, the end, all of each blend and a second around each place of a verified stream where something was
 * put together.
 * What the decoder complains of there counts, unless it complains of the source's own segments likewise: some encoders
 * write what decoders dislike, all the time.
 *
 * @throws VerificationError
 */
export async function verifyJoins(
	file: string,
	scan: StreamScan,
	source: () => Promise<string[]>,
	{ onProgress, ...tools }: DecodeTools & { onProgress?: (fraction: number) => void },
): Promise<void> {
	const { windows } = scan;
	if (windows.length === 0) return;
	const wanted = windows.reduce((sum, { from, to }) => sum + to - from, 0);
	const onPictures = (count: number) => onProgress?.(Math.min(1, count / wanted));
	const { pictures, complaints } = await decodeWindows(file, scan, { ...tools, onPictures });
	if (pictures === wanted && complaints.length === 0) return;
	const known = new Set((await decodeSegments(await source(), tools)).complaints);
	const unknown = complaints.filter((complaint) => !known.has(complaint));
	if (unknown.length > 0)
		throw refusal(`cannot be decoded without errors where its parts meet: ${unknown.join(', ')}`);
	if (pictures !== wanted && known.size === 0)
		throw refusal(`gives ${pictures} pictures of ${wanted} when it is decoded where its parts meet`);
}

/** ffprobe reads the head and the index of a file: where that takes a minute (ms), it hangs. */
const PROBE_MS = 60_000;

/** What is known of the stream in a packed file. An archive's is not scanned: nothing says when its first picture is shown. */
export type PackedStream = Pick<
	StreamScan,
	'programme' | 'shown' | 'sequenceSets' | 'soundPids' | 'hasFields'
>;

/** What ffprobe says of a file, as far as it is looked at. */
export interface ProbedFile {
	streams: {
		codec_type?: string;
		codec_name?: string;
		width?: number;
		height?: number;
		nb_frames?: string;
	}[];
	/** The first ones of the file. */
	packets: { codec_type?: string; pts_time?: string }[];
	format: { duration?: string };
}

/** So many packets of a file hold its first picture, however many sounds it has. */
const FIRST_PACKETS = 64;

/**
 * Holds the packed file against the verified stream that it was made from: its streams, their codecs, its beginning, its
 * length, and in MP4 the count of its pictures. Reads the file's head only.
 *
 * @throws VerificationError
 */
export async function verifyContainer(
	file: string,
	container: Container,
	scan: PackedStream,
	expected: Expected,
	{ ffprobe, signal }: { ffprobe: string; signal?: AbortSignal | undefined },
): Promise<void> {
	const stream = 'stream=codec_type,codec_name,width,height,nb_frames';
	const fields = `${stream}:packet=codec_type,pts_time:format=duration`;
	const first = ['-read_intervals', `%+#${FIRST_PACKETS}`];
	const args = ['-v', 'error', ...first, '-show_entries', fields, '-of', 'json', `file:${file}`];
	const { stdout } = await promisify(execFile)(ffprobe, args, { signal, timeout: PROBE_MS }).catch(
		(error: unknown) => {
			signal?.throwIfAborted();
			// Says something about this machine, and nothing about the file.
			if (error instanceof Error && 'signal' in error && error.signal) {
				throw new FfmpegStoppedError(`ffprobe was killed (${error.signal}).`, '');
			}
			if (error instanceof Error && 'code' in error && typeof error.code === 'string') {
				throw new FfmpegUnableError(`ffprobe did not start: ${error.message}.`, '');
			}
			const log = error instanceof Error && 'stderr' in error ? String(error.stderr) : '';
			throw (
				machinesFault('ffprobe', log) ??
				refusal(`cannot be read by ffprobe: ${error instanceof Error ? error.message.trim() : String(error)}`)
			);
		},
	);
	const fault = findPackingFault(JSON.parse(stdout) as ProbedFile, container, scan, expected);
	if (fault !== undefined) throw refusal(fault);
}

/** What ffprobe calls the video codecs. */
const CODEC_NAMES: Record<VideoCodec, string> = { h264: 'h264', hevc: 'hevc', mpeg2: 'mpeg2video' };

/** Half a second: sound may begin before the first picture and end after the last, by a frame of its own. */
const SOUND_TOLERANCE = 0.5;

/** What of a packed file differs from the stream in it, to follow "The made file "; undefined when nothing does. */
export function findPackingFault(
	{ streams, packets, format }: ProbedFile,
	container: Container,
	scan: PackedStream,
	expected: Expected,
): string | undefined {
	const video = streams.filter((stream) => stream.codec_type === 'video');
	const sounds = streams.filter((stream) => stream.codec_type === 'audio');
	const codec = scan.programme.video?.codec;
	if (video.length !== (codec === undefined ? 0 : 1)) return `has ${video.length} video streams`;
	if (codec !== undefined && video[0]!.codec_name !== CODEC_NAMES[codec])
		return `has video of the codec ${video[0]!.codec_name}, not ${codec}`;
	const announced = container === 'mpegts' ? scan.programme.audio.length : scan.soundPids.length;
	if (sounds.length !== announced) return `has ${sounds.length} audio streams, not ${announced}`;
	const [size] = pictureSizes(scan);
	if (size && (video[0]!.width !== size.width || video[0]!.height !== size.height))
		return `has pictures of ${video[0]!.width} × ${video[0]!.height}, not ${size.width} × ${size.height}`;
	const length = Number(format.duration);
	const planned = expected.duration / 90_000;
	if (!(Math.abs(length - planned) <= SOUND_TOLERANCE))
		return `is ${length} s long, but ${planned} s were planned`;
	if (container === 'mpegts' || codec === undefined) return undefined;
	// ffprobe's own start_time of a stream in Matroska is that of another one, where the file has but a few pictures.
	const times = packets
		.filter((packet) => packet.codec_type === 'video')
		.map(({ pts_time }) => Number(pts_time));
	const begin = Math.min(...times);
	// An archive may begin with leading pictures of an open GOP.
	if (scan.shown !== undefined && !(Math.abs(begin) <= 0.001))
		return times.length === 0
			? 'does not begin with pictures'
			: `shows its first picture at ${begin} s, not at 0`;
	if (container === 'mp4' && !scan.hasFields && Number(video[0]!.nb_frames) !== expected.pictures)
		return `holds ${video[0]!.nb_frames} pictures, but ${expected.pictures} were planned`;
	return undefined;
}

/** The sizes that the sequence parameter sets tell, of pictures as shown. */
function pictureSizes({ programme, sequenceSets }: PackedStream): { width: number; height: number }[] {
	const codec = programme.video?.codec;
	if (codec === 'h264') return sequenceSets.map((set) => readH264Sps(set)).filter((sps) => sps !== undefined);
	if (codec !== 'hevc') return [];
	return sequenceSets
		.filter((set) => hevcNalType(set) === HEVC_NAL.sps)
		.map((set) => hevcFormat(set))
		.filter((format) => format !== undefined);
}

function refusal(what: string): VerificationError {
	return new VerificationError(`The made file ${what}. It was not published.`);
}

function seconds(ticks: number): string {
	return (ticks / 90_000).toFixed(3);
}
