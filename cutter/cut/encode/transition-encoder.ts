import type { BlendSide, PlannedBlend } from '../plan/planned-blend.ts';
import { XFADE_KINDS } from '../plan/xfade-kinds.ts';
import { fitFilters, pixelFormat } from '../source/picture-format.ts';
import { writeFeed } from '../write/feed.ts';
import { type EdgeTarget, FEED_START } from './edge-encoder.ts';
import { EdgePictures } from './edge-pictures.ts';
import { startFfmpeg } from './ffmpeg.ts';

/** What the pictures of a blend have to fit: `convert` for the side before, `convertAfter` for the one after. */
export interface BlendTarget extends EdgeTarget {
	convertAfter: boolean;
}

/**
 * Starts to decode both sides of a blend and to encode it, with the edges that it has. The pictures come out in the order
 * of showing.
 */
export function encodeBlend(
	blend: PlannedBlend,
	target: BlendTarget,
	{ ffmpeg, signal }: { ffmpeg: string; signal?: AbortSignal | undefined },
): EdgePictures {
	const { before, after, tail, pictures: blended, head } = blend;
	const running = startFfmpeg(ffmpeg, blendArguments(blend, target), { signal, inputs: 2 });
	const pictures = new EdgePictures(running, target.codec, target.closes ? tail + blended + head : undefined);
	running.stdin.end();
	for (const [n, { segments, edge }] of [before, after].entries()) {
		const { decodeFrom, decodeTo } = edge;
		const feed = { segments, decodeFrom, decodeTo, base: FEED_START - edge.firstPts };
		writeFeed(feed, running.inputs[n]!, signal).catch((error: unknown) => {
			pictures.fail(error);
			running.kill();
		});
	}
	return pictures;
}

/**
 * ffmpeg's arguments: two transport streams in, the pictures of both edges and of the blend between them out. Only what is
 * blended goes through `xfade`, which converts to 4:4:4: the edges keep their samples.
 */
export function blendArguments(blend: PlannedBlend, target: BlendTarget): string[] {
	const { kind, before, after, tail, pictures, partners, head } = blend;
	const { num, den } = target.frameRate;
	const count = `settb=${den}/${num},setpts=N,fps=${num}/${den}`;
	const parts: string[] = [];
	const filters = [
		`[0:v:0]${decodedPart(before)},${count}${converted(target, target.convert)}${splitInto('a', tail > 0)}`,
		`[1:v:0]${decodedPart(after)},${count}${converted(target, target.convertAfter)}${splitInto('b', head > 0)}`,
	];
	if (tail > 0) {
		filters.push(`[a1]trim=end_frame=${tail}[tail]`, `[a2]trim=start_frame=${tail},setpts=N[a]`);
		parts.push('[tail]');
	}
	if (head > 0)
		filters.push(`[b1]trim=end_frame=${partners}[b]`, `[b2]trim=start_frame=${partners},setpts=N[head]`);
	filters.push(`[b]${spread(partners, pictures)}${count}[partner]`);
	filters.push(
		...xfadeFilters(kind, {
			...{ pictures, seconds: (pictures * den) / num, interlaced: target.interlaced },
			format: pixelFormat(target.codec.format),
		}),
	);
	parts.push('[blend]', ...(head > 0 ? ['[head]'] : []));
	filters.push(`${parts.join('')}concat=n=${parts.length}:v=1:a=0,${count}[v]`);
	return [
		...['-hide_banner', '-nostdin', '-loglevel', 'error', '-copyts'],
		...['-f', 'mpegts', '-i', 'pipe:3', '-f', 'mpegts', '-i', 'pipe:4'],
		...['-filter_complex', filters.join(';'), '-map', '[v]'],
		...[...target.codec.arguments(target.interlaced, true), 'pipe:1'],
	];
}

function decodedPart({ edge: { firstPts, lastPts } }: BlendSide): string {
	return `trim=start_pts=${FEED_START}:end_pts=${FEED_START + lastPts - firstPts + 1}`;
}

function converted(target: BlendTarget, convert: boolean): string {
	return (convert ? fitFilters(target.codec.format) : []).map((filter) => `,${filter}`).join('');
}

function splitInto(side: 'a' | 'b', hasEdge: boolean): string {
	return hasEdge ? `,split[${side}1][${side}2]` : `[${side}]`;
}

/** Filters that make `to` pictures of `from`, evenly: some are left out or shown twice. */
export function spread(from: number, to: number): string {
	if (from === to) return '';
	return `settb=1/${from},setpts=N,fps=${to},tpad=stop=${to}:stop_mode=clone,trim=end_frame=${to},`;
}

/** What is blended. */
export interface Blended {
	/** How many pictures of either side there are, and how long they last together. */
	pictures: number;
	seconds: number;
	interlaced: boolean;
	/** ffmpeg's name for the pixel format. */
	format: string;
}

/**
 * `xfade` of [a] and [partner] into [blend]; both have the same constant rate. Of interlaced pictures each field is blended
 * by itself, so that lines of different times never mix; `blend` with an opacity of 0 then only gives the result the
 * properties (field order) of the source.
 *
 * Both inputs get some pictures more, which are cut off behind: when the first input ends before the second has come as
 * far, ffmpeg's `xfade` (5.1) shows the last picture of the second unblended.
 *
 * @throws RangeError for a kind that is none: no other word may stand in a filter.
 */
export function xfadeFilters(kind: string, { pictures, seconds, interlaced, format }: Blended): string[] {
	if (!XFADE_KINDS.has(kind)) throw new RangeError(`There is no transition of the kind "${kind}".`);
	const more = 'tpad=stop=3:stop_mode=clone';
	const fade = `xfade=transition=${kind}:duration=${seconds.toFixed(6)}:offset=0,format=${format}`;
	const only = `trim=end_frame=${pictures}`;
	if (!interlaced)
		return [`[a]${more}[amore]`, `[partner]${more}[bmore]`, `[amore][bmore]${fade},${only}[blend]`];
	const half = (from: string, field: string, at: string) => `[${from}]crop=iw:ih/2:0:${at}[${field}]`;
	return [
		`[a]${more},il=l=d:c=d,split=3[whole][at][ab]`,
		`[partner]${more},il=l=d:c=d,split[bt][bb]`,
		...[half('at', 'atop', '0'), half('ab', 'abottom', 'ih/2')],
		...[half('bt', 'btop', '0'), half('bb', 'bbottom', 'ih/2')],
		...[`[atop][btop]${fade}[top]`, `[abottom][bbottom]${fade}[bottom]`, '[top][bottom]vstack[stacked]'],
		`[whole][stacked]blend=all_mode=normal:all_opacity=0,${only},il=l=i:c=i,format=${format}[blend]`,
	];
}
