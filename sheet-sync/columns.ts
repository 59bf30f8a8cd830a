/**
 * Which column of a worksheet means what: found by the text of its header, so that people may move, add
 * and swap columns as they like.
 */

/** What people write, in the order of the design's event row. The names are those of the `events` table. */
export const INPUT_COLUMNS = [
	'start',
	'end',
	'category',
	'description',
	'notes',
	'allow_holes',
	'uploader_whitelist',
	'upload_location',
	'tags',
	'priority',
] as const;

/** What people fill in to submit an edit from the sheet: a form, read when its row’s Submit is ticked. */
export const FORM_COLUMNS = ['video_start', 'video_end', 'video_title', 'video_description'] as const;

/** All that people write about an event: a row without any of it is empty. */
export const CONTENT_COLUMNS = [...INPUT_COLUMNS, ...FORM_COLUMNS] as const;

/** What only the sync writes. */
export const OUTPUT_COLUMNS = ['state', 'video_link', 'error'] as const;

/** Inputs that the editor page sets too, so that either side may be the one that changed. */
export const SHARED_COLUMNS = [
	'allow_holes',
	'uploader_whitelist',
	'upload_location',
	'tags',
	'priority',
] as const;

/** Inputs that steer the cut: frozen from the claim on, until the event is UNEDITED again. */
export const STEERING_COLUMNS = ['allow_holes', 'uploader_whitelist', 'upload_location'] as const;

export type InputColumn = (typeof INPUT_COLUMNS)[number];
export type OutputColumn = (typeof OUTPUT_COLUMNS)[number];
export type SharedColumn = (typeof SHARED_COLUMNS)[number];
export type FormColumn = (typeof FORM_COLUMNS)[number];
/** `submit` is a checkbox that people tick and the sync unticks; `edit_link` a cell that asks for a link and gets it. */
export type Column = InputColumn | OutputColumn | FormColumn | 'submit' | 'edit_link' | 'id';

/** The header text of every column. */
export type HeaderNames = Readonly<Record<Column, string>>;

export const DEFAULT_HEADERS: HeaderNames = {
	start: 'Start',
	end: 'End',
	category: 'Category',
	description: 'Description',
	notes: 'Notes',
	allow_holes: 'Allow holes',
	uploader_whitelist: 'Uploaders',
	upload_location: 'Upload location',
	tags: 'Tags',
	priority: 'Priority',
	state: 'State',
	video_link: 'Video',
	error: 'Error',
	id: 'ID',
	video_start: 'Video start',
	video_end: 'Video end',
	video_title: 'Video title',
	video_description: 'Video description',
	submit: 'Submit',
	edit_link: 'Edit link',
};

/**
 * Other words that people use for the same, taken when a worksheet does not have the configured one. Only words that
 * mean nothing else in a schedule: a column “Location” is a room, and “Link” or “Status” may be people's own, which
 * nobody but them writes.
 */
const SYNONYMS: Readonly<Record<Column, readonly string[]>> = {
	start: ['Start time', 'Starts', 'Begin', 'Anfang', 'Beginn'],
	end: ['End time', 'Ends', 'Until', 'Ende'],
	category: ['Type', 'Kind', 'Kategorie'],
	description: ['Event', 'Talk', 'Summary', 'What', 'Beschreibung'],
	notes: ['Note', 'Comment', 'Comments', 'Remarks', 'Notizen', 'Anmerkungen'],
	allow_holes: ['Holes', 'Holes allowed', 'Ignore holes', 'allow_holes'],
	uploader_whitelist: ['Uploader', 'Uploader whitelist', 'uploader_whitelist'],
	upload_location: ['Upload to', 'upload_location'],
	tags: ['Keywords', 'Schlagworte'],
	priority: ['Prio', 'Priorität'],
	state: ['Video state'],
	video_link: ['Video link', 'Video URL', 'video_link'],
	error: ['Errors', 'Video error'],
	id: ['Event ID', 'UUID', 'cutsheet ID'],
	video_start: ['Cut start', 'video_start'],
	video_end: ['Cut end', 'video_end'],
	video_title: ['video_title'],
	video_description: ['video_description'],
	// A word such as “Done” or “Ready” is people's own: a tick there must not publish anything.
	submit: ['Submit edit', 'Submit video'],
	edit_link: ['Editor link', 'edit_link'],
};

/** Without these a worksheet cannot be synced. */
const REQUIRED: readonly Column[] = ['description', 'start', 'id'];

/** Where each column that a worksheet has stands, counted from 0. */
export type ColumnPositions = Readonly<Partial<Record<Column, number>>>;

export type HeaderMatch =
	/** Every required header is there, and none of ours is there twice. */
	| { kind: 'ours'; columns: ColumnPositions }
	/** Not one required header: some other table (a read-me, a budget) that is none of our business. */
	| { kind: 'foreign' }
	/** Meant to be synced, as it seems, but not usable; the sentences say why. */
	| { kind: 'unusable'; problems: string[] };

/** Case, surrounding space and runs of space do not count in a header. */
function normalize(header: unknown): string {
	return typeof header === 'string' ? header.normalize('NFKC').trim().replace(/\s+/g, ' ').toLowerCase() : '';
}

/**
 * Find our columns in the header row of a worksheet. Columns with other headers are people's own and not mentioned.
 *
 * @param worksheet title of the worksheet, for the sentences
 * @param headerRow the cells of the header row, as the API gives them
 * @throws Error when `names` gives two columns the same header: a mistake of the configuration, not of the sheet
 */
export function matchHeaders(
	worksheet: string,
	headerRow: readonly unknown[],
	names: HeaderNames,
): HeaderMatch {
	const wanted = wantedHeaders(names);
	const columns: Partial<Record<Column, number>> = {};
	const problems: string[] = [];
	const headers = Array.from(headerRow, normalize);
	for (const [position, header] of headers.entries()) {
		const column = wanted.get(header);
		if (column === undefined) continue;
		const first = columns[column];
		if (first === undefined) columns[column] = position;
		else
			problems.push(
				`Worksheet “${worksheet}” has the header “${names[column]}” twice, in columns ${columnLetters(first)} and ` +
					`${columnLetters(position)}; rename one of them.`,
			);
	}
	const named = REQUIRED.some((column) => columns[column] !== undefined);
	for (const [column, words] of SYNONYM_LIST) {
		if (columns[column] !== undefined) continue;
		const position = headers.findIndex((header) => words.includes(header) && !wanted.has(header));
		if (position !== -1) columns[column] = position;
	}
	const missing = REQUIRED.filter((column) => columns[column] === undefined);
	// One synonym alone is a coincidence: a budget has a column “What”, too.
	if (!named && missing.length > 1) return { kind: 'foreign' };
	for (const column of missing) {
		problems.push(
			`Worksheet “${worksheet}” has no column with the header “${names[column]}”; add one to its header row.`,
		);
	}
	return problems.length > 0 ? { kind: 'unusable', problems } : { kind: 'ours', columns };
}

const SYNONYM_LIST = (Object.entries(SYNONYMS) as [Column, string[]][]).map(
	([column, words]) => [column, words.map(normalize)] as const,
);

function wantedHeaders(names: HeaderNames): Map<string, Column> {
	const wanted = new Map<string, Column>();
	for (const [column, header] of Object.entries(names) as [Column, string][]) {
		const key = normalize(header);
		const other = wanted.get(key);
		if (key === '') throw new Error(`The header configured for the column ${column} is empty.`);
		if (other !== undefined) {
			throw new Error(`The columns ${other} and ${column} are configured with the same header “${header}”.`);
		}
		wanted.set(key, column);
	}
	return wanted;
}

/** 0 → `A`, 25 → `Z`, 26 → `AA`: the name a spreadsheet shows for a column. */
export function columnLetters(position: number): string {
	let letters = '';
	for (let rest = position + 1; rest > 0; rest = Math.floor((rest - 1) / 26)) {
		letters = String.fromCharCode(65 + ((rest - 1) % 26)) + letters;
	}
	return letters;
}
