// What an editor decides about one event, and how it is told to the server. Plain data: no part of this folder that is
// named in this file touches the page.

/** How a range takes over from the one before it: null is a hard cut, else one of ffmpeg's xfade kinds. */
export type Join = { readonly kind: string; readonly seconds: number } | null;

/** One stretch of the stream, `[start, end)` in milliseconds since the Unix epoch; null where nothing is marked yet. */
export interface EditRange {
	/** Tells the ranges of one page apart, whatever their order. Never sent anywhere. */
	readonly key: number;
	readonly start: number | null;
	readonly end: number | null;
	/** How it takes over from the range before it; of the first one it waits until there is one before it. */
	readonly join: Join;
}

/** A place of the stream that gets a name in the video's description. `at`: milliseconds since the Unix epoch. */
export interface Chapter {
	readonly key: number;
	readonly at: number;
	readonly title: string;
}

/** A part of a picture, in whole pixels. */
export interface Area {
	readonly x: number;
	readonly y: number;
	readonly width: number;
	readonly height: number;
}

/** Which picture the video gets. Times are ISO 8601 in UTC, as the row has them. */
export type Thumbnail =
	| { readonly kind: 'none' }
	| { readonly kind: 'frame'; readonly at: string }
	| {
			readonly kind: 'template';
			readonly at: string;
			readonly template: string;
			readonly crop?: Area | undefined;
			readonly position?: Area | undefined;
	  }
	| { readonly kind: 'image'; readonly image: string };

/** All that an editor decides about one event. */
export interface Edit {
	/** In playing order; at least one. */
	readonly ranges: readonly EditRange[];
	readonly title: string;
	readonly description: string;
	/** In the order of the stream's time, however they were entered. */
	readonly chapters: readonly Chapter[];
	readonly tags: readonly string[];
	readonly location: string;
	/** null: any node may cut it. */
	readonly nodes: readonly string[] | null;
	readonly allowHoles: boolean;
	readonly unlisted: boolean;
	/** null: the location's own choice. */
	readonly thumbnail: Thumbnail | null;
}

/** The same as the server takes and gives it: names of the events table, times in ISO 8601, nothing of the page. */
export interface EditDocument {
	ranges: { start: string | null; end: string | null; join: { kind: string; seconds: number } | null }[];
	video_title: string;
	video_description: string;
	video_chapters: { at: string; title: string }[];
	tags: string[];
	upload_location: string;
	uploader_whitelist: string[] | null;
	allow_holes: boolean;
	video_unlisted: boolean;
	thumbnail: Thumbnail | null;
}

let lastKey = 0;

/** A number that no range and no chapter of this page has yet. */
export function newKey(): number {
	lastKey += 1;
	return lastKey;
}

/** What the server's document says, as it is edited. Without ranges there is an empty one to be marked. */
export function editFromDocument(document: EditDocument): Edit {
	const ranges = document.ranges.map(({ start, end, join }) => ({
		key: newKey(),
		start: start === null ? null : Date.parse(start),
		end: end === null ? null : Date.parse(end),
		join,
	}));
	return {
		ranges: ranges.length > 0 ? ranges : [{ key: newKey(), start: null, end: null, join: null }],
		title: document.video_title,
		description: document.video_description,
		chapters: sortChapters(
			document.video_chapters.map(({ at, title }) => ({ key: newKey(), at: Date.parse(at), title })),
		),
		tags: document.tags,
		location: document.upload_location,
		nodes: document.uploader_whitelist,
		allowHoles: document.allow_holes,
		unlisted: document.video_unlisted,
		thumbnail: document.thumbnail,
	};
}

/** The document that says an edit. The first range takes over from nothing, so its join is left out. */
export function documentFromEdit(edit: Edit): EditDocument {
	return {
		ranges: edit.ranges.map(({ start, end, join }, index) => ({
			start: start === null ? null : new Date(start).toISOString(),
			end: end === null ? null : new Date(end).toISOString(),
			join: index === 0 || join === null ? null : { ...join },
		})),
		video_title: edit.title,
		video_description: edit.description,
		video_chapters: edit.chapters.map(({ at, title }) => ({ at: new Date(at).toISOString(), title })),
		tags: [...edit.tags],
		upload_location: edit.location,
		uploader_whitelist: edit.nodes === null ? null : [...edit.nodes],
		allow_holes: edit.allowHoles,
		video_unlisted: edit.unlisted,
		thumbnail: edit.thumbnail,
	};
}

/** Whether two edits say the same to the server. */
export function sameEdit(one: Edit, other: Edit): boolean {
	return JSON.stringify(documentFromEdit(one)) === JSON.stringify(documentFromEdit(other));
}

/** Chapters in the order of their times; those of one time stay as they stood. */
export function sortChapters(chapters: readonly Chapter[]): Chapter[] {
	return chapters.toSorted((a, b) => a.at - b.at);
}
