import type { SequenceSegment } from '../../segments/best-sequence.ts';
import type { EdgeToEncode } from '../plan/planned-run.ts';
import { fitFilters } from '../source/picture-format.ts';
import { writeFeed } from '../write/feed.ts';
import type { EdgeCodec } from './edge-codec.ts';
import { EdgePictures } from './edge-pictures.ts';
import { startFfmpeg } from './ffmpeg.ts';

/** Where the pictures given to the decoder begin on its clock (10 s): room for what is decoded, but not wanted. */
export const FEED_START = 900_000;

/** What the re-encoded pictures have to fit. */
export interface EdgeTarget {
	codec: EdgeCodec;
	/** Pictures per second. */
	frameRate: { num: number; den: number };
	interlaced: boolean;
	/** Whether the pictures come from a stream of other parameters, and have to be made alike first. */
	convert: boolean;
	/** Whether the last picture ends the coded sequence. */
	closes: boolean;
}

/** Starts to decode and encode an edge. Its pictures come out in the order of showing, one access unit each. */
export function encodeEdge(
	edge: EdgeToEncode,
	segments: readonly SequenceSegment[],
	target: EdgeTarget,
	{ ffmpeg, signal }: { ffmpeg: string; signal?: AbortSignal | undefined },
): EdgePictures {
	const base = FEED_START - edge.firstPts;
	const running = startFfmpeg(ffmpeg, edgeArguments(edge, target, base), { signal });
	const pictures = new EdgePictures(running, target.codec, target.closes ? edge.count : undefined);
	const { decodeFrom, decodeTo } = edge;
	const shown = { from: FEED_START, to: edge.lastPts + base };
	writeFeed({ segments, decodeFrom, decodeTo, base, shown }, running.stdin, signal).catch(
		(error: unknown) => {
			pictures.fail(error);
			running.kill();
		},
	);
	return pictures;
}

/** ffmpeg's arguments: transport stream in, exactly the pictures of the edge out, as Annex B with delimiters. */
export function edgeArguments(edge: EdgeToEncode, target: EdgeTarget, base: number): string[] {
	const { num, den } = target.frameRate;
	const from = edge.firstPts + base;
	const to = edge.lastPts + base + 1;
	// Each picture's time is known, so the encoder gets an even rate, the one that its parameter set is to say.
	const steps = [
		`trim=start_pts=${from}:end_pts=${to}`,
		`settb=${den}/${num}`,
		'setpts=N',
		`fps=${num}/${den}`,
	];
	if (target.convert) steps.push(...fitFilters(target.codec.format));
	return [
		...['-hide_banner', '-loglevel', 'error', '-copyts', '-f', 'mpegts', '-i', 'pipe:0', '-map', '0:v:0'],
		...['-vf', steps.join(','), ...target.codec.arguments(target.interlaced), 'pipe:1'],
	];
}
