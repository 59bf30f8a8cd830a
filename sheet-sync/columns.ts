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
export type Column = InputColumn | OutputColumn | 'id';

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
	for (const [position, cell] of headerRow.entries()) {
		const column = wanted.get(normalize(cell));
		if (column === undefined) continue;
		const first = columns[column];
		if (first === undefined) columns[column] = position;
		else
			problems.push(
				`Worksheet “${worksheet}” has the header “${names[column]}” twice, in columns ${columnLetters(first)} and ` +
					`${columnLetters(position)}; rename one of them.`,
			);
	}
	const missing = REQUIRED.filter((column) => columns[column] === undefined);
	if (missing.length === REQUIRED.length) return { kind: 'foreign' };
	for (const column of missing) {
		problems.push(
			`Worksheet “${worksheet}” has no column with the header “${names[column]}”; add one to its header row.`,
		);
	}
	return problems.length > 0 ? { kind: 'unusable', problems } : { kind: 'ours', columns };
}

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
