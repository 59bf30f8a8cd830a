import { createInterface } from 'node:readline';
import { FfmpegError, startFfmpeg } from './encode/ffmpeg.ts';
import { spread, xfadeFilters } from './encode/transition-encoder.ts';
import type { SegmentIndex } from './mpegts/segment-index.ts';
import type { PlannedRun } from './plan/planned-run.ts';
import { fitFilters, formatOf, pixelFormat, sameFormat } from './source/picture-format.ts';
import { silentSounds } from './source/sound-scan.ts';
import { SHORT_OF_PICTURES, type Silence } from './write/audio-track.ts';
import { type Feed, writeFeed } from './write/feed.ts';

/**
 * ffmpeg's MPEG-TS lets the first PCR be so much (0.7 s) before the first DTS, and adds twice that to all times unless told
 * not to.
 */
const MUX_DELAY = 63_000;

/** Encoders begin with so many pictures before one is shown, as they reorder (x264 and x265 by default). */
const REORDERED = 3;

/** The first PCR is not to be below 0, so the first picture is shown so late at least (0.1 s in ticks) after the mux delay. */
const FIRST_SHOWN = 9_000;

/**
 * What is used when the configuration names no arguments. Grain over fine detail, in motion or in the dark, keeps an SSIM of
 * 0.965 to 0.98 to the source in its worst picture, and moving noise 0.98; with three steps less, which make files a third
 * smaller at the same speed, the worst was 0.94.
 */
export const DEFAULT_FULL_ARGUMENTS = [
	'-c:v',
	'libx264',
	'-preset',
	'veryfast',
	'-crf',
	'15',
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
 * and joins them. Returns for each part where its sounds have gaps, in ticks after its beginning.
 *
 * @throws FfmpegError when ffmpeg fails or makes another number of pictures than planned.
 */
export async function fullCut(
	parts: readonly FullPart[],
	output: string,
	encoderArguments: readonly string[],
	{ ffmpeg, signal, onProgress }: FullTools,
): Promise<(readonly Silence[])[][]> {
	const runs = parts.flatMap(runsOf);
	const sounds = Math.min(...runs.map((run) => run.sample.programme.audio.length));
	const hasVideo = runs[0]?.sample.programme.video !== undefined;
	const silent = await Promise.all(runs.map((run) => silentSounds(run, sounds, signal)));
	const args = fullArguments(parts, silent, hasVideo, encoderArguments, output);
	const running = startFfmpeg(ffmpeg, args, {
		signal,
		inputs: runs.length,
	});
	const wanted = parts.reduce((sum, { run }) => sum + (run.tail?.count ?? 0), 0);
	const seconds = parts.reduce((sum, { run }) => sum + run.endPts - run.startPts, 0) / 90_000;
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
		if (key === 'frame') frames = Number(value);
		// Sound alone has no pictures to count. ("N/A" before the first of it.)
		const done = hasVideo ? frames / wanted : Number(value) / 1e6 / seconds;
		if (key === (hasVideo ? 'frame' : 'out_time_us') && done >= 0) onProgress(Math.min(1, done));
	}
	const [log, silences] = await Promise.all([running.finished, feeding]).catch(async (error: unknown) => {
		// When reading a segment failed, ffmpeg was killed: the reading is what matters.
		await feeding;
		throw error;
	});
	if (hasVideo && frames !== wanted)
		throw new FfmpegError(
			`ffmpeg made ${frames} pictures of ${wanted}: parts of the segments are damaged.`,
			log,
		);
	let next = 0;
	return parts.map((part) => {
		const own = silences[next]!;
		next += runsOf(part).length;
		return own.map((silence) => within(silence, part.run.endPts - part.run.startPts));
	});
}

/** Of the silences of a feed those beneath its pictures, which last for `length`. */
function within(silences: readonly Silence[], length: number): Silence[] {
	return silences.flatMap((silence) => {
		const from = Math.max(0, silence.from - SOUND_MARGIN);
		const to = Math.min(length, silence.to - SOUND_MARGIN);
		const most = from === 0 || to === length ? SHORT_OF_PICTURES : 0;
		return to - from > most ? [{ from, to }] : [];
	});
}

/** The runs that a part is made of, each of which ffmpeg reads from a pipe of its own. */
function runsOf({ run, blend }: FullPart): PlannedRun[] {
	return blend === undefined ? [run] : [run, blend.partner];
}

function feedOf(run: PlannedRun, withSound: boolean): Feed {
	const { segments, tail, walkFrom, startPts, endPts, soundKinds: kinds } = run;
	const decodeFrom = tail?.decodeFrom ?? { segment: walkFrom, picture: 0 };
	const decodeTo = tail?.decodeTo ?? { segment: run.end.segment, picture: 0 };
	const isAhead = walkFrom <= decodeFrom.segment;
	const to = FEED_START + endPts - startPts + SOUND_MARGIN;
	const sound = { from: FEED_START - SOUND_MARGIN, to, kinds };
	return {
		...{ segments, decodeFrom, decodeTo, readFrom: isAhead ? walkFrom : decodeFrom.segment },
		base: FEED_START - (isAhead ? startPts : tail!.firstPts),
		oneFormat: true,
		...(withSound && { sound }),
	};
}

/** ffmpeg's arguments for a full cut. `silent` tells of each run, and each of the sounds that all runs have, whether it has no frame. */
export function fullArguments(
	parts: readonly FullPart[],
	silent: readonly (readonly boolean[])[],
	hasVideo: boolean,
	encoderArguments: readonly string[],
	output: string,
): string[] {
	const sounds = silent[0]?.length ?? 0;
	const filters: string[] = [];
	const joined: string[] = [];
	const target = parts[0]!.run.sample;
	let input = 0;
	let begin = 0;
	for (const [n, part] of parts.entries()) {
		const { run, blend } = part;
		if (blend !== undefined)
			filters.push(...blendFilters(run, blend, input, silent, target).map(labelsOf(n)));
		else {
			if (hasVideo) filters.push(`${pictures(run, input, target)},setpts=PTS-${FEED_START}[v${n}]`);
			for (let sound = 0; sound < sounds; sound++)
				filters.push(`${soundBeneath(run, input, sound, silent)}[a${n}_${sound}]`);
		}
		// Each part begins where the one before ends, to the tick: `concat` would take the mean length of its pictures.
		if (hasVideo) filters.push(`[v${n}]settb=1/90000,setpts=PTS+${begin}[p${n}]`);
		for (let sound = 0; sound < sounds; sound++) joined.push(`[a${n}_${sound}]`);
		begin += run.endPts - run.startPts;
		input += runsOf(part).length;
	}
	const outputs = Array.from({ length: sounds }, (_, sound) => `[a${sound}]`);
	if (hasVideo) {
		const all = parts.map((_, n) => `[p${n}]`).join('');
		filters.push(`${all}${parts.length > 1 ? `interleave=n=${parts.length}` : 'null'}[v]`);
		outputs.unshift('[v]');
	}
	if (sounds > 0) {
		const labels = outputs.slice(-sounds).join('');
		filters.push(`${joined.join('')}concat=n=${parts.length}:v=0:a=${sounds}${labels}`);
	}
	const inputs = Array.from({ length: input }, (_, n) => ['-f', 'mpegts', '-i', `pipe:${n + 3}`]).flat();
	return [
		...['-hide_banner', '-nostdin', '-loglevel', 'error', '-progress', 'pipe:1', '-copyts', ...inputs],
		...['-filter_complex', filters.join(';'), ...outputs.flatMap((label) => ['-map', label])],
		...['-fps_mode', 'passthrough', ...encoderClock(parts, encoderArguments), ...encoderArguments],
		...['-mpegts_copyts', '1', '-output_ts_offset', ((MUX_DELAY + firstShown(parts)) / 90_000).toFixed(6)],
		...['-f', 'mpegts', '-y', `file:${output}`],
	];
}

/**
 * By default an encoder counts in pictures of the mean rate, and says that rate in its stream. Those of a variable rate, or of
 * several, do not fit that: then it counts in ticks. (Encoders of MPEG-1, -2 and -4 only know a rate.)
 */
function encoderClock(parts: readonly FullPart[], encoderArguments: readonly string[]): string[] {
	const isOld = encoderArguments.some((argument) => /^(mpeg[124]|libxvid)/.test(argument));
	const steps = parts.flatMap(runsOf).flatMap(({ sample }) => {
		const times = sample.pictures.map((picture) => picture.pts).sort((a, b) => a - b);
		return times.slice(1).map((pts, n) => pts - times[n]!);
	});
	const isEven = Math.max(...steps) - Math.min(...steps) <= 2;
	return isOld || isEven ? [] : ['-enc_time_base:v', '1:90000'];
}

/** How long after the output's beginning the first picture is decoded, and shown: encoders reorder. */
function firstShown([first]: readonly FullPart[]): number {
	const run = first?.run;
	const pts = run?.tail?.pts ?? run?.sample.pictures.map((picture) => picture.pts) ?? [];
	const earliest = Array.from({ length: Math.min(REORDERED, pts.length) }, (_, n) => pts[n]!);
	return Math.max(FIRST_SHOWN, Math.max(...earliest) - Math.min(...earliest));
}

/** The pictures of a run, on its decoder's clock, in the format of the first. */
function pictures({ tail, sample }: PlannedRun, input: number, target: SegmentIndex): string {
	const last = FEED_START + (tail?.lastPts ?? 0) - (tail?.firstPts ?? 0);
	const fit = sameFormat(sample, target) ? [] : fitFilters(formatOf(target));
	return [`[${input}:v:0]trim=start_pts=${FEED_START}:end_pts=${last + 1}`, ...fit].join(',');
}

/** The sound beneath the pictures of a run, from 0, exactly as long as they are shown. */
function soundBeneath(
	{ startPts, endPts }: PlannedRun,
	input: number,
	sound: number,
	silent: readonly (readonly boolean[])[],
): string {
	const from = FEED_START / 90_000;
	const length = (endPts - startPts) / 90_000;
	const to = from + length;
	// What ffmpeg never sees a frame of has no format, and could not be joined with another.
	if (silent[input]?.[sound]) return `anullsrc=sample_rate=48000:channel_layout=stereo,atrim=end=${length}`;
	return `[${input}:a:${sound}]atrim=start=${from}:end=${to},asetpts=PTS-${from}/TB,aresample=async=1:first_pts=0,apad=whole_dur=${length},atrim=end=${length}`;
}

/** A run blended with its partner as [v], its sounds as [a_0] and so on. The pictures are shown evenly over its length. */
function blendFilters(
	run: PlannedRun,
	{ kind, partner }: NonNullable<FullPart['blend']>,
	input: number,
	silent: readonly (readonly boolean[])[],
	target: SegmentIndex,
): string[] {
	const length = run.endPts - run.startPts;
	const count = run.tail?.count ?? 0;
	const partners = partner.tail?.count ?? 0;
	const frame = reduced(length, count);
	const even = `settb=${frame.num}/${90_000 * frame.den},setpts=N,fps=${90_000 * frame.den}/${frame.num}`;
	const seconds = length / 90_000;
	const filters = [
		`${pictures(run, input, target)},${even}[a]`,
		`${pictures(partner, input + 1, target)},${spread(partners, count)}${even}[partner]`,
		...xfadeFilters(kind, {
			...{ pictures: count, seconds, interlaced: run.sample.sps?.interlaced ?? false },
			format: pixelFormat(formatOf(target)),
		}),
		`[blend]settb=1/90000,setpts=round(N*${frame.num}/${frame.den})[v]`,
	];
	const whole = `apad=whole_dur=${seconds}`;
	for (let sound = 0; sound < (silent[0]?.length ?? 0); sound++)
		filters.push(
			`${soundBeneath(run, input, sound, silent)},${whole}[before_${sound}]`,
			`${soundBeneath(partner, input + 1, sound, silent)},${whole}[after_${sound}]`,
			`[before_${sound}][after_${sound}]acrossfade=d=${seconds},asetpts=N/SR/TB,${whole},atrim=end=${seconds}[a_${sound}]`,
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
