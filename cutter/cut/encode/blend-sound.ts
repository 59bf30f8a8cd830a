import { findProgramme } from '../mpegts/tables.ts';
import type { PlannedBlend } from '../plan/planned-blend.ts';
import type { PlannedRun } from '../plan/planned-run.ts';
import type { SoundFormat } from '../source/sound-format.ts';
import { SoundReader } from '../source/sound-scan.ts';
import type { MadeSound, SoundMoment } from '../write/assemble.ts';
import { writeFeed } from '../write/feed.ts';
import { FEED_START } from './edge-encoder.ts';
import { FfmpegError, startFfmpeg } from './ffmpeg.ts';

/** What the sound of a blend is made of. Times in ticks: `start` to `end` of the pictures, on the output's clock. */
export interface SoundPlan {
	format: SoundFormat;
	start: number;
	end: number;
	/** The first frame begins here, on the frame grid of the sound before; `count` frames of `length` follow. */
	from: number;
	length: number;
	count: number;
	/** What is added to the source's times on either side, so that copied frames go on without a seam. */
	shiftBefore: number;
	shiftAfter: number;
}

/**
 * Plans the frames of sound of a blend. The first begins where the sound before ends (within half a frame of the
 * pictures), the last ends at the border nearest to that of the pictures. Both sides are moved, by no more than half a
 * frame, as the copied frames next to them are: so a tone that is heard on both sides of a border goes on through it.
 *
 * `followsOwn`: whether the sound before is that of the side that fades out. `nextFrames`: where frames of the copied
 * sound after begin on the output's clock if nothing is added to their times.
 */
export function planSound(
	format: SoundFormat,
	{ start, end, soundEnd, shift }: SoundMoment,
	{ followsOwn, nextFrames }: { followsOwn: boolean; nextFrames: readonly number[] },
): SoundPlan {
	const length = (format.samples * 90_000) / format.rate;
	const half = length / 2;
	const goesOn = soundEnd !== undefined && soundEnd >= start - half;
	const from = goesOn ? soundEnd : start;
	const count = Math.max(0, Math.round((end - from) / length));
	const target = from + count * length;
	const next = nextFrames.find((frame) => frame >= target - half);
	return {
		...{ format, start, end, from, length, count },
		shiftBefore: goesOn && followsOwn ? shift : 0,
		shiftAfter: next !== undefined && next <= target + half ? target - next : 0,
	};
}

/** The encoder gets so many frames before the first wanted one, and after the last, beyond its own delay. */
const SPARE_FRAMES = 3;

/** On the encoder's output its first sample has this time (10 s). */
const OUTPUT_START = 900_000;

/**
 * Makes the sound of the `number`-th audio stream of a blend: decodes both sides, cross-fades them, encodes that in the
 * source's format. Undefined where neither side has sound.
 *
 * @throws FfmpegError when ffmpeg fails, or delays the sound otherwise than we know.
 */
export async function makeBlendSound(
	blend: PlannedBlend,
	number: number,
	moment: SoundMoment,
	{ ffmpeg, signal }: { ffmpeg: string; signal?: AbortSignal | undefined },
): Promise<MadeSound | undefined> {
	const track = blend.sounds[number];
	if (track?.format === undefined) return undefined;
	const toOutput = moment.end - (blend.next?.startPts ?? 0);
	const plan = planSound(track.format, moment, {
		followsOwn: blend.followsOwn,
		nextFrames: track.nextFrames.map((frame) => frame + toOutput),
	});
	const { from: start, length } = plan;
	if (plan.count === 0) return { start, length, frames: [], streamId: 0xc0 };
	const samples = countSamples(plan);
	const sides = soundSides(blend, plan, samples.ahead);
	const args = soundArguments(plan, samples, [
		track.hasBefore ? { stream: number, from: sides.before } : undefined,
		track.hasAfter ? { stream: number, from: sides.after } : undefined,
	]);
	const running = startFfmpeg(ffmpeg, args, { signal, inputs: 2 });
	running.stdin.end();
	const margin = (SPARE_FRAMES + 1) * length + SOUND_MARGIN;
	const feeds = [blend.before.run, blend.after.run].map((run, n) =>
		writeFeed(soundFeed(run, margin), running.inputs[n]!, signal),
	);
	const chunks: Buffer[] = [];
	const reading = (async () => {
		for await (const chunk of running.stdout) chunks.push(chunk as Buffer);
	})();
	const [log] = await Promise.all([
		running.finished,
		reading,
		Promise.all(feeds).catch((error: unknown) => {
			running.kill();
			throw error;
		}),
	]);
	return { start, length, ...takeFrames(Buffer.concat(chunks), plan, samples, log) };
}

/** Around the pictures of each side so much of its sound is decoded (0.5 s): decoders need some frames to begin. */
const SOUND_MARGIN = 45_000;

function soundFeed({ segments, walkFrom, startPts, endPts, tail }: PlannedRun, margin: number) {
	return {
		segments,
		decodeFrom: { segment: walkFrom, picture: 0 },
		decodeTo: tail!.decodeTo,
		base: FEED_START - startPts,
		oneFormat: true,
		sound: { from: FEED_START - margin, to: FEED_START + endPts - startPts + margin },
	};
}

/** The parts of what the encoder gets, in samples. */
interface SampleCounts {
	/** Whole frames ahead of the first wanted one. */
	spare: number;
	/** Before, in and behind the cross-fade. */
	ahead: number;
	fade: number;
	behind: number;
}

/** With its delay, the encoder's frames must lie on the grid that the plan has. */
function countSamples({ format, start, end, from }: SoundPlan): SampleCounts {
	const { rate, samples, delay } = format;
	const toSamples = (ticks: number) => Math.round((ticks * rate) / 90_000);
	const spare = Math.ceil(delay / samples) + SPARE_FRAMES;
	const ahead = toSamples(start - from) - delay + spare * samples;
	return { spare, ahead, fade: toSamples(end - start), behind: (SPARE_FRAMES + 1) * samples + delay };
}

/** Where the sound of both sides begins on the clock of their decoders (ticks). */
function soundSides(
	{ after, next }: PlannedBlend,
	{ format, start, end, shiftBefore, shiftAfter }: SoundPlan,
	ahead: number,
): { before: number; after: number } {
	// The sound after is tied to what is shown behind the blend: with equal rates, that is where it would be anyway.
	const partner = after.run.endPts - after.run.startPts;
	const early = next === undefined ? 0 : partner - (end - start);
	return {
		before: FEED_START - shiftBefore - (ahead * 90_000) / format.rate,
		after: FEED_START - shiftAfter + early,
	};
}

/** ffmpeg's arguments; a side without sound is silent. */
function soundArguments(
	{ format }: SoundPlan,
	{ ahead, fade, behind }: SampleCounts,
	sides: readonly ({ stream: number; from: number } | undefined)[],
): string[] {
	const { rate, layout } = format;
	const lengths = [ahead + fade, fade + behind];
	const filters = sides.map((side, n) => {
		const whole = `apad=whole_len=${lengths[n]},atrim=end_sample=${lengths[n]}`;
		const form = `aformat=sample_fmts=fltp:channel_layouts=${layout},${whole}[s${n}]`;
		if (side === undefined) return `anullsrc=r=${rate}:cl=${layout},atrim=end_sample=${lengths[n]},${form}`;
		const from = (side.from / 90_000).toFixed(6);
		return `[${n}:a:${side.stream}]atrim=start=${from},asetpts=PTS-${from}/TB,aresample=${rate}:async=1:first_pts=0,${form}`;
	});
	filters.push(`[s0][s1]acrossfade=ns=${fade},asetpts=N/SR/TB[s]`);
	return [
		...['-hide_banner', '-nostdin', '-loglevel', 'error', '-copyts'],
		...['-f', 'mpegts', '-i', 'pipe:3', '-f', 'mpegts', '-i', 'pipe:4'],
		...['-filter_complex', filters.join(';'), '-map', '[s]', '-ar', String(rate), ...format.arguments],
		...['-mpegts_copyts', '1', '-output_ts_offset', String(OUTPUT_START / 90_000), '-f', 'mpegts', 'pipe:1'],
	];
}

/** The wanted frames of what the encoder made. */
function takeFrames(
	bytes: Buffer,
	{ format, count }: SoundPlan,
	{ spare }: SampleCounts,
	log: string,
): Pick<MadeSound, 'frames' | 'streamId'> {
	const pid = findProgramme(bytes)?.audio[0]?.pid ?? -1;
	const reader = new SoundReader(format.codec);
	const frames = [...reader.read(bytes, pid, OUTPUT_START, 0), ...reader.end(OUTPUT_START, 0)];
	const delay = (-(frames[0]?.start ?? 0) + OUTPUT_START) * (format.rate / 90_000);
	if (frames.length < spare + count)
		throw new FfmpegError(`ffmpeg made ${frames.length} frames of sound of ${spare + count}.`, log);
	if (Math.abs(delay - format.delay) > 1)
		throw new FfmpegError(
			`ffmpeg's encoder delays ${format.codec} by ${delay.toFixed(1)} samples, not by ${format.delay}.`,
			log,
		);
	const wanted = frames.slice(spare, spare + count).map((frame) => frame.bytes);
	return { frames: wanted, streamId: format.codec === 'aac' || format.codec === 'mpeg-audio' ? 0xc0 : 0xbd };
}
