/** The requests of `spreadsheets.batchUpdate` that write cells in the API's long form, or shift them. */
import { z } from 'zod';
import { invalid } from './api-error.ts';
import { clearCells, grown, readCells, writeCells } from './cell-operations.ts';
import type { CellRange } from './ranges.ts';
import { gridRangeSchema, parseGridRange, wholeGrid } from './ranges.ts';
import type { Cell, Dimension, Workbook } from './workbook.ts';
import { withCells, withWorksheet, worksheetById } from './workbook.ts';

const index = z.int().min(0);
const extendedValue = z.strictObject({
	numberValue: z.number().optional(),
	stringValue: z.string().optional(),
	boolValue: z.boolean().optional(),
});
const cellDataSchema = z.strictObject({ userEnteredValue: extendedValue.optional() });
const rowsSchema = z.array(z.strictObject({ values: z.array(cellDataSchema).default([]) }));
/** Formats, notes and the like are nothing that the local sheet has. */
const fieldsSchema = z
	.string()
	.regex(
		/^\s*(?:userEnteredValue)(?:\s*,\s*userEnteredValue)*\s*$/,
		'the local sheet can change userEnteredValue, and no formats, notes or validations',
	);

export const updateCellsBody = z.strictObject({
	rows: rowsSchema.default([]),
	fields: fieldsSchema,
	start: z
		.strictObject({ sheetId: index.default(0), rowIndex: index.default(0), columnIndex: index.default(0) })
		.optional(),
	range: gridRangeSchema.optional(),
});
export const appendCellsBody = z.strictObject({
	sheetId: index.default(0),
	rows: rowsSchema.default([]),
	fields: fieldsSchema,
});
export const repeatCellBody = z.strictObject({
	range: gridRangeSchema,
	cell: cellDataSchema,
	fields: fieldsSchema,
});
export const shiftBody = z.strictObject({
	range: gridRangeSchema,
	shiftDimension: z.enum(['ROWS', 'COLUMNS']),
});

/** With a range, what the rows do not cover of it is emptied. */
export function updateCells(workbook: Workbook, body: z.infer<typeof updateCellsBody>): Workbook {
	if ((body.start === undefined) === (body.range === undefined)) {
		throw invalid('Invalid updateCells: it must have either a start or a range.');
	}
	const values = enteredValues(body.rows);
	if (body.range !== undefined) {
		const range = parseGridRange(workbook, body.range);
		const emptied = clearCells(workbook, range);
		return values.length === 0 ? emptied : writeCells(emptied, range, values, 'RAW', false).workbook;
	}
	const { sheetId = 0, rowIndex = 0, columnIndex = 0 } = body.start ?? {};
	const range = {
		sheetId,
		startRow: rowIndex,
		endRow: rowIndex + values.length,
		startColumn: columnIndex,
		endColumn: columnIndex + Math.max(0, ...values.map((row) => row.length)),
	};
	return writeCells(workbook, range, values, 'RAW', false).workbook;
}

/** After the last row that has something in it. */
export function appendCells(workbook: Workbook, body: z.infer<typeof appendCellsBody>): Workbook {
	const worksheet = worksheetById(workbook, body.sheetId);
	const startRow = worksheet.rows.findLastIndex(({ cells }) => cells.length > 0) + 1;
	const values = enteredValues(body.rows);
	const endColumn = Math.max(0, ...values.map((row) => row.length));
	const endRow = startRow + values.length;
	const fitting = withWorksheet(workbook, grown(worksheet, endRow, endColumn));
	const range = { sheetId: body.sheetId, startRow, endRow, startColumn: 0, endColumn };
	return writeCells(fitting, range, values, 'RAW', false).workbook;
}

export function repeatCell(workbook: Workbook, body: z.infer<typeof repeatCellBody>): Workbook {
	const range = parseGridRange(workbook, body.range);
	const value = enteredValue(body.cell);
	const row = new Array<unknown>(range.endColumn - range.startColumn).fill(value);
	const values = new Array<unknown[]>(range.endRow - range.startRow).fill(row);
	return writeCells(workbook, range, values, 'RAW', false).workbook;
}

function enteredValues(rows: z.infer<typeof rowsSchema>): unknown[][] {
	return rows.map(({ values }) => values.map(enteredValue));
}

/** A cell without a value is emptied. */
function enteredValue({ userEnteredValue: value = {} }: z.infer<typeof cellDataSchema>): unknown {
	return value.stringValue ?? value.numberValue ?? value.boolValue ?? '';
}

/** Take the cells of a range away: those below it move up, or those to its right move left. The grid keeps its size. */
export function deleteRange(
	workbook: Workbook,
	{ range, shiftDimension }: z.infer<typeof shiftBody>,
): Workbook {
	const gone = parseGridRange(workbook, range);
	const rest =
		shiftDimension === 'ROWS'
			? { ...gone, startRow: gone.endRow, endRow: wholeGrid(worksheetById(workbook, gone.sheetId)).endRow }
			: {
					...gone,
					startColumn: gone.endColumn,
					endColumn: wholeGrid(worksheetById(workbook, gone.sheetId)).endColumn,
				};
	return moved(workbook, rest, { ...rest, ...start(gone) }, { ...rest, ...start(gone) });
}

/** Make room: the cells of a range and those below, or to its right, move by its size. What leaves the grid is lost. */
export function insertRange(
	workbook: Workbook,
	{ range, shiftDimension }: z.infer<typeof shiftBody>,
): Workbook {
	const room = parseGridRange(workbook, range);
	const size = shift(room, shiftDimension);
	const worksheet = worksheetById(workbook, room.sheetId);
	const grid = wholeGrid(worksheet);
	const from =
		shiftDimension === 'ROWS' ? { ...room, endRow: grid.endRow } : { ...room, endColumn: grid.endColumn };
	const last =
		shiftDimension === 'ROWS'
			? worksheet.rows.findLastIndex(({ cells }) => cells.length > room.startColumn) + 1
			: worksheet.rows.reduce((most, { cells }) => Math.max(most, cells.length), 0);
	const bigger =
		shiftDimension === 'ROWS'
			? grown(worksheet, Math.max(last, room.startRow) + size, 0)
			: grown(worksheet, 0, Math.max(last, room.startColumn) + size);
	const to =
		shiftDimension === 'ROWS'
			? { ...from, startRow: room.startRow + size }
			: { ...from, startColumn: room.startColumn + size };
	return moved(withWorksheet(workbook, bigger), from, from, to);
}

function start({ startRow, startColumn }: CellRange) {
	return { startRow, startColumn };
}

function shift(range: CellRange, dimension: Dimension): number {
	return dimension === 'ROWS' ? range.endRow - range.startRow : range.endColumn - range.startColumn;
}

/** Empty a range and write at the start of another what stood in `from`. */
function moved(workbook: Workbook, from: CellRange, emptied: CellRange, to: CellRange): Workbook {
	const cells = readCells(workbook, from);
	const cleared = clearCells(workbook, emptied);
	const worksheet = worksheetById(cleared, from.sheetId);
	const rows = worksheet.rows.map((row, place) => {
		const block = cells[place - to.startRow];
		if (block === undefined || place < to.startRow) return row;
		const replaced = new Map<number, Cell | null>();
		for (const [offset, cell] of block.entries()) {
			const column = to.startColumn + offset;
			if (cell !== null && column < worksheet.columns.length) replaced.set(column, cell);
		}
		return replaced.size === 0 ? row : withCells(row, replaced);
	});
	return withWorksheet(cleared, { ...worksheet, rows });
}
