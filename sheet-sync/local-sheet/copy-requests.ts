/** The requests of `spreadsheets.batchUpdate` that copy and cut blocks of cells. */
import { z } from 'zod';
import { clearCells, readCells } from './cell-operations.ts';
import type { CellRange } from './ranges.ts';
import { gridRangeSchema, parseGridRange } from './ranges.ts';
import type { Cell, Workbook } from './workbook.ts';
import { withCells, withWorksheet, worksheetById } from './workbook.ts';

/** The local sheet has no formulas, and formats only as parts of values: so these are all the same. */
const pasteType = z.enum(['PASTE_NORMAL', 'PASTE_VALUES', 'PASTE_FORMULA', 'PASTE_NO_BORDERS']).optional();
const index = z.int().min(0).default(0);
export const copyPasteBody = z.strictObject({
	source: gridRangeSchema,
	destination: gridRangeSchema,
	pasteType,
	pasteOrientation: z.literal('NORMAL').optional(),
});
export const cutPasteBody = z.strictObject({
	source: gridRangeSchema,
	destination: z.strictObject({ sheetId: index, rowIndex: index, columnIndex: index }),
	pasteType,
});

/** A larger destination is filled with copies, as many as fit. */
export function copyPaste(workbook: Workbook, body: z.infer<typeof copyPasteBody>): Workbook {
	const source = parseGridRange(workbook, body.source);
	const target = parseGridRange(workbook, body.destination);
	const cells = readCells(workbook, source);
	const height = source.endRow - source.startRow;
	const width = source.endColumn - source.startColumn;
	const times = (room: number, size: number) => Math.max(1, Math.floor(room / size));
	let next = workbook;
	for (let down = 0; down < times(target.endRow - target.startRow, height); down++) {
		for (let across = 0; across < times(target.endColumn - target.startColumn, width); across++) {
			const startRow = target.startRow + down * height;
			const startColumn = target.startColumn + across * width;
			next = pasted(next, cells, width, { ...target, startRow, startColumn });
		}
	}
	return next;
}

/** @param marksFollow whether developer metadata of rows that are cut as a whole goes with them */
export function cutPaste(
	workbook: Workbook,
	{ source, destination }: z.infer<typeof cutPasteBody>,
	marksFollow: boolean,
): Workbook {
	const from = parseGridRange(workbook, source);
	const to = { startRow: destination.rowIndex, startColumn: destination.columnIndex };
	const width = from.endColumn - from.startColumn;
	const cells = readCells(workbook, from);
	const next = pasted(clearCells(workbook, from), cells, width, { sheetId: destination.sheetId, ...to });
	const whole = width === worksheetById(workbook, from.sheetId).columns.length;
	return marksFollow && whole ? marksMoved(next, from, destination.sheetId, to.startRow) : next;
}

/** The marks of rows go where the rows' cells went. */
export function marksMoved(
	workbook: Workbook,
	from: Pick<CellRange, 'sheetId' | 'startRow' | 'endRow'>,
	sheetId: number,
	startRow: number,
): Workbook {
	const metadata = workbook.metadata.map((one) => {
		const cut =
			one.sheetId === from.sheetId &&
			one.dimension === 'ROWS' &&
			one.index >= from.startRow &&
			one.index < from.endRow;
		return cut ? { ...one, sheetId, index: one.index - from.startRow + startRow } : one;
	});
	return { ...workbook, metadata };
}

/** What does not fit the grid is left out. */
function pasted(
	workbook: Workbook,
	cells: readonly (readonly (Cell | null)[])[],
	width: number,
	{ sheetId, startRow, startColumn }: Pick<CellRange, 'sheetId' | 'startRow' | 'startColumn'>,
): Workbook {
	const worksheet = worksheetById(workbook, sheetId);
	const rows = worksheet.rows.map((row, place) => {
		const block = place < startRow ? undefined : cells[place - startRow];
		if (block === undefined) return row;
		const replaced = new Map<number, Cell | null>();
		for (let offset = 0; offset < width; offset++) {
			const column = startColumn + offset;
			if (column < worksheet.columns.length) replaced.set(column, block[offset] ?? null);
		}
		return withCells(row, replaced);
	});
	return withWorksheet(workbook, { ...worksheet, rows });
}
