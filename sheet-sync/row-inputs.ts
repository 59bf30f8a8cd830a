/** One row of a worksheet → what people say about an event, with a sentence for every cell that cannot be read. */
import type { Column, ColumnPositions, FormColumn, HeaderNames, InputColumn } from './columns.ts';
import { CONTENT_COLUMNS } from './columns.ts';
import { cellText, readBoolean, readInteger, readList, readText } from './plain-cells.ts';
import type { Reading, TimeContext } from './time-cells.ts';
import { readTime } from './time-cells.ts';

/** A cell as the API gives it with UNFORMATTED_VALUE and SERIAL_NUMBER; '' or missing when empty. */
export type CellValue = string | number | boolean | null;

/** The sheet inputs of an event in the form that JSON, and so `jsonb`, can hold: times as ISO 8601 with ms and Z. */
export interface EventInputs {
	start: string | null;
	end: string | null;
	category: string;
	description: string;
	notes: string;
	allow_holes: boolean;
	/** null: any node */
	uploader_whitelist: string[] | null;
	upload_location: string;
	tags: string[];
	priority: number;
}

/** The edit inputs of an event that a row may hold, in the same form; null or '' where the cell is empty. */
export interface EditForm {
	video_start: string | null;
	video_end: string | null;
	video_title: string;
	video_description: string;
}

export interface RowInputs {
	/** Only columns that the worksheet has and whose cell could be read. */
	values: Partial<EventInputs>;
	/** Columns whose cell is empty (or an unticked checkbox). */
	blank: ReadonlySet<InputColumn>;
	/** The same of the form for an edit. */
	form: Partial<EditForm>;
	/** Columns of the form whose cell could not be read. */
	unreadable: FormColumn[];
	/** One sentence per unreadable cell: the column, what was read, what would be right. */
	problems: string[];
}

/** Whether nobody has written anything into the row's input columns. Unticked checkboxes count as nothing. */
export function isEmptyRow(row: readonly CellValue[], columns: ColumnPositions): boolean {
	return CONTENT_COLUMNS.every((column) => isBlank(cellAt(row, columns, column)));
}

/** The cell of a row in one of our columns; '' when the worksheet lacks the column or the row is shorter. */
export function cellAt(row: readonly CellValue[], columns: ColumnPositions, column: Column): CellValue {
	const position = columns[column];
	return position === undefined ? '' : (row[position] ?? '');
}

/**
 * Read the inputs of a row.
 *
 * `--` as the end of an event is the field's way to say "the same as the start": one moment, of a length that
 * only the editor knows.
 */
export function readRow(
	row: readonly CellValue[],
	columns: ColumnPositions,
	names: HeaderNames,
	time: TimeContext,
): RowInputs {
	const values: Partial<EventInputs> = {};
	const blank = new Set<InputColumn>();
	const form: Partial<EditForm> = {};
	const unreadable: FormColumn[] = [];
	const problems: string[] = [];

	function take<C extends InputColumn>(column: C, read: (cell: CellValue) => Reading<EventInputs[C]>): void {
		if (columns[column] === undefined) return;
		const cell = cellAt(row, columns, column);
		if (isBlank(cell)) blank.add(column);
		const reading = read(cell);
		if ('value' in reading) values[column] = reading.value;
		else problems.push(`${names[column]}: cannot read ${quote(cell)}; ${reading.unreadable}.`);
	}

	function takeForm<C extends FormColumn>(column: C, read: (cell: CellValue) => Reading<EditForm[C]>): void {
		if (columns[column] === undefined) return;
		const cell = cellAt(row, columns, column);
		const reading = read(cell);
		if ('value' in reading) form[column] = reading.value;
		else {
			unreadable.push(column);
			problems.push(`${names[column]}: cannot read ${quote(cell)}; ${reading.unreadable}.`);
		}
	}

	take('start', (cell) => isoTime(readTime(cell, time)));
	if (cellText(cellAt(row, columns, 'end')).trim() !== '--')
		take('end', (cell) => isoTime(readTime(cell, time)));
	else if (values.start !== undefined) values.end = values.start;
	take('category', readText);
	take('description', readText);
	take('notes', readText);
	take('allow_holes', readBoolean);
	take('uploader_whitelist', (cell) => emptyListAsNull(readList(cell)));
	take('upload_location', (cell) => trimmed(readText(cell)));
	take('tags', readList);
	take('priority', readInteger);
	takeForm('video_start', (cell) => isoTime(readTime(cell, time)));
	takeForm('video_end', (cell) => isoTime(readTime(cell, time)));
	takeForm('video_title', (cell) => trimmed(readText(cell)));
	takeForm('video_description', readText);
	return { values, blank, form, unreadable, problems };
}

function isBlank(cell: CellValue): boolean {
	return cell === false || cell === null || (typeof cell === 'string' && cell.trim() === '');
}

function isoTime(reading: Reading<number | null>): Reading<string | null> {
	if ('unreadable' in reading || reading.value === null) return reading as Reading<null>;
	return { value: new Date(reading.value).toISOString() };
}

function emptyListAsNull(reading: Reading<string[]>): Reading<string[] | null> {
	return 'value' in reading && reading.value.length === 0 ? { value: null } : reading;
}

function trimmed(reading: Reading<string>): Reading<string> {
	return 'value' in reading ? { value: reading.value.trim() } : reading;
}

/** The value read, in quotation marks, shortened: an error cell is not the place for a whole paragraph. */
function quote(cell: CellValue): string {
	const text = cellText(cell).replace(/\s+/g, ' ').trim();
	return `“${text.length > 60 ? `${text.slice(0, 59).toWellFormed()}…` : text}”`;
}
