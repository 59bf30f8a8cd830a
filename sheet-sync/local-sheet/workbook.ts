/**
 * A spreadsheet as plain, immutable data. Every operation of the local sheet is a function from one workbook to the
 * next; what did not change stays the same object, which is how the store knows what to write.
 */
import { invalid } from './api-error.ts';

/** A cell with something in it. */
export interface Cell {
	v: string | number | boolean;
	/** How a number is shown: a pattern such as `h:mm:ss` or `yyyy-mm-dd`. */
	f?: string;
}

export interface Row {
	/** Names the row for the store; unique in its worksheet. */
	readonly key: number;
	/** From the first column on; trailing empty cells may be missing. */
	readonly cells: readonly (Cell | null)[];
}

export interface Worksheet {
	readonly sheetId: number;
	readonly title: string;
	/** The key of every column, as rows have one. */
	readonly columns: readonly number[];
	readonly frozenRows: number;
	/** What colours rows, the first that fits. */
	readonly rules?: readonly RowRule[];
	/** The next key for a row or a column; none is ever given twice, so that history and undo know what they mean. */
	readonly nextKey: number;
	/** Every row of the grid, empty ones too. */
	readonly rows: readonly Row[];
}

/** Rows of this colour are those whose cell in a column says so: conditional formatting. */
export interface RowRule {
	/** The column whose cells decide. */
	readonly column: number;
	/** The text that the cell is, or begins with; any text at all when absent. */
	readonly text?: string;
	readonly whole?: boolean;
	/** `#rrggbb` */
	readonly color: string;
	/** The first row that it is for, counted from 0. */
	readonly startRow: number;
}

/** Developer metadata on one row or column. */
export interface Metadata {
	readonly id: number;
	readonly key: string;
	readonly value: string;
	readonly visibility: 'DOCUMENT' | 'PROJECT';
	readonly sheetId: number;
	readonly dimension: Dimension;
	/** Row or column, counted from 0. */
	readonly index: number;
}

export type Dimension = 'ROWS' | 'COLUMNS';

export interface Workbook {
	readonly id: string;
	readonly title: string;
	readonly timeZone: string;
	readonly worksheets: readonly Worksheet[];
	readonly metadata: readonly Metadata[];
}

/** Size of a new worksheet, as Google makes it. */
export const NEW_ROWS = 1000;
export const NEW_COLUMNS = 26;

/** Google's limits on a spreadsheet (https://support.google.com/drive/answer/37603): cells of all worksheets, and worksheets. */
export const MOST_CELLS = 10_000_000;
const MOST_WORKSHEETS = 200;

/** @throws ApiError when a spreadsheet cannot have so many more cells and worksheets */
export function demandRoom({ worksheets }: Workbook, cells: number, more = 0): void {
	const present = worksheets.reduce((sum, { rows, columns }) => sum + rows.length * columns.length, 0);
	if (present + cells > MOST_CELLS) {
		throw invalid(
			`This action would increase the number of cells in the workbook above the limit of ${MOST_CELLS} cells.`,
		);
	}
	if (worksheets.length + more > MOST_WORKSHEETS)
		throw invalid(`A spreadsheet has at most ${MOST_WORKSHEETS} worksheets.`);
}

export function newWorkbook(id: string, title: string, worksheetTitle = 'Sheet1'): Workbook {
	return { id, title, timeZone: 'UTC', worksheets: [newWorksheet(0, worksheetTitle)], metadata: [] };
}

export function newWorksheet(
	sheetId: number,
	title: string,
	rowCount = NEW_ROWS,
	columnCount = NEW_COLUMNS,
): Worksheet {
	const empty = { sheetId, title, columns: [], frozenRows: 0, nextKey: 0, rows: [] };
	const columns = freshKeys(empty, columnCount);
	const rows = freshKeys(columns.worksheet, rowCount);
	return { ...rows.worksheet, columns: columns.keys, rows: rows.keys.map(emptyRow) };
}

/** @throws ApiError when no worksheet has the id */
export function worksheetById(workbook: Workbook, sheetId: number): Worksheet {
	const worksheet = workbook.worksheets.find((one) => one.sheetId === sheetId);
	if (worksheet === undefined) throw invalid(`No grid with id: ${sheetId}`);
	return worksheet;
}

/** The workbook with one worksheet put in the place of the one of the same id. */
export function withWorksheet(workbook: Workbook, worksheet: Worksheet): Workbook {
	return {
		...workbook,
		worksheets: workbook.worksheets.map((one) => (one.sheetId === worksheet.sheetId ? worksheet : one)),
	};
}

/** `count` keys for new rows or columns (none if negative), and the worksheet that knows that they are taken. */
export function freshKeys(worksheet: Worksheet, count: number): { keys: number[]; worksheet: Worksheet } {
	const keys = Array.from({ length: Math.max(0, count) }, (_, offset) => worksheet.nextKey + offset);
	return { keys, worksheet: { ...worksheet, nextKey: worksheet.nextKey + keys.length } };
}

export function emptyRow(key: number): Row {
	return { key, cells: [] };
}

/** The row with some of its cells replaced; trailing empty cells are dropped. */
export function withCells(row: Row, replaced: ReadonlyMap<number, Cell | null>): Row {
	const cells = [...row.cells];
	for (const [column, cell] of replaced) {
		while (cells.length < column) cells.push(null);
		cells[column] = cell;
	}
	while (cells.length > 0 && (cells.at(-1) ?? null) === null) cells.pop();
	return { key: row.key, cells };
}
