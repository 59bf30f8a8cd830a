import { startFfmpeg } from '../../../cutter/cut/encode/ffmpeg.ts';
import { describeHoles, HoleError } from '../../../cutter/cut/plan/holes.ts';
import type { PlannedRun } from '../../../cutter/cut/plan/planned-run.ts';
import { surveyRun } from '../../../cutter/cut/plan/survey.ts';
import {
	type Transition,
	TransitionError,
	transitionsProblem,
} from '../../../cutter/cut/plan/transition-plan.ts';
import { LOOK_AHEAD, LOOK_BACK, splitIntoRuns } from '../../../cutter/cut/source/run.ts';
import { writeFeed } from '../../../cutter/cut/write/feed.ts';
import { findBestSequence, type SegmentStore } from '../../../cutter/segments/store.ts';
import { TICKS_PER_SECOND } from '../../../cutter/segments/ticks.ts';
import { type FrameRate, frameRateOf } from './frame-rate.ts';
import { pictureSize } from './segment-facts.ts';

/** Two stretches of wall time (ticks) and how the first goes over into the second. */
export interface Join {
	store: SegmentStore;
	before: { start: number; end: number };
	after: { start: number; end: number };
	transition: Transition;
}

/** Pixels of the preview's height, and of its width at most. */
const HEIGHT = 270;
const WIDEST = 640;

/** More pictures per second are halved: the preview is to be there soon. */
const FASTEST = 30;

/** On each decoder's clock the first wanted picture is at 10 s: room for what is decoded, but not wanted. */
const FEED_START = 10 * TICKS_PER_SECOND;

/** Sound is given to the decoder from so much before the first picture to so much after the last (1 s). */
const SOUND_MARGIN = TICKS_PER_SECOND;

/** One side of the join. */
interface Side {
	plan: PlannedRun;
	/** Seconds. */
	length: number;
}

/**
 * Makes a small MP4 file of a join at `output`. Other than in a cut, each side is decoded once, made small at once, and
 * blended then: it shows what a cut will show, in a fraction of its time. Where a side has holes, what is next to the join counts.
 *
 * @throws TransitionError, HoleError (when a side has no video), FfmpegError
 */
export async function makeJoin(
	join: Join,
	output: string,
	{ ffmpeg, signal }: { ffmpeg: string; signal: AbortSignal },
): Promise<void> {
	const sides = await Promise.all([planSide(join, 'before'), planSide(join, 'after')]);
	const lengths = sides.map(({ length }) => Math.round(length * TICKS_PER_SECOND));
	const problem = transitionsProblem(lengths, [join.transition]);
	if (problem !== undefined) throw new TransitionError(problem);
	const withSound = sides.every(({ plan }) => plan.sample.programme.audio.length > 0);
	const running = startFfmpeg(ffmpeg, joinArguments(sides, join.transition, withSound, output), {
		signal,
		inputs: sides.length,
	});
	running.stdin.end();
	running.stdout.resume();
	const feeding = sides.map(({ plan, length }, n) => {
		const { decodeFrom, decodeTo, firstPts } = plan.tail!;
		const sound = {
			from: FEED_START - SOUND_MARGIN,
			to: FEED_START + length * TICKS_PER_SECOND + SOUND_MARGIN,
		};
		const feed = { segments: plan.segments, decodeFrom, decodeTo, base: FEED_START - firstPts };
		return writeFeed({ ...feed, ...(withSound && { sound }) }, running.inputs[n]!, signal);
	});
	await Promise.all([running.finished, ...feeding]).catch((error: unknown) => {
		running.kill();
		throw error;
	});
}

async function planSide(join: Join, side: 'before' | 'after'): Promise<Side> {
	const { start, end } = join[side];
	const sequence = await findBestSequence(join.store, start - LOOK_BACK, end + LOOK_AHEAD);
	const run = splitIntoRuns(sequence, start, end).at(side === 'before' ? -1 : 0);
	const missing = new HoleError(`There is no video to show: ${describeHoles([{ start, end }])}.`, [
		{ start, end },
	]);
	if (run === undefined) throw missing;
	const plan = await surveyRun(run, { copy: false, isFirst: true });
	if (plan === undefined || !('tail' in plan) || plan.tail === undefined) throw missing;
	return { plan, length: (run.end - run.start) / TICKS_PER_SECOND };
}

/** ffmpeg's arguments. Only numbers, and a kind that was held against the list of all, go into filters. */
function joinArguments(
	sides: readonly Side[],
	transition: Transition,
	withSound: boolean,
	output: string,
): string[] {
	const [before, after] = sides as [Side, Side];
	const { sample } = before.plan;
	const times = Float64Array.from(sample.pictures, ({ pts }) => pts).sort();
	const shape = `${smallSize(pictureSize(sample))},fps=${rateOf(frameRateOf(times)?.rate)}:start_time=0`;
	const filters = sides.flatMap(({ plan, length }, n) => {
		const { firstPts, lastPts } = plan.tail!;
		const trim = `trim=start_pts=${FEED_START}:end_pts=${FEED_START + lastPts - firstPts + 1}`;
		const [from, to] = [FEED_START / TICKS_PER_SECOND, FEED_START / TICKS_PER_SECOND + length];
		const whole = `tpad=stop_mode=clone:stop_duration=1,trim=end=${length},setsar=1,format=yuv420p`;
		const sound = `atrim=start=${from}:end=${to},asetpts=PTS-${from}/TB,aresample=48000:async=1:first_pts=0`;
		return [
			`[${n}:v:0]${trim},setpts=PTS-${FEED_START},${shape},${whole}[v${n}]`,
			...(withSound
				? [
						`[${n}:a:0]${sound},aformat=channel_layouts=stereo,apad=whole_dur=${length},atrim=end=${length}[a${n}]`,
					]
				: []),
		];
	});
	if (transition === null) {
		const inputs = withSound ? '[v0][a0][v1][a1]' : '[v0][v1]';
		filters.push(`${inputs}concat=n=2:v=1:a=${withSound ? '1[v][a]' : '0[v]'}`);
	} else {
		const { kind, seconds } = transition;
		filters.push(
			`[v0][v1]xfade=transition=${kind}:duration=${seconds}:offset=${before.length - seconds},trim=end=${before.length + after.length - seconds},format=yuv420p[v]`,
			...(withSound ? [`[a0][a1]acrossfade=d=${seconds}[a]`] : []),
		);
	}
	const inputs = sides.flatMap((_, n) => ['-f', 'mpegts', '-i', `pipe:${n + 3}`]);
	return [
		...['-hide_banner', '-nostats', '-loglevel', 'error', '-copyts', ...inputs],
		...['-filter_complex', filters.join(';'), '-map', '[v]', ...(withSound ? ['-map', '[a]'] : [])],
		...['-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '24', '-c:a', 'aac', '-b:a', '96k'],
		...['-movflags', '+faststart', '-f', 'mp4', '-y', `file:${output}`],
	];
}

/** A filter that makes pictures small and square. */
function smallSize(size: { width: number; height: number } | undefined): string {
	const { width, height } = size ?? { width: 16 * HEIGHT, height: 9 * HEIGHT };
	const scale = Math.min(1, HEIGHT / height, WIDEST / width);
	const even = (pixels: number) => Math.max(2, 2 * Math.round((pixels * scale) / 2));
	return `scale=${even(width)}:${even(height)}:flags=fast_bilinear`;
}

function rateOf(rate: FrameRate = { numerator: 25, denominator: 1 }): string {
	const { numerator, denominator } = rate;
	return `${numerator}/${denominator * (numerator / denominator > FASTEST ? 2 : 1)}`;
}
