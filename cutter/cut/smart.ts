import { makeBlendSound } from './encode/blend-sound.ts';
import { type EdgeCodec, edgeCodec } from './encode/edge-codec.ts';
import { type EdgeTarget, encodeEdge } from './encode/edge-encoder.ts';
import type { EdgePictures } from './encode/edge-pictures.ts';
import { encodeBlend } from './encode/transition-encoder.ts';
import type { SegmentIndex } from './mpegts/segment-index.ts';
import { sameParameters } from './plan/parameters.ts';
import type { PlannedBlend } from './plan/planned-blend.ts';
import type { EdgeToEncode, PlannedRun } from './plan/planned-run.ts';
import { Assembler, type PictureSource, type RunEdges, type WrittenRun } from './write/assemble.ts';
import type { Sink } from './write/output-stream.ts';

/** What a smart cut works with. */
export interface SmartTools {
	ffmpeg: string;
	signal: AbortSignal;
	/** Of all segments to be read, the part that is done (0 to 1). */
	onProgress: (fraction: number) => void;
	/** Told the number of each run as it begins. */
	onRun: (run: number) => void;
}

/**
 * Makes a smart cut of the planned runs, one after the other, into `sink`. `blends`, by the number of their run, are shown
 * in place of it.
 */
export async function smartCut(
	runs: readonly PlannedRun[],
	blends: ReadonlyMap<number, PlannedBlend>,
	sink: Sink,
	tools: SmartTools,
): Promise<WrittenRun[]> {
	const codec = edgeCodec(runs.map((run) => run.sample));
	if (codec === undefined) throw new RangeError('All ids of parameter sets are in use.');
	const programme = runs[0]!.sample.programme;
	const assembler = new Assembler(programme, sink, tools.signal);
	const targetOf = (run: PlannedRun) => edgeTarget(codec, runs[0]!.sample, run.sample);
	const encoders = new Map(
		[...blends].map(([number, blend]) => {
			const convertAfter = targetOf(blend.after.run).convert;
			const target = { ...targetOf(runs[number]!), closes: blend.closes, convertAfter };
			return [number, once(() => encodeBlend(blend, target, tools))];
		}),
	);
	const edges = runs.map((run, number): RunEdges => {
		const encode = (edge: EdgeToEncode | undefined, closes: boolean) =>
			edge && encodeEdge(edge, run.segments, { ...targetOf(run), closes }, tools);
		const nextHead = () => edges[number + 1]?.head();
		const [own, before, after] = [number, number - 1, number + 1].map((n) => blends.get(n));
		if (own !== undefined) return blendEdges(own, encoders.get(number)!, nextHead, tools);
		const head = once(() =>
			before !== undefined && before.head > 0
				? lent(encoders.get(number - 1)!(), true)
				: encode(run.head, run.headCloses),
		);
		const tail = once(() => {
			const started =
				after !== undefined && after.tail > 0
					? lent(encoders.get(number + 1)!(), false)
					: encode(run.tail, false);
			nextHead();
			return started;
		});
		return { head, tail };
	});
	const total = runs.reduce((sum, run) => sum + segmentCount(run), 0);
	let done = 0;
	const written: WrittenRun[] = [];
	for (const [number, run] of runs.entries()) {
		tools.onRun(number);
		const report = (segments: number) => tools.onProgress(Math.min(1, (done + segments) / total));
		written.push(await assembler.writeRun(run, edges[number]!, report));
		done += segmentCount(run);
	}
	await assembler.end();
	return written;
}

/** A blend has no copy, and so no head: it stands in the place of its run's tail. */
function blendEdges(
	blend: PlannedBlend,
	encoder: () => EdgePictures,
	nextHead: () => unknown,
	tools: SmartTools,
): RunEdges {
	const tail = once(() => {
		const pictures = lent(encoder(), blend.head === 0);
		nextHead();
		return pictures;
	});
	return {
		head: () => {
			encoder();
			return undefined;
		},
		tail,
		sound: (number, moment) => makeBlendSound(blend, number, moment, tools),
	};
}

/** The pictures of an encoder that works for several runs: only the last one sees it end. */
function lent(pictures: EdgePictures, isLast: boolean): PictureSource {
	return {
		take: (count) => pictures.take(count),
		end: async () => {
			if (isLast) await pictures.end();
		},
	};
}

function segmentCount({ walkFrom, end }: PlannedRun): number {
	return end.segment - walkFrom + 1;
}

function edgeTarget(codec: EdgeCodec, sample: SegmentIndex, own: SegmentIndex): Omit<EdgeTarget, 'closes'> {
	const { pictures, smallestPts, largestPts, sps } = sample;
	const frame = pictures.length > 1 ? (largestPts - smallestPts) / (pictures.length - 1) : 3600;
	return {
		codec,
		frameRate: sps?.frameRate ?? nearestFrameRate(frame),
		interlaced: sps?.interlaced ?? false,
		convert: !sameParameters(sample, own),
	};
}

/** A function that does its work the first time, and then gives the same result. */
function once<T>(work: () => T): () => T {
	let done: { result: T } | undefined;
	return () => {
		done ??= { result: work() };
		return done.result;
	};
}

/** The usual rate that a mean time between pictures (ticks) stands for; else the rate itself. */
export function nearestFrameRate(frame: number): { num: number; den: number } {
	for (const num of [24, 25, 30, 48, 50, 60, 100, 120]) {
		if (Math.abs(90_000 / num - frame) < 0.6) return { num, den: 1 };
		if (Math.abs(90_090 / num - frame) < 0.6) return { num: num * 1000, den: 1001 };
	}
	return { num: 90_000, den: Math.max(1, Math.round(frame)) };
}
