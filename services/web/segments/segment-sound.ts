import { startFfmpeg } from '../../../cutter/cut/encode/ffmpeg.ts';
import { unwrap } from '../../../cutter/cut/mpegts/clock.ts';
import { PACKET_SIZE, PAT_PID, pidOf } from '../../../cutter/cut/mpegts/packet.ts';
import { indexSegment, UnreadableSegmentError } from '../../../cutter/cut/mpegts/segment-index.ts';
import { SegmentError, SegmentReader } from '../../../cutter/cut/source/segment-file.ts';
import { pipeSink } from '../../../cutter/cut/write/feed.ts';
import { TICKS_PER_SECOND } from '../../../cutter/segments/ticks.ts';
import { type Peaks, peaksOfSamples, SAMPLE_RATE } from './peaks.ts';
import { factsOf } from './segment-facts.ts';

/** What ffmpeg gives is at most so much more than the segments' names say (30 s): the rest is not taken. */
const SURPLUS = 30 * SAMPLE_RATE;

/** Sound that begins so far after where it is due (1 s) is on another clock. */
const CLOCK_TOLERANCE = TICKS_PER_SECOND;

/** A segment's part of the sound that ffmpeg is given. */
interface Part {
	/** On the clock of the first part; ticks. */
	firstSound: number;
	/** Of the sound, after the segment's start; ticks. */
	offset: number;
}

/**
 * The samples of the first sound of neighbouring segments, decoded by one ffmpeg that is given nothing but the sound's
 * packets: for each segment, starting so many ticks after its start. Where the clock jumps the list ends, and more is to be
 * had by asking again from there. A segment without sound, or one that cannot be read, has no samples.
 *
 * @throws FfmpegError
 */
export async function readSamples(
	segments: readonly { path: string; start: number; duration: number }[],
	{ ffmpeg, signal }: { ffmpeg: string; signal: AbortSignal },
): Promise<Peaks[]> {
	const reader = new SegmentReader();
	const rate = ['-af', `aresample=${SAMPLE_RATE}:async=1:first_pts=0`, '-ac', '1'];
	const running = startFfmpeg(
		ffmpeg,
		[
			...['-hide_banner', '-nostats', '-loglevel', 'error', '-f', 'mpegts', '-i', 'pipe:0'],
			...['-map', '0:a:0', ...rate, '-f', 's16le', 'pipe:1'],
		],
		{ signal },
	);
	const write = pipeSink(running.stdin);
	const wanted = segments.reduce((sum, { duration }) => sum + duration, 0) / TICKS_PER_SECOND;
	const decoded = collect(running.stdout, 2 * Math.ceil(wanted * SAMPLE_RATE + SURPLUS));
	decoded.catch(() => {});
	const parts: (Part | undefined)[] = [];
	let first: { segment: { start: number }; part: Part } | undefined;
	try {
		for (const segment of segments) {
			signal.throwIfAborted();
			const sound = await soundOf(reader, segment.path);
			if (sound === undefined) {
				parts.push(undefined);
				continue;
			}
			const due =
				first === undefined
					? sound.firstSound
					: first.part.firstSound + segment.start - first.segment.start - first.part.offset + sound.offset;
			const part = { firstSound: unwrap(sound.firstSound, due), offset: sound.offset };
			if (Math.abs(part.firstSound - due) > CLOCK_TOLERANCE) break;
			first ??= { segment, part };
			parts.push(part);
			await write([sound.packets]);
		}
	} finally {
		running.stdin.end();
	}
	// Without any sound ffmpeg has nothing to read, and says so.
	if (first === undefined) {
		await running.finished.catch(() => {});
		signal.throwIfAborted();
		return parts.map(() => peaksOfSamples(0, new Int16Array()));
	}
	const [samples] = await Promise.all([decoded, running.finished]);
	return share(parts, first.part.firstSound, samples);
}

/** Gives each part the samples from its first sound up to that of the next. */
function share(parts: readonly (Part | undefined)[], first: number, samples: Int16Array): Peaks[] {
	const place = ({ firstSound }: Part) =>
		Math.max(0, Math.round(((firstSound - first) * SAMPLE_RATE) / TICKS_PER_SECOND));
	return parts.map((part, n) => {
		if (part === undefined) return peaksOfSamples(0, new Int16Array());
		const next = parts.slice(n + 1).find((other) => other !== undefined);
		// A copy: a view would keep all of them in memory.
		return peaksOfSamples(part.offset, samples.slice(place(part), next && place(next)));
	});
}

/** The packets of a segment's first sound, with the tables, and where it begins. */
async function soundOf(
	reader: SegmentReader,
	path: string,
): Promise<{ packets: Buffer; firstSound: number; offset: number } | undefined> {
	let bytes: Buffer;
	try {
		bytes = await reader.read(path);
	} catch (error) {
		if (error instanceof SegmentError) return undefined;
		throw error;
	}
	try {
		const index = indexSegment(bytes);
		const { firstSound, smallestPts } = factsOf(index, bytes);
		const [audio] = index.programme.audio;
		if (audio === undefined || firstSound === undefined) return undefined;
		const packets = packetsOf(bytes, new Set([PAT_PID, index.programme.pmtPid, audio.pid]));
		return { packets, firstSound, offset: unwrap(firstSound, smallestPts) - smallestPts };
	} catch (error) {
		if (error instanceof UnreadableSegmentError) return undefined;
		throw error;
	} finally {
		reader.release(bytes);
	}
}

function packetsOf(bytes: Buffer, pids: ReadonlySet<number>): Buffer {
	const packets: Buffer[] = [];
	for (let at = 0; at + PACKET_SIZE <= bytes.length; at += PACKET_SIZE)
		if (pids.has(pidOf(bytes, at))) packets.push(bytes.subarray(at, at + PACKET_SIZE));
	return Buffer.concat(packets);
}

/** Reads 16-bit samples up to `most` bytes; what comes after is thrown away. */
async function collect(stream: AsyncIterable<Buffer>, most: number): Promise<Int16Array> {
	const chunks: Buffer[] = [];
	let size = 0;
	for await (const chunk of stream) {
		if (size < most) chunks.push(chunk);
		size += chunk.length;
	}
	const bytes = Buffer.concat(chunks);
	const samples = new Int16Array(bytes.length >> 1);
	for (let n = 0; n < samples.length; n++) samples[n] = bytes.readInt16LE(2 * n);
	return samples;
}
