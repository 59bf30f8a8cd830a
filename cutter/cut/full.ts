import { createInterface } from 'node:readline';
import { type Feed, writeFeed } from './feed.ts';
import { FfmpegError, startFfmpeg } from './ffmpeg.ts';
import type { PlannedRun } from './planned-run.ts';

/**
 * ffmpeg's MPEG-TS adds twice the mux delay (0.7 s) to all times unless told not to. With 0.8 s the first PCR is near 0, and
 * not below it for pictures that are decoded up to 0.1 s before the first is shown.
 */
const CLOCK_FROM_ZERO = ['-mpegts_copyts', '1', '-output_ts_offset', '0.8'];

/** What is used when the configuration names no arguments. */
export const DEFAULT_FULL_ARGUMENTS = [
	'-c:v',
	'libx264',
	'-preset',
	'veryfast',
	'-crf',
	'18',
	'-c:a',
	'aac',
	'-b:a',
	'192k',
];

/** On each decoder's clock the first wanted picture is at 10 s: room for what is decoded, but not wanted. */
const FEED_START = 900_000;

/** Sound is given to the decoder from so much before the first picture to so much after the last (1 s). */
const SOUND_MARGIN = 90_000;

export interface FullTools {
	ffmpeg: string;
	signal: AbortSignal;
	onProgress: (fraction: number) => void;
}

/**
 * Re-encodes exactly the pictures of the planned runs (made with `copy: false`) with ffmpeg's `encoderArguments` into an
 * MPEG-TS file. ffmpeg reads each run from a pipe of its own, trims it to the pictures and to the sound beneath them,
 * and joins them.
 *
 * @throws FfmpegError when ffmpeg fails or makes another number of pictures than planned.
 */
export async function fullCut(
	runs: readonly PlannedRun[],
	output: string,
	encoderArguments: readonly string[],
	{ ffmpeg, signal, onProgress }: FullTools,
): Promise<void> {
	const sounds = Math.min(...runs.map((run) => run.sample.programme.audio.length));
	const hasVideo = runs[0]?.sample.programme.video !== undefined;
	const running = startFfmpeg(ffmpeg, fullArguments(runs, sounds, hasVideo, encoderArguments, output), {
		signal,
		inputs: runs.length,
	});
	const wanted = runs.reduce((sum, run) => sum + (run.tail?.pts.length ?? 0), 0);
	const feeds = runs.map((run, n) => writeFeed(feedOf(run, sounds > 0), running.inputs[n]!, signal));
	const feeding = Promise.all(feeds).catch((error: unknown) => {
		running.kill();
		throw error;
	});
	feeding.catch(() => {});
	running.stdin.end();
	let frames = 0;
	for await (const line of createInterface({ input: running.stdout })) {
		const [key, value] = line.split('=');
		if (key !== 'frame') continue;
		frames = Number(value);
		onProgress(wanted === 0 ? 0 : Math.min(1, frames / wanted));
	}
	const [log] = await Promise.all([running.finished, feeding]).catch(async (error: unknown) => {
		// When reading a segment failed, ffmpeg was killed: the reading is what matters.
		await feeding;
		throw error;
	});
	if (hasVideo && frames !== wanted)
		throw new FfmpegError(
			`ffmpeg made ${frames} pictures of ${wanted}: parts of the segments are damaged.`,
			log,
		);
}

function feedOf({ segments, tail, startPts, endPts }: PlannedRun, withSound: boolean): Feed {
	if (tail === undefined) throw new RangeError('A full cut needs a plan without copied pictures.');
	const base = FEED_START - tail.pts[0]!;
	const sound = { from: FEED_START - SOUND_MARGIN, to: FEED_START + endPts - startPts + SOUND_MARGIN };
	return {
		...{ segments, decodeFrom: tail.decodeFrom, decodeTo: tail.decodeTo, base },
		...(withSound && { sound }),
	};
}

/** ffmpeg's arguments for a full cut. `sounds`: how many audio streams there are in every run. */
export function fullArguments(
	runs: readonly PlannedRun[],
	sounds: number,
	hasVideo: boolean,
	encoderArguments: readonly string[],
	output: string,
): string[] {
	const inputs = runs.flatMap((_, n) => ['-f', 'mpegts', '-i', `pipe:${n + 3}`]);
	const filters: string[] = [];
	const joined: string[] = [];
	for (const [n, run] of runs.entries()) {
		const length = run.endPts - run.startPts;
		if (hasVideo) {
			const count = run.tail?.pts.length ?? 0;
			const last = FEED_START + (run.tail?.pts[count - 1] ?? 0) - (run.tail?.pts[0] ?? 0);
			filters.push(
				`[${n}:v:0]trim=start_pts=${FEED_START}:end_pts=${last + 1},setpts=PTS-${FEED_START}[v${n}]`,
			);
			joined.push(`[v${n}]`);
		}
		const from = FEED_START / 90_000;
		const to = (FEED_START + length) / 90_000;
		for (let sound = 0; sound < sounds; sound++) {
			const trim = `atrim=start=${from}:end=${to},asetpts=PTS-${from}/TB,aresample=async=1:first_pts=0`;
			filters.push(`[${n}:a:${sound}]${trim}[a${n}_${sound}]`);
			joined.push(`[a${n}_${sound}]`);
		}
	}
	const outputs = [
		...(hasVideo ? ['[v]'] : []),
		...Array.from({ length: sounds }, (_, sound) => `[a${sound}]`),
	];
	filters.push(
		`${joined.join('')}concat=n=${runs.length}:v=${hasVideo ? 1 : 0}:a=${sounds}${outputs.join('')}`,
	);
	return [
		...['-hide_banner', '-nostdin', '-loglevel', 'error', '-progress', 'pipe:1', '-copyts', ...inputs],
		...['-filter_complex', filters.join(';'), ...outputs.flatMap((label) => ['-map', label])],
		...[
			'-fps_mode',
			'passthrough',
			...encoderArguments,
			...CLOCK_FROM_ZERO,
			'-f',
			'mpegts',
			'-y',
			`file:${output}`,
		],
	];
}
