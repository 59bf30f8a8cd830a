import { rm } from 'node:fs/promises';
import path from 'node:path';
import { cut } from '../cut/cut.ts';
import { findBestSequence } from '../segments/store.ts';
import { dateFromTicks, ticksFromDate } from '../segments/ticks.ts';
import { makeArchive } from './archive.ts';
import { remux, soundNote } from './remux.ts';
import { verifyContainer, verifyJoins, verifyStream } from './verify.ts';
import type { VideoReport, VideoRequest, VideoTools } from './video-request.ts';
import { touching, wholeSegments } from './widen.ts';

export { VerificationError } from './verify.ts';
export type { VideoMode, VideoReport, VideoRequest, VideoTools } from './video-request.ts';

/**
 * Makes a video of the ranges at `output` and checks it against the plan. `output` is a file, or for an archive a folder that
 * does not exist yet. While it is made, a hidden file may lie beside it.
 *
 * @throws HoleError, SegmentError, FfmpegError as `cut` does; VerificationError when what was made is not what was
 * planned. In all cases nothing is left.
 */
export async function makeVideo(
	request: VideoRequest,
	output: string,
	tools: VideoTools,
): Promise<VideoReport> {
	if (request.mode === 'archive') return await makeArchive(request, output, tools);
	const { container } = request;
	const stream = container === 'mpegts' ? output : streamBeside(output);
	try {
		return await makeFile(request, stream, output, tools);
	} catch (error) {
		await rm(output, { force: true });
		throw error;
	} finally {
		if (stream !== output) await rm(stream, { force: true });
	}
}

/** Where the stream lies that is packed into `output`: a hidden file beside it, while that is made. */
export function streamBeside(output: string): string {
	return path.join(path.dirname(output), `.cut-${path.basename(output)}.ts`);
}

async function makeFile(
	request: VideoRequest,
	stream: string,
	output: string,
	tools: VideoTools,
): Promise<VideoReport> {
	const { container, metadata = {}, mode } = request;
	const onProgress = tools.onProgress ?? (() => {});
	const toCut = { ...request, mode: mode === 'full' ? mode : ('smart' as const) };
	if (mode === 'rough') toCut.ranges = await widened(request);
	const watch = stopwatch();
	const report = await cut(toCut, stream, { ...tools, onProgress: (done) => onProgress('cutting', done) });
	const cutTime = watch();
	const onScanned = (done: number) => onProgress('checking', done * SCAN_SHARE);
	const scan = await verifyStream(stream, report, { signal: tools.signal, onProgress: onScanned });
	let check = watch();
	const note = container === 'mpegts' ? undefined : soundNote(scan);
	if (note !== undefined) {
		tools.log.warn(note);
		report.notes.push(note);
	}
	let pack = 0;
	let packs = container !== 'mpegts';
	await together(tools.signal, (signal) => [
		verifyJoins(stream, scan, () => sourceSegments(toCut), {
			...{ ffmpeg: tools.ffmpeg, signal },
			// Of two things at once the longer one is told.
			onProgress: (done) => packs || onProgress('checking', SCAN_SHARE + (1 - SCAN_SHARE) * done),
		}),
		(async () => {
			const pictures = Math.max(1, report.pictures);
			const onPictures = (count: number) => onProgress('packing', Math.min(1, count / pictures));
			if (container !== 'mpegts')
				await remux(stream, scan, output, container, metadata, { ffmpeg: tools.ffmpeg, signal, onPictures });
			packs = false;
			pack = watch();
			await verifyContainer(output, container, scan, report, { ffprobe: tools.ffprobe, signal });
		})(),
	]);
	check += watch();
	const modeUsed = report.modeUsed === 'smart' ? mode : report.modeUsed;
	return { ...report, modeUsed, files: [output], timings: { cut: cutTime, check, pack } };
}

/** The part of the checking that the one pass over all packets is; the rest is the decoding where parts meet. */
const SCAN_SHARE = 0.5;

async function widened({ store, ranges }: VideoRequest): Promise<{ start: Date; end: Date }[]> {
	return await Promise.all(
		ranges.map(async ({ start, end }) => {
			const from = ticksFromDate(start);
			const to = ticksFromDate(end);
			const { segments } = await findBestSequence(store, from, to);
			const whole = wholeSegments(segments, from, to);
			return { start: dateFromTicks(whole.start), end: dateFromTicks(whole.end) };
		}),
	);
}

/** Of each range the first and the last segments: enough to hear what a decoder says of this source at any time. */
async function sourceSegments({ store, ranges }: Pick<VideoRequest, 'store' | 'ranges'>): Promise<string[]> {
	const MOST_RANGES = 4;
	const found = await Promise.all(
		ranges.slice(0, MOST_RANGES).map(async ({ start, end }) => {
			const [from, to] = [ticksFromDate(start), ticksFromDate(end)];
			const { segments } = await findBestSequence(store, from, to);
			const touched = touching(segments, from, to);
			return [...touched.slice(0, 2), ...touched.slice(2).slice(-2)].map((segment) => segment.path);
		}),
	);
	return found.flat();
}

/** Runs tasks side by side; when one fails the others are aborted, and over, before this rejects. */
async function together(
	outer: AbortSignal | undefined,
	start: (signal: AbortSignal) => Promise<void>[],
): Promise<void> {
	const over = new AbortController();
	const tasks = start(outer === undefined ? over.signal : AbortSignal.any([outer, over.signal]));
	try {
		await Promise.all(tasks);
	} catch (error) {
		over.abort(error);
		await Promise.allSettled(tasks);
		throw error;
	}
}

/** Each call tells the milliseconds since the last one. */
function stopwatch(): () => number {
	let last = performance.now();
	return () => {
		const now = performance.now();
		const elapsed = Math.round(now - last);
		last = now;
		return elapsed;
	};
}
