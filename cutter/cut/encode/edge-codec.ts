import {
	H264_NAL,
	type H264Reordering,
	readH264PpsIds,
	readH264Sps,
	sameSpsLayout,
	withReordering,
} from '../codec/h264.ts';
import {
	HEVC_END_OF_SEQUENCE,
	HEVC_NAL,
	hevcDemands,
	hevcNalType,
	hevcParameterSetId,
	isSliceId,
	renumberHevcNal,
} from '../codec/hevc.ts';
import { nalUnits } from '../codec/nal.ts';
import type { SegmentIndex } from '../mpegts/segment-index.ts';
import { formatOf, type PictureFormat } from '../source/picture-format.ts';

/** A re-encoded picture: an access unit in Annex B form. */
export interface EncodedPicture {
	bytes: Buffer;
	isKey: boolean;
}

/** How one codec's edges are encoded, so that they fit between copied pictures. */
export interface EdgeCodec {
	name: 'h264' | 'hevc';
	/**
	 * ffmpeg's arguments for the encoder; the output has access unit delimiters and no B-frames. `isBlend`: the pictures
	 * are a blend, which is harder, and which would take quality from the edges that the same encoder makes.
	 */
	arguments: (interlaced: boolean, isBlend?: boolean) => string[];
	/** Puts the source's profile and level, and ids of their own, into an encoded access unit. */
	finish: (unit: Buffer) => EncodedPicture;
	/** Ends the coded sequence, at the end of an access unit. */
	closing: Buffer;
	/** The source's picture, for material that has to be made alike; undefined when it is unknown. */
	format: PictureFormat | undefined;
}

/**
 * Constant quality of x264 and x265, where 0 is lossless. At these moving noise, grain over fine detail and detail in the
 * dark keep an SSIM of 0.984 to the source in the worst picture of x264, and of 0.991 in that of x265. (With four steps more, which are 3 % faster, noise falls to 0.968.)
 */
const H264_CRF = 13;
const HEVC_CRF = 10;
/** So much less for blends. */
const BLEND_FINER = 2;

/** The edge codec for segments such as `samples`; undefined when all ids of parameter sets are in use. */
export function edgeCodec(samples: readonly SegmentIndex[]): EdgeCodec | undefined {
	return samples[0]?.programme.video?.codec === 'hevc' ? hevcEdges(samples) : h264Edges(samples);
}

function quality(crf: number, isBlend: boolean): string {
	return String(isBlend ? crf - BLEND_FINER : crf);
}

/** The highest id up to `highest` that is not among `used` and suits. */
function unusedId(
	used: readonly (number | undefined)[],
	highest: number,
	suits = (_id: number) => true,
): number | undefined {
	const taken = new Set(used);
	for (let id = highest; id >= 0; id--) if (!taken.has(id) && suits(id)) return id;
	return undefined;
}

function h264Edges(samples: readonly SegmentIndex[]): EdgeCodec | undefined {
	const sets = samples.flatMap((sample) => sample.sequenceSets.map((set) => readH264Sps(set)?.id));
	const pictureSets = samples.flatMap((sample) => sample.pictureSets.map((set) => readH264PpsIds(set)?.id));
	// x264 gives the picture parameter set the id of the sequence parameter set, and that ends at 31.
	const id = unusedId([...sets, ...pictureSets], 31);
	if (id === undefined) return undefined;
	const sps = samples[0]?.sps;
	// Of the source's own words and of what it does, the larger: some encoders say nothing, or too little.
	const announced = samples.map((sample) => sample.sps?.reordering ?? { frames: 0, buffered: 0 });
	const reordering = {
		frames: Math.max(
			...announced.map(({ frames }) => frames),
			...samples.map(({ pictures }) => reorderDepth(pictures)),
		),
		buffered: Math.max(...announced.map(({ buffered }) => buffered)),
	};
	const profile = H264_PROFILES.get(sps?.profileBytes[0] ?? 0);
	// The fastest preset takes 60 % of the time of the next one. Of what it leaves out, the 8×8 transform is what makes
	// x264 write the parameter sets of High profile, and adaptive quantization keeps dark and flat areas like the source.
	const high = sps !== undefined && sps.profileBytes[0]! >= 100;
	const settings = `sps-id=${id}:aud=1:bframes=0:scenecut=0:rc-lookahead=0:mbtree=0:weightp=0:aq-mode=1:8x8dct=${high ? 1 : 0}`;
	// Of a stream that may be lossless the edges are, too: ffmpeg's decoder does not notice the change, and shows noise.
	const rate = (isBlend: boolean) =>
		sps?.bypassesTransform ? ['-qp', '0'] : ['-crf', quality(H264_CRF, isBlend)];
	return {
		name: 'h264',
		arguments: (interlaced, isBlend = false) => [
			...['-c:v', 'libx264', '-preset', 'ultrafast', ...rate(isBlend)],
			...['-x264-params', settings],
			...(profile === undefined ? [] : ['-profile:v', profile]),
			...(interlaced ? ['-flags', '+ildct+ilme'] : []),
			...['-f', 'h264'],
		],
		finish: (unit) => finishH264(unit, sps?.profileBytes, reordering),
		closing: Buffer.alloc(0),
		format: samples[0] && formatOf(samples[0]),
	};
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

function finishH264(unit: Buffer, profile: Buffer | undefined, reordering: H264Reordering): EncodedPicture {
	let isKey = false;
	let bytes = unit;
	for (const { start, end } of nalUnits(unit)) {
		const type = unit[start]! & 0x1f;
		if (type === H264_NAL.idr) isKey = true;
		if (type !== H264_NAL.sps) continue;
		const sps = withReordering(unit.subarray(start, end), reordering);
		// No emulation prevention can be needed within these bytes: profile_idc is not 0.
		if (profile !== undefined && sameSpsLayout(sps[1]!, profile[0]!)) profile.copy(sps, 1);
		bytes = Buffer.concat([unit.subarray(0, start), sps, unit.subarray(end)]);
	}
	return { bytes, isKey };
}

/** How many pictures at most are decoded before one that is shown before them. */
export function reorderDepth(pictures: readonly { pts: number }[]): number {
	// No codec of ours reorders over more than 16 pictures.
	const WINDOW = 17;
	const depths = pictures.map(
		({ pts }, place) =>
			pictures.slice(Math.max(0, place - WINDOW), place).filter((before) => before.pts > pts).length,
	);
	return Math.min(16, Math.max(0, ...depths));
}

function hevcEdges(samples: readonly SegmentIndex[]): EdgeCodec | undefined {
	const sets = samples.flatMap((sample) => [...sample.sequenceSets, ...sample.pictureSets]);
	const idsOf = (type: number) => sets.filter((set) => hevcNalType(set) === type).map(hevcParameterSetId);
	const vps = unusedId(idsOf(HEVC_NAL.vps), 15);
	const sps = unusedId(idsOf(HEVC_NAL.sps), 15);
	const pps = unusedId(idsOf(HEVC_NAL.pps), 30, isSliceId);
	if (vps === undefined || sps === undefined || pps === undefined) return undefined;
	const source = sets.find((set) => hevcNalType(set) === HEVC_NAL.sps);
	const demands = source === undefined ? { profile: undefined, ordering: undefined } : hevcDemands(source);
	const settings =
		'log-level=error:aud=1:repeat-headers=1:info=0:bframes=0:open-gop=0:scenecut=0:rc-lookahead=0';
	return {
		name: 'hevc',
		arguments: (_interlaced, isBlend = false) => [
			...['-c:v', 'libx265', '-preset', 'superfast', '-crf', quality(HEVC_CRF, isBlend)],
			...['-x265-params', settings],
			...['-f', 'hevc'],
		],
		finish: (unit) => finishHevc(unit, (nal) => renumberHevcNal(nal, { vps, sps, pps }, demands)),
		closing: HEVC_END_OF_SEQUENCE,
		format: samples[0] && formatOf(samples[0]),
	};
}

function finishHevc(unit: Buffer, renumber: (nal: Buffer) => Buffer): EncodedPicture {
	let isKey = false;
	const parts: Buffer[] = [];
	for (const { start, end } of nalUnits(unit)) {
		const nal = unit.subarray(start, end);
		const type = hevcNalType(nal);
		if (type >= HEVC_NAL.blaWithLeading && type <= HEVC_NAL.lastRandomAccess) isKey = true;
		parts.push(START_CODE, renumber(nal));
	}
	return { bytes: Buffer.concat(parts), isKey };
}

const START_CODE = Buffer.from([0, 0, 0, 1]);
