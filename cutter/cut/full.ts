import { createInterface } from 'node:readline';
import { edgeCodec } from './edge-codec.ts';
import { pictureFormat } from './edge-encoder.ts';
import { type Feed, writeFeed } from './feed.ts';
import { FfmpegError, startFfmpeg } from './ffmpeg.ts';
import type { PlannedRun } from './planned-run.ts';
import { spread, xfadeFilters } from './transition-encoder.ts';

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

/** A run of a full cut; or what it becomes, blended by `kind` with the pictures of `partner`. */
export interface FullPart {
	run: PlannedRun;
	blend?: { kind: string; partner: PlannedRun } | undefined;
}

/**
 * Re-encodes exactly the pictures of the planned runs (all made with `copy: false`) with ffmpeg's `encoderArguments` into an
 * MPEG-TS file. ffmpeg reads each run from a pipe of its own, trims it to the pictures and to the sound beneath them,
 * and joins them.
 *
 * @throws FfmpegError when ffmpeg fails or makes another number of pictures than planned.
 */
export async function fullCut(
	parts: readonly FullPart[],
	output: string,
	encoderArguments: readonly string[],
	{ ffmpeg, signal, onProgress }: FullTools,
): Promise<void> {
	const runs = parts.flatMap(runsOf);
	const sounds = Math.min(...runs.map((run) => run.sample.programme.audio.length));
	const hasVideo = runs[0]?.sample.programme.video !== undefined;
	const running = startFfmpeg(ffmpeg, fullArguments(parts, sounds, hasVideo, encoderArguments, output), {
		signal,
		inputs: runs.length,
	});
	const wanted = parts.reduce((sum, { run }) => sum + (run.tail?.pts.length ?? 0), 0);
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

/** The runs that a part is made of, each of which ffmpeg reads from a pipe of its own. */
function runsOf({ run, blend }: FullPart): PlannedRun[] {
	return blend === undefined ? [run] : [run, blend.partner];
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
	parts: readonly FullPart[],
	sounds: number,
	hasVideo: boolean,
	encoderArguments: readonly string[],
	output: string,
): string[] {
	const filters: string[] = [];
	const joined: string[] = [];
	let input = 0;
	for (const [n, part] of parts.entries()) {
		const { run, blend } = part;
		if (blend !== undefined) filters.push(...blendFilters(run, blend, input, sounds).map(labelsOf(n)));
		else {
			if (hasVideo) filters.push(`${pictures(run, input)},setpts=PTS-${FEED_START}[v${n}]`);
			for (let sound = 0; sound < sounds; sound++)
				filters.push(`${soundBeneath(run, input, sound)}[a${n}_${sound}]`);
		}
		if (hasVideo) joined.push(`[v${n}]`);
		for (let sound = 0; sound < sounds; sound++) joined.push(`[a${n}_${sound}]`);
		input += runsOf(part).length;
	}
	const outputs = [
		...(hasVideo ? ['[v]'] : []),
		...Array.from({ length: sounds }, (_, sound) => `[a${sound}]`),
	];
	filters.push(
		`${joined.join('')}concat=n=${parts.length}:v=${hasVideo ? 1 : 0}:a=${sounds}${outputs.join('')}`,
	);
	const inputs = Array.from({ length: input }, (_, n) => ['-f', 'mpegts', '-i', `pipe:${n + 3}`]).flat();
	return [
		...['-hide_banner', '-nostdin', '-loglevel', 'error', '-progress', 'pipe:1', '-copyts', ...inputs],
		...['-filter_complex', filters.join(';'), ...outputs.flatMap((label) => ['-map', label])],
		...['-fps_mode', 'passthrough', ...encoderArguments, ...CLOCK_FROM_ZERO],
		...['-f', 'mpegts', '-y', `file:${output}`],
	];
}

/** The pictures of a run, on its decoder's clock. */
function pictures({ tail }: PlannedRun, input: number): string {
	const pts = tail?.pts ?? [];
	const last = FEED_START + (pts.at(-1) ?? 0) - (pts[0] ?? 0);
	return `[${input}:v:0]trim=start_pts=${FEED_START}:end_pts=${last + 1}`;
}

/** The sound beneath the pictures of a run, from 0. */
function soundBeneath({ startPts, endPts }: PlannedRun, input: number, sound: number): string {
	const from = FEED_START / 90_000;
	const to = (FEED_START + endPts - startPts) / 90_000;
	return `[${input}:a:${sound}]atrim=start=${from}:end=${to},asetpts=PTS-${from}/TB,aresample=async=1:first_pts=0`;
}

/** A run blended with its partner as [v], its sounds as [a_0] and so on. The pictures are shown evenly over its length. */
function blendFilters(
	run: PlannedRun,
	{ kind, partner }: NonNullable<FullPart['blend']>,
	input: number,
	sounds: number,
): string[] {
	const length = run.endPts - run.startPts;
	const count = run.tail?.pts.length ?? 0;
	const partners = partner.tail?.pts.length ?? 0;
	const frame = reduced(length, count);
	const even = `settb=${frame.num}/${90_000 * frame.den},setpts=N,fps=${90_000 * frame.den}/${frame.num}`;
	const seconds = length / 90_000;
	const filters = [
		`${pictures(run, input)},${even}[a]`,
		`${pictures(partner, input + 1)},${spread(partners, count)}${even}[partner]`,
		...xfadeFilters(kind, {
			...{ pictures: count, seconds, interlaced: run.sample.sps?.interlaced ?? false },
			format: pictureFormat(edgeCodec([run.sample])?.format),
		}),
		`[blend]settb=1/90000,setpts=round(N*${frame.num}/${frame.den})[v]`,
	];
	const whole = `apad=whole_dur=${seconds}`;
	for (let sound = 0; sound < sounds; sound++)
		filters.push(
			`${soundBeneath(run, input, sound)},${whole}[before_${sound}]`,
			`${soundBeneath(partner, input + 1, sound)},${whole}[after_${sound}]`,
			`[before_${sound}][after_${sound}]acrossfade=d=${seconds}[a_${sound}]`,
		);
	return filters;
}

/** The same fraction in the smallest numbers. */
function reduced(num: number, den: number): { num: number; den: number } {
	let [a, b] = [num, den];
	while (b > 0) [a, b] = [b, a % b];
	return { num: num / a, den: den / a };
}

/** Makes the labels of a filter those of the n-th part: `[v]` becomes `[v0]`, `[a_1]` becomes `[a0_1]`. */
function labelsOf(n: number): (filter: string) => string {
	return (filter) => filter.replaceAll(/\[([a-z]+)(_\d+)?\]/g, `[$1${n}$2]`);
}
