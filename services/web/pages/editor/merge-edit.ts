import type { EditDocument } from './edit.ts';

export type EditField = keyof EditDocument;

/** What people call the parts of an edit. */
export const FIELD_NAMES: Readonly<Record<EditField, string>> = {
	ranges: 'Ranges',
	video_title: 'Title',
	video_description: 'Description',
	video_chapters: 'Chapters',
	tags: 'Tags',
	upload_location: 'Upload location',
	uploader_whitelist: 'Allowed nodes',
	allow_holes: 'Allow holes',
	video_unlisted: 'Unlisted',
	thumbnail: 'Thumbnail',
};

const FIELDS = Object.keys(FIELD_NAMES) as EditField[];

const same = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other);

/** The fields in which two edits differ. */
export function differingFields(one: EditDocument, other: EditDocument): EditField[] {
	return FIELDS.filter((field) => !same(one[field], other[field]));
}

/**
 * Puts together what two people did to one edit since `base`: of each field the side that changed it. `conflicts`: fields
 * that both changed, to different things; in `merged` they are mine.
 */
export function mergeEdits(
	base: EditDocument,
	mine: EditDocument,
	theirs: EditDocument,
): { merged: EditDocument; conflicts: EditField[] } {
	const isMine = (field: EditField) => !same(mine[field], base[field]);
	const isTheirs = (field: EditField) => !same(theirs[field], base[field]);
	const taken = FIELDS.filter((field) => isTheirs(field) && !isMine(field));
	const merged = { ...mine, ...Object.fromEntries(taken.map((field) => [field, theirs[field]])) };
	const conflicts = FIELDS.filter(
		(field) => isMine(field) && isTheirs(field) && !same(mine[field], theirs[field]),
	);
	return { merged, conflicts };
}
