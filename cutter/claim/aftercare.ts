import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Logger } from 'pino';
import type { Db } from '../../db/connect.ts';
import { publishedText } from '../../db/published-text.ts';
import type { EventRow, ThumbnailWish } from '../../db/tables.ts';
import { type Adopted, notePublished } from '../../db/transitions/leased.ts';
import type { SegmentStore } from '../segments/store.ts';
import { makeThumbnail, type Thumbnail, ThumbnailError } from '../thumbnail/make-thumbnail.ts';
import { QuotaError, UploadError, type UploadLocation } from '../upload/location.ts';
import { makeJobFolder } from './spool.ts';

/** What `events.published` holds: what the location was last told, and how far it is with the video. */
interface Told {
	title?: string;
	description?: string;
	tags?: string[];
	unlisted?: boolean;
	thumbnail?: ThumbnailWish | null;
	processing?: 'processing' | 'processed' | 'rejected';
}

export interface AftercareTools {
	db: Db;
	log: Logger;
	store: SegmentStore;
	ffmpeg: string;
	spoolFolder: string;
	/** Template images for thumbnails, by name: paths. */
	templates: Readonly<Record<string, string>>;
}

const ASK_AGAIN_SECONDS = 60;
const TRY_AGAIN_SECONDS = 300;

/**
 * Brings the location of an UPLOADED event up to date: text, tags, visibility and thumbnail that changed since, and asks how
 * far its processing is. Notes what was told, whatever comes; what failed stands in the row's error and is tried again.
 */
export async function careForPublished(
	{ lease, event }: Adopted,
	location: UploadLocation,
	tools: AftercareTools,
): Promise<void> {
	const log = tools.log.child({ event: event.id, lease, location: location.name });
	const told: Told = { ...event.published };
	let problem: string | undefined;
	let retry: number | undefined;
	try {
		await tellText(told, event, location);
		await tellThumbnail(told, event, location, tools);
		problem = await askProcessing(told, event, location);
		if (told.processing === 'processing') retry = ASK_AGAIN_SECONDS;
		log.info({ told }, 'The location is up to date');
	} catch (error) {
		if (!(error instanceof UploadError || error instanceof ThumbnailError))
			log.error({ err: error }, 'Unexpected');
		problem = `The video is published, but: ${(error as Error).message}`;
		retry = error instanceof QuotaError ? error.retryAfterSeconds : TRY_AGAIN_SECONDS;
		log.warn(problem);
	}
	await notePublished(tools.db, lease, told, problem, retry);
}

async function tellText(told: Told, event: EventRow, location: UploadLocation): Promise<void> {
	const text = publishedText(event);
	const { title, description, tags = [], unlisted = false } = told;
	if (isDeepStrictEqual({ title, description, tags, unlisted }, text)) return;
	await location.update?.(event.video_id!, text, told);
	Object.assign(told, text);
}

async function tellThumbnail(
	told: Told,
	event: EventRow,
	location: UploadLocation,
	tools: AftercareTools,
): Promise<void> {
	if (isDeepStrictEqual(told.thumbnail ?? null, event.thumbnail)) return;
	if (event.thumbnail && event.thumbnail.kind !== 'none' && location.setThumbnail) {
		const folder = await makeJobFolder(tools.spoolFolder);
		try {
			const wish = await thumbnailOf(event.thumbnail, folder, tools);
			const file = join(folder, 'thumbnail.jpg');
			await makeThumbnail(wish, file, 'jpeg', { store: tools.store, ffmpeg: tools.ffmpeg });
			await location.setThumbnail(event.video_id!, file);
		} finally {
			await rm(folder, { recursive: true, force: true });
		}
	}
	told.thumbnail = event.thumbnail;
}

/** What the row wishes for, with files for the names that it gives. */
async function thumbnailOf(
	wish: ThumbnailWish,
	folder: string,
	{ db, templates }: AftercareTools,
): Promise<Thumbnail> {
	switch (wish.kind) {
		case 'none':
			return wish;
		case 'frame':
			return { kind: 'frame', at: new Date(wish.at) };
		case 'template': {
			const template = Object.hasOwn(templates, wish.template) ? templates[wish.template] : undefined;
			if (!template) {
				const known = Object.keys(templates).join(', ') || 'none';
				throw new ThumbnailError(
					`There is no template “${wish.template}” on this node; there are: ${known}.`,
				);
			}
			return { ...wish, at: new Date(wish.at), template };
		}
		case 'image': {
			const image = await db
				.selectFrom('images')
				.select('bytes')
				.where('id', '=', wish.image)
				.executeTakeFirst();
			if (!image)
				throw new ThumbnailError('The image that was uploaded for the thumbnail is gone. Upload it again.');
			const file = join(folder, 'image');
			await writeFile(file, image.bytes);
			return { kind: 'image', image: file };
		}
	}
}

/** The sentence of a rejection, if the location has come to one. */
async function askProcessing(
	told: Told,
	event: EventRow,
	location: UploadLocation,
): Promise<string | undefined> {
	if (told.processing !== 'processing' || !location.processing) return undefined;
	const processing = await location.processing(event.video_id!);
	told.processing = processing.state;
	return processing.state === 'rejected' ? processing.reason : undefined;
}
