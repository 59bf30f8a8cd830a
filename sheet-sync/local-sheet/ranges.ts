/** A1 notation, GridRange and data filters → a block of cells of one worksheet, and back. */
import { z } from 'zod';
import { columnLetters } from '../columns.ts';
import { invalid } from './api-error.ts';
import type { Metadata, Workbook, Worksheet } from './workbook.ts';
import { MOST_CELLS, worksheetById } from './workbook.ts';

/** Half-open, counted from 0, inside the worksheet's grid. */
export interface CellRange {
	sheetId: number;
	startRow: number;
	endRow: number;
	startColumn: number;
	endColumn: number;
}

const index = z.int().min(0);

/** The API's GridRange; a missing bound is an open one. */
export const gridRangeSchema = z.strictObject({
	sheetId: z.int().optional(),
	startRowIndex: index.optional(),
	endRowIndex: index.optional(),
	startColumnIndex: index.optional(),
	endColumnIndex: index.optional(),
});

const metadataLookupSchema = z.strictObject({
	metadataId: z.int().optional(),
	metadataKey: z.string().optional(),
	metadataValue: z.string().optional(),
	visibility: z.enum(['DOCUMENT', 'PROJECT']).optional(),
	locationType: z.enum(['ROW', 'COLUMN']).optional(),
});

/** The API's DataFilter: one of three ways to select cells. */
export const dataFilterSchema = z.strictObject({
	a1Range: z.string().optional(),
	gridRange: gridRangeSchema.optional(),
	developerMetadataLookup: metadataLookupSchema.optional(),
});

export type GridRange = z.infer<typeof gridRangeSchema>;
export type MetadataLookup = z.infer<typeof metadataLookupSchema>;
export type DataFilter = z.infer<typeof dataFilterSchema>;

interface Corner {
	row: number | undefined;
	column: number | undefined;
}

/**
 * Resolve A1 notation (https://developers.google.com/workspace/sheets/api/guides/concepts#cell): `Sheet1!A1:B2`,
 * `'My sheet'!A:C`, `2:5`, `A5:A`, `A1`, or the title of a worksheet for all of it.
 *
 * @throws ApiError in Google's words when it names nothing, or lies outside of the grid
 */
export function parseA1(workbook: Workbook, text: string): CellRange {
	const whole = workbook.worksheets.find((one) => one.title === unquote(text));
	if (whole !== undefined) return wholeGrid(whole);
	const bang = text.lastIndexOf('!');
	const title = bang === -1 ? undefined : unquote(text.slice(0, bang));
	const worksheet =
		title === undefined
			? workbook.worksheets[0]
			: workbook.worksheets.find(
					(one) => one.title === title || one.title.toLowerCase() === title.toLowerCase(),
				);
	const corners = text
		.slice(bang + 1)
		.split(':')
		.map(parseCorner);
	const [from, to = from] = corners;
	if (worksheet === undefined || from === undefined || to === undefined || corners.length > 2) {
		throw invalid(`Unable to parse range: ${text}`);
	}
	const single = corners.length === 1;
	if (single && (from.row === undefined || from.column === undefined))
		throw invalid(`Unable to parse range: ${text}`);
	const [startRow, endRow] = span(from.row, to.row, worksheet.rows.length);
	const [startColumn, endColumn] = span(from.column, to.column, worksheet.columns.length);
	return withinGrid(worksheet, { sheetId: worksheet.sheetId, startRow, endRow, startColumn, endColumn });
}

function unquote(title: string): string {
	const quoted = /^'(.*)'$/s.exec(title);
	return quoted ? (quoted[1] ?? '').replaceAll("''", "'") : title;
}

function parseCorner(text: string): Corner | undefined {
	const match = /^\$?([A-Za-z]{1,3})?\$?([1-9]\d{0,7})?$/.exec(text);
	if (match === null || text === '') return undefined;
	const [, letters, digits] = match;
	let column: number | undefined;
	for (const letter of letters?.toUpperCase() ?? '') column = (column ?? 0) * 26 + letter.charCodeAt(0) - 64;
	return {
		column: column === undefined ? undefined : column - 1,
		row: digits === undefined ? undefined : Number(digits) - 1,
	};
}

/** From and to, in any order, each possibly open. */
function span(from: number | undefined, to: number | undefined, size: number): [number, number] {
	if (from !== undefined && to !== undefined) return [Math.min(from, to), Math.max(from, to) + 1];
	if (from === undefined && to !== undefined) return [0, to + 1];
	return [from ?? 0, size];
}

/** A range beyond the grid is refused when it begins there, and clipped when it only ends there. */
function withinGrid(worksheet: Worksheet, range: CellRange): CellRange {
	const rows = worksheet.rows.length;
	const columns = worksheet.columns.length;
	if (range.startRow >= rows || range.startColumn >= columns) {
		throw invalid(
			`Range (${formatA1(worksheet, range)}) exceeds grid limits. Max rows: ${rows}, max columns: ${columns}`,
		);
	}
	return { ...range, endRow: Math.min(range.endRow, rows), endColumn: Math.min(range.endColumn, columns) };
}

/**
 * The same ranges, unless they are too much for one answer: a request of a few kB can name a worksheet 10,000 times.
 *
 * @throws ApiError
 */
export function demandAnswerable(ranges: readonly CellRange[]): readonly CellRange[] {
	const area = (one: CellRange) => (one.endRow - one.startRow) * (one.endColumn - one.startColumn);
	const cells = ranges.reduce((sum, one) => sum + area(one), 0);
	if (cells <= MOST_CELLS) return ranges;
	throw invalid(
		`The ranges have ${cells.toLocaleString('en')} cells together; ask for at most ${MOST_CELLS.toLocaleString('en')} at once.`,
	);
}

export function wholeGrid(worksheet: Worksheet): CellRange {
	return {
		sheetId: worksheet.sheetId,
		startRow: 0,
		endRow: worksheet.rows.length,
		startColumn: 0,
		endColumn: worksheet.columns.length,
	};
}

export function parseGridRange(workbook: Workbook, grid: GridRange): CellRange {
	const worksheet = worksheetById(workbook, grid.sheetId ?? 0);
	const range = {
		sheetId: worksheet.sheetId,
		startRow: grid.startRowIndex ?? 0,
		endRow: grid.endRowIndex ?? worksheet.rows.length,
		startColumn: grid.startColumnIndex ?? 0,
		endColumn: grid.endColumnIndex ?? worksheet.columns.length,
	};
	if (range.endRow <= range.startRow || range.endColumn <= range.startColumn) {
		throw invalid('Invalid GridRange: its end must be after its start.');
	}
	return withinGrid(worksheet, range);
}

/** The ranges that a data filter selects: none or several with a metadata lookup. */
export function filterRanges(workbook: Workbook, filter: DataFilter): CellRange[] {
	if (filter.a1Range !== undefined) return [parseA1(workbook, filter.a1Range)];
	if (filter.gridRange !== undefined) return [parseGridRange(workbook, filter.gridRange)];
	if (filter.developerMetadataLookup !== undefined) {
		return lookUpMetadata(workbook, filter.developerMetadataLookup).map((found) =>
			metadataRange(workbook, found),
		);
	}
	throw invalid('A data filter must have an a1Range, a gridRange or a developerMetadataLookup.');
}

export function lookUpMetadata(workbook: Workbook, lookup: MetadataLookup): Metadata[] {
	return workbook.metadata.filter(
		(one) =>
			(lookup.metadataId === undefined || one.id === lookup.metadataId) &&
			(lookup.metadataKey === undefined || one.key === lookup.metadataKey) &&
			(lookup.metadataValue === undefined || one.value === lookup.metadataValue) &&
			(lookup.visibility === undefined || one.visibility === lookup.visibility) &&
			(lookup.locationType === undefined ||
				lookup.locationType === (one.dimension === 'ROWS' ? 'ROW' : 'COLUMN')),
	);
}

function metadataRange(workbook: Workbook, { sheetId, dimension, index }: Metadata): CellRange {
	const grid = wholeGrid(worksheetById(workbook, sheetId));
	return dimension === 'ROWS'
		? { ...grid, startRow: index, endRow: index + 1 }
		: { ...grid, startColumn: index, endColumn: index + 1 };
}

/** The range in the form in which the API names it in answers: `'My sheet'!A1:Z1000`. */
export function formatA1({ title }: Worksheet, range: CellRange): string {
	const quoted = /^[A-Za-z_]\w*$/.test(title) ? title : `'${title.replaceAll("'", "''")}'`;
	const from = `${columnLetters(range.startColumn)}${range.startRow + 1}`;
	const to = `${columnLetters(range.endColumn - 1)}${range.endRow}`;
	return `${quoted}!${from === to ? from : `${from}:${to}`}`;
}
