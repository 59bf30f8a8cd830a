import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { FfmpegError, startFfmpeg } from '../cut/encode/ffmpeg.ts';
import type { Programme } from '../cut/mpegts/tables.ts';
import type { Container } from '../upload/container.ts';
import { secondUnit, withLeadingSets } from './leading-sets.ts';
import type { StreamScan } from './scan-stream.ts';

/** What stands in a file for people who look at it later. */
export interface VideoMetadata {
	title?: string;
	description?: string;
	/** When it was recorded, as ISO 8601: a day, or a day and a time. */
	date?: string;
}

export interface RemuxTools {
	ffmpeg: string;
	signal?: AbortSignal | undefined;
	/** Told how many pictures are packed. */
	onPictures?: (count: number) => void;
}

/**
 * Packs a scanned transport stream into MP4 or Matroska without touching a picture: first picture at 0, sound where it was,
 * the configuration record with all the stream's parameter sets, MP4 with its index in front.
 *
 * @throws FfmpegError when ffmpeg fails, or packs another number of pictures than there are.
 */
export async function remux(
	stream: string,
	scan: StreamScan,
	output: string,
	container: Exclude<Container, 'mpegts'>,
	metadata: VideoMetadata,
	{ ffmpeg, signal, onPictures }: RemuxTools,
): Promise<void> {
	const head = await leadingHead(stream, scan);
	const input = head === undefined ? `file:${stream}` : 'pipe:0';
	const args = remuxArguments({ input, scan, output, container, metadata });
	const running = startFfmpeg(ffmpeg, args, { signal });
	if (head === undefined) running.stdin.end();
	else {
		async function* bytes(start: number) {
			yield head?.packets;
			yield* createReadStream(stream, { start, highWaterMark: 1024 * 1024 });
		}
		// When ffmpeg fails it closes the pipe: `finished` tells why.
		pipeline(Readable.from(bytes(head.length)), running.stdin).catch(() => {});
	}
	let pictures = 0;
	for await (const line of createInterface({ input: running.stdout })) {
		const [key, value] = line.split('=');
		if (key !== 'frame') continue;
		pictures = Number(value);
		onPictures?.(pictures);
	}
	const log = await running.finished;
	if (pictures !== scan.pictures && !scan.hasFields)
		throw new FfmpegError(`ffmpeg packed ${pictures} pictures of ${scan.pictures}.`, log);
}

/**
 * The beginning of the stream with all its parameter sets in the first picture, and how many of the stream's bytes it
 * stands for; undefined when the first picture has them all.
 */
async function leadingHead(
	stream: string,
	{ programme, sequenceSets, pictureSets, headSize }: StreamScan,
): Promise<{ packets: Buffer; length: number } | undefined> {
	const { video } = programme;
	if (video === undefined || video.codec === 'mpeg2') return undefined;
	await using file = await open(stream);
	const first = Buffer.alloc(headSize);
	await file.read(first, 0, first.length, 0);
	// The first picture may be coded as two fields, each a unit of its own.
	const length = secondUnit(first, video.pid) ?? first.length;
	const bytes = first.subarray(0, length);
	const packets = withLeadingSets({ bytes, videoPid: video.pid, codec: video.codec }, [
		...sequenceSets,
		...pictureSets,
	]);
	return packets === bytes ? undefined : { packets, length };
}

/** ffmpeg's arguments for packing. Every text is an argument of its own: nothing in it is read as anything else. */
export function remuxArguments({
	input,
	scan,
	output,
	container,
	metadata,
}: {
	input: string;
	scan: Pick<StreamScan, 'pictures' | 'shown' | 'programme' | 'soundPids' | 'hasFields'>;
	output: string;
	container: Exclude<Container, 'mpegts'>;
	metadata: VideoMetadata;
}): string[] {
	const { video } = scan.programme;
	const { shown } = scan;
	const offset = shown === undefined ? [] : ['-copyts', '-itsoffset', (-shown.first / 90_000).toFixed(6)];
	const pids = [...(video ? [video.pid] : []), ...scan.soundPids];
	const maps = pids.flatMap((pid) => ['-map', `0:i:${pid}`]);
	return [
		...['-hide_banner', '-nostdin', '-loglevel', 'error', '-progress', 'pipe:1'],
		// A sound may begin late; ffmpeg looks for it until all streams are known, and no longer.
		...['-probesize', '100M', '-analyzeduration', '60M', ...offset, '-f', 'mpegts', '-i', input],
		...[...maps, '-c', 'copy', ...soundArguments(scan)],
		...['-map_metadata', '-1', ...metadataArguments(metadata)],
		...pictureTimes(container, scan),
		...(container === 'mp4' ? mp4Arguments(video?.codec) : MATROSKA_ARGUMENTS),
		...['-y', `file:${output}`],
	];
}

/** Neither MP4 nor Matroska holds AAC in LATM, or PCM of SMPTE 302M: such sound is encoded anew, if finely. */
function soundArguments({ programme, soundPids }: Pick<StreamScan, 'programme' | 'soundPids'>): string[] {
	return soundPids.flatMap((pid, n) =>
		onlyInTransportStreams(programme, pid) ? [`-c:a:${n}`, 'aac', `-b:a:${n}`, '256k'] : [],
	);
}

function onlyInTransportStreams({ audio }: Programme, pid: number): boolean {
	const sound = audio.find((stream) => stream.pid === pid);
	return sound?.codec === 'latm' || sound?.descriptors.includes('BSSD') === true;
}

/** A sentence for people if packing encodes a sound anew; else undefined. */
export function soundNote({
	programme,
	soundPids,
}: Pick<StreamScan, 'programme' | 'soundPids'>): string | undefined {
	if (!soundPids.some((pid) => onlyInTransportStreams(programme, pid))) return undefined;
	return 'Sound was re-encoded as AAC: of the kind that the source has, only MPEG-TS can hold it.';
}

/** hvc1: the parameter sets stand in the configuration record, which is what players on Apple's systems demand. */
function mp4Arguments(codec: string | undefined): string[] {
	return ['-movflags', '+faststart', ...(codec === 'hevc' ? ['-tag:v', 'hvc1'] : []), '-f', 'mp4'];
}

/**
 * Two times that a stream need not tell, and a file does.
 *
 * How long the last picture is shown stands nowhere in a stream. Where the rate varies ffmpeg takes one tick in MP4, and
 * players leave the picture out: so it gets the mean of all.
 *
 * Of a picture that is coded as two fields a stream may tell the time of the first only. ffmpeg packs each field as a
 * picture, and Matroska refuses one without a time: so the second gets that in the middle of the picture.
 */
function pictureTimes(
	container: Exclude<Container, 'mpegts'>,
	{ pictures, shown, hasFields }: Pick<StreamScan, 'pictures' | 'shown' | 'hasFields'>,
): string[] {
	const mean = shown && pictures > 1 ? Math.round((shown.last - shown.first) / (pictures - 1)) : 0;
	// Matroska counts in milliseconds. (The filter's own TB says what the stream came with.)
	const half = Math.round((mean > 0 ? mean / 2 : DEFAULT_FIELD) / (container === 'mp4' ? 1 : 90));
	const pts = hasFields ? `if(eq(PTS\\,NOPTS)\\,PREV_INPTS+${half}\\,PTS)` : 'PTS';
	const lasts = container === 'mp4' && mean > 0;
	if (!lasts && !hasFields) return [];
	return ['-bsf:v', `setts=pts=${pts}:dts=DTS${lasts ? `:duration=max(DURATION\\,${mean})` : ''}`];
}

/** How long a field is shown if there is but one picture (ticks): 50 of them are shown in a second. */
const DEFAULT_FIELD = 1800;

/**
 * ffmpeg would move everything so that nothing is before 0; but sound begins up to half a frame before the first picture,
 * and that is to be at 0. (MP4 has edit lists for this, and ffmpeg writes them.)
 */
const MATROSKA_ARGUMENTS = ['-avoid_negative_ts', 'disabled', '-f', 'matroska'];

/** Longer texts are cut: an argument of a program may have 128 KiB, which 30,000 characters never reach. */
const LONGEST_TEXT = 30_000;

/** `-metadata` for each text that is not empty. */
export function metadataArguments(metadata: VideoMetadata | Record<string, string>): string[] {
	return Object.entries(metadata).flatMap(([key, value = '']: [string, string | undefined]) => {
		const text = value.replaceAll('\0', '').toWellFormed().slice(0, LONGEST_TEXT).toWellFormed();
		return text === '' ? [] : ['-metadata', `${key}=${text}`];
	});
}
