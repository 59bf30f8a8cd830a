import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { ExecutionContext } from 'ava';
import type { CutReport, Transition } from '../../cutter/cut/cut.ts';
import {
	decodeLuma,
	type ProbedPacket,
	probePackets,
	type Source,
	ssim,
	videoHashes,
	warningsOf,
} from './streams.ts';

const run = promisify(execFile);

/** Pictures of a source by their numbers: [from, to) of each range, and how each is joined to the next. */
export interface BlendedCut {
	source: Source;
	bounds: readonly (readonly [number, number])[];
	transitions: readonly Transition[];
	/** Pictures of each transition. */
	overlaps: readonly number[];
	/** Whether the pictures between the edges have to be the source's own bytes. */
	copies: boolean;
	/** Whether the two sides of a blend have other numbers of pictures, so that they cannot be compared one by one. */
	uneven?: boolean;
}

/** A picture that is to be shown: one of the source, or the n-th of a blend of two that begin at `a` and `b`. */
type Shown =
	| { range: number; number: number }
	| { range: number; number: number; join: number; n: number; partner: number };

/** What a cut with transitions is to show, in order. */
export function shownPictures({ bounds, overlaps }: BlendedCut): Shown[] {
	return bounds.flatMap(([from, to], range) => {
		const begin = from + (overlaps[range - 1] ?? 0);
		const fade = overlaps[range] ?? 0;
		const partner = bounds[range + 1]?.[0] ?? 0;
		return Array.from({ length: to - begin }, (_, at): Shown => {
			const number = begin + at;
			const n = number - (to - fade);
			return n < 0 ? { range, number } : { range, number, join: range, n, partner: partner + n };
		});
	});
}

/** Holds what a cut with transitions has made against the rules, picture by picture and frame of sound by frame. */
export async function checkBlend(
	t: ExecutionContext,
	file: string,
	report: CutReport,
	expected: BlendedCut,
): Promise<void> {
	const { source, copies } = expected;
	const shown = shownPictures(expected);
	const packets = await probePackets(file);
	const video = packets.filter((packet) => packet.type === 'video');
	const sound = packets.filter((packet) => packet.type === 'audio');
	t.is(report.pictures, shown.length, 'the report counts the ranges less the overlaps');
	t.is(video.length, shown.length, 'the file holds the ranges less the overlaps');
	for (const stream of [video, sound])
		t.true(
			stream.every(({ dts }, n) => n === 0 || dts > stream[n - 1]!.dts),
			'DTS rises strictly',
		);
	const times = video.map((packet) => packet.pts).toSorted((a, b) => a - b);
	const frame = checkSpacing(t, times, shown, expected);
	t.true(Math.abs(report.duration - (times.at(-1)! - times[0]! + frame)) <= 2, 'the length is exact');
	if (copies) await checkCopies(t, file, video, shown, expected);
	await checkDecoded(t, file, shown, expected);
	if (source.audio.length > 0) checkSound(t, sound, times, frame, shown, expected);
	const known = new Set((await source.warnings()).split('\n'));
	const warnings = (await warningsOf(file)).split('\n').filter((line) => !known.has(line));
	t.deepEqual(warnings, [], 'ffmpeg warns of nothing that it does not warn of in the source');
}

/** Returns how long the last picture lasts. */
function checkSpacing(
	t: ExecutionContext,
	times: readonly number[],
	shown: readonly Shown[],
	{ source: { pictures } }: BlendedCut,
): number {
	const length = ({ number }: Shown) => {
		const next = pictures[number + 1] ?? pictures[number]!;
		return next.wall - pictures[number]!.wall || next.wall - pictures[number - 1]!.wall;
	};
	const wrong = shown.slice(1).filter((_, n) => Math.abs(times[n + 1]! - times[n]! - length(shown[n]!)) > 3);
	t.deepEqual(wrong, [], 'each picture lasts as long as in the source');
	return length(shown.at(-1)!);
}

/** From the first keyframe of what is shown of a range alone, nearly to its end, all pictures are the source's bytes. */
async function checkCopies(
	t: ExecutionContext,
	file: string,
	video: readonly ProbedPacket[],
	shown: readonly Shown[],
	{ source, bounds }: BlendedCut,
): Promise<void> {
	const hashes = videoHashes(await readFile(file));
	const inOrder = video.map(({ pts }, n) => ({ pts, hash: hashes[n] })).toSorted((a, b) => a.pts - b.pts);
	for (const range of bounds.keys()) {
		const own = shown
			.map((one, at) => ({ ...one, at }))
			.filter((one) => one.range === range && !('n' in one));
		const key = own.findIndex(({ number }) => source.pictures[number]!.isKey);
		const wanted = key === -1 ? [] : own.slice(key, -16);
		t.deepEqual(
			wanted.filter(({ number, at }) => inOrder[at]!.hash !== source.pictures[number]!.hash),
			[],
			`what can be copied of range ${range} is`,
		);
	}
}

async function checkDecoded(
	t: ExecutionContext,
	file: string,
	shown: readonly Shown[],
	expected: BlendedCut,
): Promise<void> {
	const { source, transitions, overlaps, bounds, uneven = false } = expected;
	const { width, height } = source;
	const [original, made, ...blends] = await Promise.all([
		source.decoded(),
		decodeLuma([file], width, height),
		...transitions.map((transition, join) =>
			transition === null || uneven
				? []
				: xfadeOf(
						source,
						bounds[join]![1] - overlaps[join]!,
						bounds[join + 1]![0],
						overlaps[join]!,
						transition.kind,
					),
		),
	]);
	t.is(made.length, shown.length, 'all pictures can be decoded');
	const worst = { alone: 1, blended: 1 };
	for (const [at, one] of shown.entries()) {
		const isBlended = 'n' in one;
		if (isBlended && uneven && one.n > 0) continue;
		const wanted = isBlended && !uneven ? blends[one.join]?.[one.n] : original[one.number];
		const value = wanted === undefined || made[at] === undefined ? 0 : ssim(made[at], wanted, width, height);
		const kind = isBlended ? 'blended' : 'alone';
		worst[kind] = Math.min(worst[kind], value);
	}
	t.true(worst.alone >= 0.98, `pictures outside of blends are the source's (SSIM ${worst.alone.toFixed(4)})`);
	t.true(worst.blended >= 0.97, `blends are ffmpeg's own (SSIM ${worst.blended.toFixed(4)})`);
}

/** The luma of ffmpeg's own blend of the source's pictures from `a` and from `b` on. */
async function xfadeOf(
	{ files, width, height }: Source,
	a: number,
	b: number,
	count: number,
	kind: string,
): Promise<Buffer[]> {
	const part = (from: number) =>
		`trim=start_frame=${from}:end_frame=${from + count},setpts=N/25/TB,fps=25,tpad=stop=3:stop_mode=clone`;
	const filter = `[0:v]split[x][y];[x]${part(a)}[x1];[y]${part(b)}[y1];[x1][y1]xfade=transition=${kind}:duration=${count / 25}:offset=0,format=yuv420p,format=gray`;
	const args = [
		'-v',
		'error',
		'-i',
		`concat:${files.join('|')}`,
		'-filter_complex',
		filter,
		'-fps_mode',
		'passthrough',
	];
	const { stdout } = await run('ffmpeg', [...args, '-f', 'rawvideo', 'pipe:1'], {
		encoding: 'buffer',
		maxBuffer: 1 << 30,
	});
	const size = width * height;
	return Array.from({ length: count }, (_, n) => stdout.subarray(n * size, (n + 1) * size));
}

/** Frames follow each other without a seam, within half a frame of the pictures, and are the source's outside of blends. */
function checkSound(
	t: ExecutionContext,
	sound: readonly ProbedPacket[],
	times: readonly number[],
	lastPicture: number,
	shown: readonly Shown[],
	{ source, copies }: BlendedCut,
): void {
	const length = sound[0]!.duration;
	const half = copies ? length / 2 + 3 : length * 2;
	const seams = sound.slice(1).filter(({ pts }, n) => Math.abs(pts - sound[n]!.pts - length) > 3);
	t.deepEqual(seams, [], 'each frame of sound begins where the one before ends');
	const [start, end] = [times[0]!, times.at(-1)! + lastPicture];
	t.true(Math.abs(sound[0]!.pts - start) <= half, 'sound begins with the pictures');
	t.true(Math.abs(sound.at(-1)!.pts + length - end) <= half, 'sound ends with the pictures');
	if (!copies) return;
	const known = new Set(source.audio.map(({ hash }) => hash));
	const isBlended = (time: number) => {
		const at = times.findLastIndex((shownAt) => shownAt <= time);
		return at !== -1 && 'n' in shown[at]!;
	};
	const wrong = sound.filter(({ pts, hash }) => {
		// A frame of which just half is in the blend may be either.
		const [early, late] = [-3, 3].map((tolerance) => isBlended(pts + length / 2 + tolerance));
		return early === late && known.has(hash) === early;
	});
	t.deepEqual(
		wrong.map(({ pts }) => pts),
		[],
		'exactly the frames within blends are made anew',
	);
}
