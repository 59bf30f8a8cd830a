/** What Excel holds ("Excel specifications and limits"): it takes a file with more for a damaged one. */
import { columnLetters } from '../columns.ts';
import { invalid } from './api-error.ts';
import type { Worksheet } from './workbook.ts';

/** UTF-16 units in a cell. */
const MOST_CHARACTERS = 32_767;
const MOST_ROWS = 1_048_576;
const MOST_COLUMNS = 16_384;

/** A cell that a file does not hold whole. */
export interface ShortenedCell {
	worksheet: string;
	/** As people name it, such as B12. */
	cell: string;
	characters: number;
}

/** @throws ApiError for a worksheet that no file can hold, as a sentence that says how to get it all the same */
export function demandFits({ title, rows }: Worksheet): void {
	const height = rows.findLastIndex(({ cells }) => cells.length > 0) + 1;
	const width = rows.reduce((most, { cells }) => Math.max(most, cells.length), 0);
	if (height <= MOST_ROWS && width <= MOST_COLUMNS) return;
	throw invalid(
		`The worksheet “${title.slice(0, 60)}” has ${height.toLocaleString('en')} rows and ${width.toLocaleString('en')} columns; ` +
			`an XLSX file holds ${MOST_ROWS.toLocaleString('en')} and ${MOST_COLUMNS.toLocaleString('en')}. Export it as CSV.`,
	);
}

/**
 * A text as a cell may hold it. One that is too long is cut off with a mark that says so, and told to `onShortened` with how
 * long it is. `escaped`: the text as it stands in the file, where `_x001B_` is one character; nothing of that is cut apart.
 */
export function fittingText(
	text: string,
	escaped: string,
	onShortened: (characters: number) => void,
): string {
	if (escaped.length <= MOST_CHARACTERS) return escaped;
	onShortened(text.length);
	const mark =
		` … [cut off here: an XLSX file holds ${MOST_CHARACTERS.toLocaleString('en')} characters of a cell, ` +
		`and this one has ${text.length.toLocaleString('en')}; a CSV file holds all]`;
	return (
		escaped
			.slice(0, MOST_CHARACTERS - mark.length)
			.replace(/_x[\dA-F]{0,4}$/i, '')
			.replace(/[\ud800-\udbff]$/, '') + mark
	);
}

/** As people name a cell; both from 0. */
export function cellName(row: number, column: number): string {
	return `${columnLetters(column)}${row + 1}`;
}
