import type { EventRow } from '../../../db/tables.ts';
import type { EditInputs } from '../../../db/transitions/submit-edit.ts';
import { Problem } from '../problem.ts';
import type { EditDocument } from './edit-schema.ts';

/** The columns of an event that a document is made of. */
export const DOCUMENT_COLUMNS = [
	...(['video_start', 'video_end', 'video_ranges', 'video_transitions'] as const),
	...(['video_title', 'video_description', 'description', 'video_chapters', 'video_unlisted'] as const),
	...(['tags', 'thumbnail', 'upload_location', 'uploader_whitelist', 'allow_holes'] as const),
] as const satisfies readonly (keyof EventRow)[];

type DocumentRow = Pick<EventRow, (typeof DOCUMENT_COLUMNS)[number]>;

/**
 * What an event's row says, as a document for the editor. A title that nobody gave yet is the first line of the row's
 * description, as `cutsheet edit` does it.
 */
export function documentOfRow(event: DocumentRow): EditDocument {
	return {
		ranges: rangesOfRow(event),
		video_title: event.video_title || event.description.split('\n')[0]!.trim(),
		video_description: event.video_description ?? '',
		video_chapters: event.video_chapters ?? [],
		tags: event.tags,
		upload_location: event.upload_location,
		uploader_whitelist: event.uploader_whitelist,
		allow_holes: event.allow_holes,
		video_unlisted: event.video_unlisted,
		thumbnail: event.thumbnail,
	};
}

function rangesOfRow({ video_ranges, video_transitions, video_start, video_end }: DocumentRow) {
	if (video_ranges === null) {
		if (video_start === null && video_end === null) return [];
		const [start, end] = [video_start, video_end].map((time) => time?.toISOString() ?? null);
		return [{ start: start!, end: end!, join: null }];
	}
	return video_ranges.map(({ start, end }, index) => ({
		...{ start, end },
		join: video_transitions?.[index - 1] ?? null,
	}));
}

/**
 * What is submitted of a document. (Everything else the database says: it holds the rules.)
 * @throws Problem 400 at the mark that is missing
 */
export function inputsOfDocument(edit: EditDocument): Pick<EditInputs, 'ranges' | 'transitions'> {
	if (edit.ranges.length === 0)
		throw new Problem(400, 'Nothing is marked yet: a video needs at least one range.', { field: 'ranges' });
	const ranges = edit.ranges.map(({ start, end }, index) => {
		if (start === null || end === null) {
			const what = start === null ? 'beginning' : 'end';
			throw new Problem(400, `Range ${index + 1} has no ${what}.`, {
				field: `ranges.${index}.${start === null ? 'start' : 'end'}`,
			});
		}
		return { start: new Date(start), end: new Date(end) };
	});
	const joins = edit.ranges.slice(1).map(({ join }) => join);
	return { ranges, ...(joins.some((join) => join !== null) && { transitions: joins }) };
}

/** The columns of a document that are set beside the ranges, title and description. */
export function columnsOfDocument(edit: EditDocument) {
	return {
		video_chapters: chaptersColumn(edit.video_chapters),
		tags: edit.tags,
		video_unlisted: edit.video_unlisted,
		thumbnail: edit.thumbnail === null ? null : JSON.stringify(edit.thumbnail),
		upload_location: edit.upload_location,
		uploader_whitelist: edit.uploader_whitelist?.length === 0 ? null : edit.uploader_whitelist,
		allow_holes: edit.allow_holes,
	};
}

/** Chapters as the column holds them: NULL for none, titles without spaces around. */
export function chaptersColumn(chapters: EditDocument['video_chapters']): string | null {
	if (chapters.length === 0) return null;
	return JSON.stringify(chapters.map(({ at, title }) => ({ at, title: title.trim() })));
}
