import { mkdtemp, open, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { startFfmpeg } from '../cut/encode/ffmpeg.ts';
import type { SegmentStore } from '../segments/store.ts';
import { writeFrameAt } from './frame-at.ts';
import {
	type ImageFile,
	LARGEST_FILE,
	LARGEST_SIDE,
	readImageHead,
	type Thumbnail,
	ThumbnailError,
	type ThumbnailFormat,
	thumbnailArguments,
} from './plan-thumbnail.ts';

export { type Area, type Thumbnail, ThumbnailError, type ThumbnailFormat } from './plan-thumbnail.ts';

export interface ThumbnailTools {
	store: SegmentStore;
	ffmpeg: string;
	signal?: AbortSignal;
	/** Gives up after so long; 30 s. */
	timeoutMs?: number;
}

/** What locations take: YouTube's largest thumbnail has 2 MB. */
const LARGEST_THUMBNAIL = 2_000_000;

/** ffmpeg's qualities of JPEG, tried until the file is small enough. */
const QUALITIES = [2, 5, 10, 20, 31];

/**
 * Makes a thumbnail at `output`. Returns false, and makes nothing, when none is asked for.
 *
 * @throws ThumbnailError with a sentence when it cannot be made as asked, or not in time; FfmpegError. No file is left then.
 */
export async function makeThumbnail(
	thumbnail: Thumbnail,
	output: string,
	format: ThumbnailFormat,
	tools: ThumbnailTools,
): Promise<boolean> {
	if (thumbnail.kind === 'none') return false;
	const { signal: outer, timeoutMs = 30_000 } = tools;
	const seconds = timeoutMs / 1000;
	const timeout = new AbortController();
	const timer = setTimeout(
		() => timeout.abort(new ThumbnailError(`The thumbnail was not ready after ${seconds} s.`)),
		timeoutMs,
	);
	const signal = outer === undefined ? timeout.signal : AbortSignal.any([outer, timeout.signal]);
	const folder = await mkdtemp(path.join(path.dirname(output), '.thumbnail-'));
	try {
		await compose(thumbnail, path.join(folder, 'frame.png'), output, format, { ...tools, signal });
		return true;
	} catch (error) {
		await rm(output, { force: true });
		throw error;
	} finally {
		clearTimeout(timer);
		await rm(folder, { recursive: true, force: true });
	}
}

async function compose(
	thumbnail: Exclude<Thumbnail, { kind: 'none' }>,
	frame: string,
	output: string,
	format: ThumbnailFormat,
	{ store, ffmpeg, signal }: ThumbnailTools & { signal: AbortSignal },
): Promise<void> {
	const template =
		thumbnail.kind === 'template' ? await openImage(thumbnail.template, 'template') : undefined;
	if (thumbnail.kind !== 'image') await writeFrameAt(store, thumbnail.at, frame, { ffmpeg, signal });
	const picture =
		thumbnail.kind === 'image'
			? await openImage(thumbnail.image, 'uploaded thumbnail')
			: await openImage(frame, 'frame');
	const layer = thumbnail.kind === 'template' ? { ...thumbnail, template: template! } : undefined;
	for (const quality of format === 'png' ? [0] : QUALITIES) {
		const args = thumbnailArguments(picture, layer, { path: output, format, quality });
		const running = startFfmpeg(ffmpeg, args, { signal });
		running.stdin.end();
		await running.finished;
		if ((await stat(output)).size <= LARGEST_THUMBNAIL) return;
	}
	throw new ThumbnailError(
		`The thumbnail has more than ${LARGEST_THUMBNAIL / 1_000_000} MB as ${format.toUpperCase()}. Use JPEG, or a smaller image.`,
	);
}

/** Looks at an image's head. `what` names it in sentences. */
async function openImage(file: string, what: string): Promise<ImageFile> {
	await using handle = await open(file).catch((error: NodeJS.ErrnoException) => {
		const why = error.code === 'ENOENT' ? 'is not there' : `cannot be read (${error.code})`;
		throw new ThumbnailError(`The ${what} ${file} ${why}.`);
	});
	const stats = await handle.stat();
	if (!stats.isFile()) throw new ThumbnailError(`The ${what} ${file} is no file.`);
	const { size } = stats;
	if (what !== 'frame' && size > LARGEST_FILE)
		throw new ThumbnailError(`The ${what} ${file} has ${size} bytes; at most ${LARGEST_FILE} are taken.`);
	const head = Buffer.alloc(Math.min(size, LARGEST_FILE));
	const { bytesRead } = await handle.read(head, 0, head.length, 0);
	const image = readImageHead(head.subarray(0, bytesRead));
	if (image === undefined) throw new ThumbnailError(`The ${what} ${file} is no PNG or JPEG image.`);
	const { width, height } = image;
	if (width < 1 || height < 1 || width > LARGEST_SIDE || height > LARGEST_SIDE)
		throw new ThumbnailError(
			`The ${what} ${file} is ${width} × ${height}; at most ${LARGEST_SIDE} pixels a side are taken.`,
		);
	return { path: file, ...image };
}
