import { type RunningFfmpeg, startFfmpeg } from '../cut/encode/ffmpeg.ts';
import { BOUND_TOLERANCE } from '../cut/plan/plan.ts';
import type { PlannedRun } from '../cut/plan/planned-run.ts';
import { surveyRun } from '../cut/plan/survey.ts';
import { LOOK_AHEAD, LOOK_BACK, splitIntoRuns } from '../cut/source/run.ts';
import { writeFeed } from '../cut/write/feed.ts';
import { findBestSequence, type SegmentStore, storeFolder } from '../segments/store.ts';
import { ticksFromDate } from '../segments/ticks.ts';
import { ThumbnailError, type ThumbnailFormat } from './plan-thumbnail.ts';

/** How far back the picture that is still shown may have begun (ticks): mostly a frame; in a slow slide show, more. */
const SHOWN_SINCE = [90_000, 900_000];

/** On the decoder's clock the first decoded picture of interest is at 10 s. */
const FEED_START = 900_000;

/** How a frame is wanted. */
export interface FrameShape {
	format: ThumbnailFormat;
	/** Pixels, even or not; the height goes with it. Without: as it is, in square pixels. Never larger than it is. */
	width?: number | undefined;
}

/** What to make a frame with. */
export interface FrameTools {
	ffmpeg: string;
	signal?: AbortSignal | undefined;
}

/** No picture of `LARGEST_SIDE` has more bytes as PNG than this. */
const LARGEST_FRAME = 256 * 1024 * 1024;

/**
 * Writes the picture that is shown at a wall time as a PNG file, in square pixels: the last picture at or before the time,
 * where one up to 1 ms later counts as on it.
 *
 * @throws ThumbnailError when there is no video at that time.
 */
export async function writeFrameAt(
	store: SegmentStore,
	at: Date,
	output: string,
	tools: FrameTools,
): Promise<void> {
	await finish(await startFrame(store, at, { format: 'png' }, `file:${output}`, tools));
}

/**
 * The same picture as the bytes of an image.
 *
 * @throws ThumbnailError when there is no video at that time.
 */
export async function readFrameAt(
	store: SegmentStore,
	at: Date,
	shape: FrameShape,
	tools: FrameTools,
): Promise<Buffer> {
	const started = await startFrame(store, at, shape, 'pipe:1', tools);
	const chunks: Buffer[] = [];
	let size = 0;
	started.running.stdout.on('data', (chunk: Buffer) => {
		chunks.push(chunk);
		size += chunk.length;
		if (size > LARGEST_FRAME) started.running.kill();
	});
	await finish(started);
	return Buffer.concat(chunks);
}

interface StartedFrame {
	running: RunningFfmpeg;
	feeding: Promise<unknown>;
}

async function finish({ running, feeding }: StartedFrame): Promise<void> {
	await Promise.all([running.finished, feeding]).catch((error: unknown) => {
		running.kill();
		throw error;
	});
}

async function startFrame(
	store: SegmentStore,
	at: Date,
	{ format, width }: FrameShape,
	output: string,
	{ ffmpeg, signal }: FrameTools,
): Promise<StartedFrame> {
	const plan = await planFrame(store, at);
	const edge = plan.tail!;
	const base = FEED_START - edge.firstPts;
	const pts = edge.lastPts + base;
	const square = 'scale=trunc(iw*sar+0.5):ih,setsar=1';
	const smaller = width === undefined ? '' : `,scale=min(iw\\,${Math.trunc(width)}):-1`;
	const codec = format === 'png' ? ['-c:v', 'png'] : ['-c:v', 'mjpeg', '-pix_fmt', 'yuvj420p', '-q:v', '3'];
	const running = startFfmpeg(
		ffmpeg,
		[
			...['-hide_banner', '-loglevel', 'error', '-copyts', '-f', 'mpegts', '-i', 'pipe:0', '-map', '0:v:0'],
			...['-vf', `trim=start_pts=${pts}:end_pts=${pts + 1},${square}${smaller}`, '-frames:v', '1'],
			...[...codec, '-f', 'image2pipe', '-y', output],
		],
		{ signal },
	);
	const { decodeFrom, decodeTo } = edge;
	const feeding = writeFeed({ segments: plan.segments, decodeFrom, decodeTo, base }, running.stdin, signal);
	return { running, feeding };
}

async function planFrame(store: SegmentStore, at: Date): Promise<PlannedRun> {
	const time = ticksFromDate(at);
	const sequence = await findBestSequence(store, time - LOOK_BACK, time + LOOK_AHEAD);
	const run = splitIntoRuns(sequence, time - BOUND_TOLERANCE, time + BOUND_TOLERANCE + 1).at(-1);
	const missing = new ThumbnailError(
		`There is no video at ${at.toISOString()} in ${storeFolder(store)}, so no thumbnail can be made of it.`,
	);
	if (run === undefined) throw missing;
	// A bound counts a picture up to its tolerance before it as on it, so the end lies twice that behind the time.
	const end = time + 2 * BOUND_TOLERANCE + 1;
	for (const since of SHOWN_SINCE) {
		const survey = (start: number) => surveyRun({ ...run, start, end }, { copy: false, isFirst: true });
		let plan = await survey(time - since);
		// The recording may begin with pictures that nobody can decode.
		if (plan !== undefined && 'decodable' in plan && plan.decodable !== undefined && plan.decodable < end)
			plan = await survey(plan.decodable);
		if (plan !== undefined && 'tail' in plan && plan.tail !== undefined) return plan;
	}
	throw missing;
}
