/** Inserting, deleting, moving and sorting rows and columns. Developer metadata goes with its row or column. */
import { invalid } from './api-error.ts';
import type { CellRange } from './ranges.ts';
import type { Cell, Dimension, Row, Workbook, Worksheet } from './workbook.ts';
import { demandRoom, emptyRow, freshKeys, withCells, withWorksheet, worksheetById } from './workbook.ts';

export interface DimensionRange {
	sheetId: number;
	dimension: Dimension;
	/** Half-open, counted from 0. */
	startIndex: number;
	endIndex: number;
}

/** Insert empty rows or columns before `startIndex`, which may be the end of the grid. */
export function insertDimension(workbook: Workbook, range: DimensionRange): Workbook {
	const { sheetId, dimension, startIndex, endIndex } = range;
	const worksheet = worksheetById(workbook, sheetId);
	const count = endIndex - startIndex;
	if (count <= 0 || startIndex < 0 || startIndex > sizeOf(worksheet, dimension)) {
		throw invalid(
			`Invalid insertDimension: range [${startIndex}, ${endIndex}) does not begin inside of the grid.`,
		);
	}
	demandRoom(workbook, count * (dimension === 'ROWS' ? worksheet.columns : worksheet.rows).length);
	const nowhere = new Array<number>(count).fill(-1);
	const before = indexes(0, startIndex);
	return reordered(workbook, worksheet, dimension, [
		...before,
		...nowhere,
		...indexes(startIndex, sizeOf(worksheet, dimension)),
	]);
}

export function deleteDimension(workbook: Workbook, range: DimensionRange): Workbook {
	const { worksheet, size } = inside(workbook, range, 'deleteDimension');
	if (range.endIndex - range.startIndex === size) {
		throw invalid(
			`You can't delete all the ${range.dimension === 'ROWS' ? 'rows' : 'columns'} on the sheet.`,
		);
	}
	return reordered(workbook, worksheet, range.dimension, [
		...indexes(0, range.startIndex),
		...indexes(range.endIndex, size),
	]);
}

/** @param destination where the first one goes, counted before the move, as the API has it */
export function moveDimension(workbook: Workbook, range: DimensionRange, destination: number): Workbook {
	const { worksheet, size } = inside(workbook, range, 'moveDimension');
	const { startIndex, endIndex, dimension } = range;
	if (destination < 0 || destination > size || (destination > startIndex && destination < endIndex)) {
		throw invalid(
			`Invalid moveDimension: the destination ${destination} is outside of the grid or inside of what moves.`,
		);
	}
	const moving = indexes(startIndex, endIndex);
	const staying = indexes(0, size).filter((index) => index < startIndex || index >= endIndex);
	const at = destination > startIndex ? destination - moving.length : destination;
	return reordered(workbook, worksheet, dimension, [
		...staying.slice(0, at),
		...moving,
		...staying.slice(at),
	]);
}

export function appendDimension(
	workbook: Workbook,
	sheetId: number,
	dimension: Dimension,
	length: number,
): Workbook {
	const size = sizeOf(worksheetById(workbook, sheetId), dimension);
	return insertDimension(workbook, { sheetId, dimension, startIndex: size, endIndex: size + length });
}

function sizeOf(worksheet: Worksheet, dimension: Dimension): number {
	return dimension === 'ROWS' ? worksheet.rows.length : worksheet.columns.length;
}

function inside(
	workbook: Workbook,
	{ sheetId, dimension, startIndex, endIndex }: DimensionRange,
	request: string,
) {
	const worksheet = worksheetById(workbook, sheetId);
	const size = sizeOf(worksheet, dimension);
	if (startIndex < 0 || endIndex <= startIndex || endIndex > size) {
		throw invalid(
			`Invalid ${request}: range [${startIndex}, ${endIndex}) is not inside of the grid of ${size}.`,
		);
	}
	return { worksheet, size };
}

function indexes(from: number, to: number): number[] {
	return Array.from({ length: Math.max(0, to - from) }, (_, offset) => from + offset);
}

/** @param order what stands at each place afterwards: the index it had, or -1 for something new */
export function reordered(
	workbook: Workbook,
	worksheet: Worksheet,
	dimension: Dimension,
	order: number[],
): Workbook {
	const places = new Map(order.map((index, place) => [index, place]));
	const metadata = workbook.metadata.flatMap((one) => {
		if (one.sheetId !== worksheet.sheetId || one.dimension !== dimension) return [one];
		const place = places.get(one.index);
		return place === undefined ? [] : [{ ...one, index: place }];
	});
	const { keys, worksheet: counted } = freshKeys(worksheet, order.filter((index) => index === -1).length);
	const fresh = keys.values();
	const { rows, columns } = worksheet;
	const changed =
		dimension === 'ROWS'
			? {
					...counted,
					rows: order.map((index) => rows[index] ?? emptyRow(fresh.next().value as number)),
				}
			: {
					...counted,
					columns: order.map((index) => columns[index] ?? (fresh.next().value as number)),
					rows: rows.map((row) => reorderedCells(row, order)),
				};
	return withWorksheet({ ...workbook, metadata }, changed);
}

function reorderedCells(row: Row, order: number[]): Row {
	if (row.cells.length === 0) return row;
	const cells = order.map((index) => row.cells[index] ?? null);
	return withCells({ key: row.key, cells }, new Map());
}

export interface SortSpec {
	dimensionIndex: number;
	sortOrder: 'ASCENDING' | 'DESCENDING';
}

/**
 * Sort the rows of a range by some of its columns: numbers, then text, then FALSE and TRUE, empty cells always last
 * (as Google does). Only cells inside of the range move.
 *
 * @param marksFollow whether developer metadata of rows goes with their cells
 */
export function sortRange(
	workbook: Workbook,
	range: CellRange,
	specs: readonly SortSpec[],
	marksFollow: boolean,
): Workbook {
	const worksheet = worksheetById(workbook, range.sheetId);
	const sorted = worksheet.rows.slice(range.startRow, range.endRow).sort((a, b) => {
		for (const { dimensionIndex, sortOrder } of specs) {
			const order = compareCells(a.cells[dimensionIndex] ?? null, b.cells[dimensionIndex] ?? null, sortOrder);
			if (order !== 0) return order;
		}
		return 0;
	});
	const rows = [...worksheet.rows];
	for (const [offset, source] of sorted.entries()) {
		const target = rows[range.startRow + offset] as Row;
		const replaced = new Map<number, Cell | null>();
		for (let column = range.startColumn; column < range.endColumn; column++) {
			if (column < source.cells.length || column < target.cells.length)
				replaced.set(column, source.cells[column] ?? null);
		}
		if (source !== target) rows[range.startRow + offset] = withCells(target, replaced);
	}
	const next = withWorksheet(workbook, { ...worksheet, rows });
	if (!marksFollow) return next;
	const places = new Map(sorted.map((row, offset) => [row.key, range.startRow + offset]));
	const metadata = workbook.metadata.map((one) => {
		const key = worksheet.rows[one.index]?.key ?? -1;
		const here = one.sheetId === range.sheetId && one.dimension === 'ROWS';
		return here ? { ...one, index: places.get(key) ?? one.index } : one;
	});
	return { ...next, metadata };
}

const KINDS: Record<string, number> = { number: 0, string: 1, boolean: 2 };

export function compareCells(a: Cell | null, b: Cell | null, sortOrder: SortSpec['sortOrder']): number {
	if (a === null || b === null) return Number(a === null) - Number(b === null);
	const sign = sortOrder === 'DESCENDING' ? -1 : 1;
	const kinds = (KINDS[typeof a.v] ?? 0) - (KINDS[typeof b.v] ?? 0);
	if (kinds !== 0) return sign * kinds;
	if (typeof a.v === 'string' && typeof b.v === 'string') return sign * collator.compare(a.v, b.v);
	return sign * (Number(a.v) - Number(b.v));
}

const collator = new Intl.Collator('en-US');
