import { z } from 'zod';
import { XFADE_KINDS } from '../../../cutter/cut/xfade-kinds.ts';
import type { SegmentStore } from '../../../cutter/segments/store.ts';
import { ticksFromDate } from '../../../cutter/segments/ticks.ts';
import type { VideoRequest } from '../../../cutter/video/make-video.ts';
import { time } from '../times.ts';
import { LIMITS } from './limits.ts';
import { secondsUpTo } from './queries.ts';
import type { SegmentServer } from './segment-server.ts';

const kinds = ['none', ...XFADE_KINDS];

export const joinQuery = z.strictObject({
	from: time.optional().describe('Where the first range begins, if that is near'),
	end: time.describe('Where the first range ends'),
	start: time.describe('Where the second range begins'),
	to: time.optional().describe('Where the second range ends, if that is near'),
	kind: z
		.string()
		.refine((kind) => kinds.includes(kind), { error: `the kind of a transition: ${kinds.join(', ')}` })
		.default('none')
		.describe('none: a hard cut'),
	seconds: secondsUpTo(LIMITS.transitionSeconds).default(1).describe('How long the transition lasts'),
	around: secondsUpTo(LIMITS.joinSeconds).default(1.5).describe('What is shown before it and after it'),
});

/** Pixels of the preview's height, and of its width at most. */
const HEIGHT = 270;
const WIDEST = 640;

/** How the preview of a join is made: the end of the first range, the transition, the beginning of the second. */
export async function joinPreview(
	server: SegmentServer,
	store: SegmentStore,
	query: z.output<typeof joinQuery>,
): Promise<VideoRequest> {
	const { kind, seconds, around, from, to } = query;
	const isHard = kind === 'none';
	const length = (around + (isHard ? 0 : seconds)) * 1000;
	const before = Math.max(from?.getTime() ?? 0, query.end.getTime() - length);
	const after = Math.min(to?.getTime() ?? Number.POSITIVE_INFINITY, query.start.getTime() + length);
	return {
		store,
		ranges: [
			{ start: new Date(before), end: query.end },
			{ start: query.start, end: new Date(after) },
		],
		transitions: [isHard ? null : { kind, seconds }],
		allowHoles: true,
		mode: 'full',
		container: 'mp4',
		fullArguments: [
			...(await smallSize(server, store, query.end)),
			...['-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '24', '-pix_fmt', 'yuv420p'],
			...['-c:a', 'aac', '-b:a', '96k', '-ac', '2'],
		],
	};
}

/** ffmpeg's arguments for a small picture of the same shape; none where the video does not say its size. */
async function smallSize(server: SegmentServer, store: SegmentStore, at: Date): Promise<string[]> {
	const tick = ticksFromDate(at);
	const { segments } = await server.index.sequence(store, tick - 1, tick);
	const size = segments[0] && (await server.facts.facts(segments[0].path))?.size;
	if (size === undefined) return [];
	const scale = Math.min(1, HEIGHT / size.height, WIDEST / size.width);
	const even = (pixels: number) => Math.max(2, 2 * Math.round((pixels * scale) / 2));
	return ['-s', `${even(size.width)}x${even(size.height)}`];
}
