/** Reading and writing blocks of cells of a workbook. */
import { invalid } from './api-error.ts';
import type { CellRange } from './ranges.ts';
import { formatA1 } from './ranges.ts';
import type { ValueInputOption } from './typed-cell.ts';
import { writtenCell } from './typed-cell.ts';
import type { Cell, Row, Workbook, Worksheet } from './workbook.ts';
import { emptyRow, freshKeys, withCells, withWorksheet, worksheetById } from './workbook.ts';

/** The rows of a range, each with the range's cells; nothing is trimmed. */
export function readCells(workbook: Workbook, range: CellRange): (Cell | null)[][] {
	const { rows } = worksheetById(workbook, range.sheetId);
	return rows
		.slice(range.startRow, range.endRow)
		.map(({ cells }) => cells.slice(range.startColumn, range.endColumn));
}

export interface Written {
	workbook: Workbook;
	/** The range that the values cover. */
	range: CellRange;
	rows: number;
	columns: number;
	cells: number;
}

/**
 * Write values, row by row, from the first cell of a range on. `null` skips a cell, '' empties it.
 *
 * @param values by rows
 * @param grows whether a range of a single cell only says where to begin, as in A1 notation
 * @throws ApiError in Google's words when the values do not fit the range or the grid
 */
export function writeCells(
	workbook: Workbook,
	range: CellRange,
	values: readonly (readonly unknown[])[],
	option: ValueInputOption,
	grows: boolean,
): Written {
	const worksheet = worksheetById(workbook, range.sheetId);
	const width = Math.max(0, ...values.map((row) => row.length));
	const single = range.endRow - range.startRow === 1 && range.endColumn - range.startColumn === 1;
	const endRow = range.startRow + values.length;
	const endColumn = range.startColumn + width;
	if (!(grows && single)) {
		const tried = (what: string) =>
			invalid(`Requested writing within range [${formatA1(worksheet, range)}], but tried writing to ${what}`);
		if (endRow > range.endRow) throw tried(`row [${range.endRow + 1}]`);
		if (endColumn > range.endColumn) throw tried(`column [${range.endColumn + 1}]`);
	}
	if (endRow > worksheet.rows.length || endColumn > worksheet.columns.length) {
		const wanted = { ...range, endRow, endColumn };
		throw invalid(
			`Range (${formatA1(worksheet, wanted)}) exceeds grid limits. ` +
				`Max rows: ${worksheet.rows.length}, max columns: ${worksheet.columns.length}`,
		);
	}
	const rows = [...worksheet.rows];
	let count = 0;
	let touchedRows = 0;
	const touchedColumns = new Set<number>();
	for (const [offset, rowValues] of values.entries()) {
		const row = rows[range.startRow + offset] as Row;
		const replaced = new Map<number, Cell | null>();
		for (const [position, value] of rowValues.entries()) {
			if (value === null || value === undefined) continue;
			const column = range.startColumn + position;
			replaced.set(column, writtenCell(value, option, row.cells[column] ?? null));
			touchedColumns.add(column);
		}
		if (replaced.size === 0) continue;
		rows[range.startRow + offset] = withCells(row, replaced);
		count += replaced.size;
		touchedRows++;
	}
	return {
		workbook: withWorksheet(workbook, { ...worksheet, rows }),
		range: {
			...range,
			endRow: Math.max(endRow, range.startRow + 1),
			endColumn: Math.max(endColumn, range.startColumn + 1),
		},
		rows: touchedRows,
		columns: touchedColumns.size,
		cells: count,
	};
}

export function clearCells(workbook: Workbook, range: CellRange): Workbook {
	const worksheet = worksheetById(workbook, range.sheetId);
	const rows = worksheet.rows.map((row, index) => {
		if (index < range.startRow || index >= range.endRow || row.cells.length <= range.startColumn) return row;
		const emptied = new Map<number, null>();
		for (let column = range.startColumn; column < Math.min(range.endColumn, row.cells.length); column++) {
			emptied.set(column, null);
		}
		return withCells(row, emptied);
	});
	return withWorksheet(workbook, { ...worksheet, rows });
}

/**
 * The table that an append goes to: the block of filled cells, each touching another, that holds the lowest filled
 * cell of the range (https://developers.google.com/workspace/sheets/api/guides/values#append_values).
 *
 * @returns undefined when the range is empty
 */
export function findTable(workbook: Workbook, range: CellRange): CellRange | undefined {
	const worksheet = worksheetById(workbook, range.sheetId);
	const filled = (row: number, column: number) => (worksheet.rows[row]?.cells[column] ?? null) !== null;
	let table: CellRange | undefined;
	for (let row = range.endRow - 1; row >= range.startRow && table === undefined; row--) {
		for (let column = range.startColumn; column < range.endColumn && table === undefined; column++) {
			if (filled(row, column)) {
				table = { ...range, startRow: row, endRow: row + 1, startColumn: column, endColumn: column + 1 };
			}
		}
	}
	if (table === undefined) return undefined;
	for (let grown = true; grown; ) {
		grown = false;
		const { startRow, endRow, startColumn, endColumn } = table;
		const columns = Array.from(
			{ length: endColumn - startColumn + 2 },
			(_, offset) => startColumn - 1 + offset,
		);
		const rows = Array.from({ length: endRow - startRow + 2 }, (_, offset) => startRow - 1 + offset);
		if (columns.some((column) => filled(startRow - 1, column))) table.startRow--;
		else if (columns.some((column) => filled(endRow, column))) table.endRow++;
		else if (rows.some((row) => filled(row, startColumn - 1))) table.startColumn--;
		else if (rows.some((row) => filled(row, endColumn))) table.endColumn++;
		else continue;
		grown = true;
	}
	return table;
}

/** The worksheet with so many rows and columns at least. */
export function grown(worksheet: Worksheet, rowCount: number, columnCount: number): Worksheet {
	const rows = freshKeys(worksheet, rowCount - worksheet.rows.length);
	const columns = freshKeys(rows.worksheet, columnCount - worksheet.columns.length);
	if (rows.keys.length + columns.keys.length === 0) return worksheet;
	return {
		...columns.worksheet,
		rows: [...worksheet.rows, ...rows.keys.map(emptyRow)],
		columns: [...worksheet.columns, ...columns.keys],
	};
}
