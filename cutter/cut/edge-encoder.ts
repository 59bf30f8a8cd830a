import type { SequenceSegment } from '../segments/best-sequence.ts';
import { H264_NAL, readH264PpsIds, readH264Sps, sameSpsLayout } from './codec/h264.ts';
import { nalUnits } from './codec/nal.ts';
import { EdgePictures, type EncodedPicture } from './edge-pictures.ts';
import { writeFeed } from './feed.ts';
import { startFfmpeg } from './ffmpeg.ts';
import type { SegmentIndex } from './mpegts/segment-index.ts';
import type { EdgeToEncode } from './planned-run.ts';

/** Where the pictures given to the decoder begin on its clock (10 s): room for what is decoded, but not wanted. */
const FEED_START = 900_000;

/**
 * Constant quality of x264, where 0 is lossless. At 15, frames of real and of synthetic footage keep an SSIM of at
 * least 0.98 to the source.
 */
const CRF = 15;

/** What the re-encoded pictures have to fit. */
export interface EdgeTarget {
	/** Of a segment whose copied pictures stand next to them. */
	sample: SegmentIndex;
	/** Parameter set id that the copied pictures do not use. */
	parameterSetId: number;
	/** Pictures per second. */
	frameRate: { num: number; den: number };
	interlaced: boolean;
	/** Whether the pictures come from a stream of other parameters, and have to be made alike first. */
	convert: boolean;
}

/** Starts to decode and encode an edge. Its pictures come out in the order of showing, one access unit each. */
export function encodeEdge(
	edge: EdgeToEncode,
	segments: readonly SequenceSegment[],
	target: EdgeTarget,
	{ ffmpeg, signal }: { ffmpeg: string; signal?: AbortSignal | undefined },
): EdgePictures {
	const base = FEED_START - edge.pts[0]!;
	const running = startFfmpeg(ffmpeg, edgeArguments(edge, target, base), { signal });
	const pictures = new EdgePictures(running, 'h264', h264Finisher(target));
	const { decodeFrom, decodeTo } = edge;
	writeFeed({ segments, decodeFrom, decodeTo, base }, running.stdin, signal).catch((error: unknown) => {
		pictures.fail(error);
		running.kill();
	});
	return pictures;
}

/** ffmpeg's arguments: transport stream in, exactly the pictures of the edge out, as Annex B with delimiters. */
export function edgeArguments(edge: EdgeToEncode, target: EdgeTarget, base: number): string[] {
	const { num, den } = target.frameRate;
	const from = edge.pts[0]! + base;
	const to = edge.pts.at(-1)! + base + 1;
	// Each picture's time is known, so the encoder gets an even rate, the one that its parameter set is to say.
	const steps = [
		`trim=start_pts=${from}:end_pts=${to}`,
		`settb=${den}/${num}`,
		'setpts=N',
		`fps=${num}/${den}`,
	];
	if (target.convert) steps.push(...conversion(target.sample));
	const filter = steps.join(',');
	return [
		...['-hide_banner', '-loglevel', 'error', '-copyts', '-f', 'mpegts', '-i', 'pipe:0'],
		...['-map', '0:v:0', '-vf', filter, ...h264Arguments(target), '-f', 'h264', 'pipe:1'],
	];
}

/** Filters that bring pictures of another stream to the size and pixel format of the target. */
function conversion({ sps }: SegmentIndex): string[] {
	if (sps === undefined) return [];
	const format = ['gray', 'yuv420p', 'yuv422p', 'yuv444p'][sps.chromaFormat] ?? 'yuv420p';
	return [
		`scale=${sps.width}:${sps.height}`,
		`format=${format}${sps.bitDepth > 8 ? `${sps.bitDepth}le` : ''}`,
	];
}

function h264Arguments({ sample, parameterSetId, interlaced }: EdgeTarget): string[] {
	const profile = H264_PROFILES.get(sample.sps?.profileBytes[0] ?? 0);
	const settings = {
		'sps-id': parameterSetId,
		aud: 1,
		bframes: 0,
		scenecut: 0,
		'rc-lookahead': 0,
		mbtree: 0,
		weightp: 0,
	};
	const list = Object.entries(settings).map(([key, value]) => `${key}=${value}`);
	return [
		...['-c:v', 'libx264', '-preset', 'veryfast', '-crf', String(CRF), '-x264-params', list.join(':')],
		...(profile === undefined ? [] : ['-profile:v', profile]),
		...(interlaced ? ['-flags', '+ildct+ilme'] : []),
	];
}

/** profile_idc and what x264 calls it. */
const H264_PROFILES = new Map([
	[66, 'baseline'],
	[77, 'main'],
	[100, 'high'],
	[110, 'high10'],
	[122, 'high422'],
	[244, 'high444'],
]);

/** Puts the source's profile, constraint flags and level into the parameter sets of an access unit. */
function h264Finisher({ sample }: EdgeTarget): (unit: Buffer) => EncodedPicture {
	const wanted = sample.sps?.profileBytes;
	return (bytes) => {
		let isKey = false;
		for (const { start } of nalUnits(bytes)) {
			const type = bytes[start]! & 0x1f;
			if (type === H264_NAL.idr) isKey = true;
			if (type !== H264_NAL.sps || wanted === undefined) continue;
			// No emulation prevention can be needed within these bytes: profile_idc is not 0.
			if (sameSpsLayout(bytes[start + 1]!, wanted[0]!)) wanted.copy(bytes, start + 1);
		}
		return { bytes, isKey };
	};
}

/** An id, the highest possible, that no parameter set in `indexes` has; undefined when all are taken. */
export function unusedParameterSetId(indexes: readonly SegmentIndex[]): number | undefined {
	const used = new Set<number | undefined>();
	for (const { sequenceSets, pictureSets } of indexes) {
		for (const set of sequenceSets) used.add(readH264Sps(set)?.id);
		for (const set of pictureSets) used.add(readH264PpsIds(set)?.id);
	}
	// x264 gives the picture parameter set the id of the sequence parameter set, and that ends at 31.
	for (let id = 31; id >= 0; id--) if (!used.has(id)) return id;
	return undefined;
}
