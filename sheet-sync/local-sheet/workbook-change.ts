/** What changed between two states of a workbook, by keys, so that it can be told and taken back after others moved it. */
import type { Cell, Workbook, Worksheet } from './workbook.ts';

/** A cell before and after; null is an empty one. */
export type CellChange = [Cell | null, Cell | null];

export interface RowChange {
	key: number;
	/** By the column's key. */
	cells: Record<string, CellChange>;
}

/** Keys that came, went or moved: the stretch that differs, with the key before it (null at the start). */
export interface OrderChange {
	after: number | null;
	from: number[];
	to: number[];
}

/** What a worksheet is beside its rows and columns. */
export interface WorksheetShape {
	title: string;
	position: number;
	frozenRows: number;
	nextKey: number;
}

export interface WorksheetChange {
	sheetId: number;
	/** Null before it was added, and after it was deleted. */
	shape?: [WorksheetShape | null, WorksheetShape | null];
	rows?: OrderChange;
	columns?: OrderChange;
}

/** Beside the cells. Empty when only cells changed. */
export interface StructureChange {
	title?: [string, string];
	timeZone?: [string, string];
	worksheets?: WorksheetChange[];
}

export interface WorkbookChange {
	structure: StructureChange;
	/** Changed rows by worksheet. Rows that came or went change from or to empty. */
	cells: { sheetId: number; rows: RowChange[] }[];
}

/** Compare two states; objects that are the same were not changed. */
export function workbookChange(before: Workbook, after: Workbook): WorkbookChange {
	const structure: StructureChange = {};
	if (before.title !== after.title) structure.title = [before.title, after.title];
	if (before.timeZone !== after.timeZone) structure.timeZone = [before.timeZone, after.timeZone];
	const worksheets: WorksheetChange[] = [];
	const cells: WorkbookChange['cells'] = [];
	const sheetIds = new Set([...before.worksheets, ...after.worksheets].map(({ sheetId }) => sheetId));
	for (const sheetId of sheetIds) {
		const old = before.worksheets.find((one) => one.sheetId === sheetId);
		const now = after.worksheets.find((one) => one.sheetId === sheetId);
		const change = worksheetChange(sheetId, shapeOf(before, old), shapeOf(after, now), old, now);
		if (Object.keys(change).length > 1) worksheets.push(change);
		const rows = rowChanges(old, now);
		if (rows.length > 0) cells.push({ sheetId, rows });
	}
	if (worksheets.length > 0) structure.worksheets = worksheets;
	return { structure, cells };
}

export function isEmptyChange({ structure, cells }: WorkbookChange): boolean {
	return cells.length === 0 && Object.keys(structure).length === 0;
}

function worksheetChange(
	sheetId: number,
	oldShape: WorksheetShape | null,
	newShape: WorksheetShape | null,
	old: Worksheet | undefined,
	now: Worksheet | undefined,
): WorksheetChange {
	const change: WorksheetChange = { sheetId };
	const named = (shape: WorksheetShape | null) => shape && [shape.title, shape.position, shape.frozenRows];
	if (JSON.stringify(named(oldShape)) !== JSON.stringify(named(newShape)))
		change.shape = [oldShape, newShape];
	if (old === now) return change;
	const keys = (worksheet: Worksheet | undefined) => worksheet?.rows.map(({ key }) => key) ?? [];
	const rows = old?.rows === now?.rows ? undefined : orderChange(keys(old), keys(now));
	const columns = orderChange(old?.columns ?? [], now?.columns ?? []);
	if (rows !== undefined) change.rows = rows;
	if (columns !== undefined) change.columns = columns;
	return change;
}

function shapeOf({ worksheets }: Workbook, worksheet: Worksheet | undefined): WorksheetShape | null {
	if (worksheet === undefined) return null;
	const { title, frozenRows, nextKey } = worksheet;
	return { title, frozenRows, nextKey, position: worksheets.indexOf(worksheet) };
}

/** The stretch in which two orders of keys differ; undefined when they are the same. */
export function orderChange(before: readonly number[], after: readonly number[]): OrderChange | undefined {
	let start = 0;
	while (start < before.length && start < after.length && before[start] === after[start]) start++;
	let tail = 0;
	const most = Math.min(before.length, after.length) - start;
	while (tail < most && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail++;
	if (start === before.length && start === after.length) return undefined;
	return {
		after: before[start - 1] ?? null,
		from: before.slice(start, before.length - tail),
		to: after.slice(start, after.length - tail),
	};
}

function rowChanges(old: Worksheet | undefined, now: Worksheet | undefined): RowChange[] {
	if (old === now) return [];
	const before = new Map(old?.rows.map((row) => [row.key, row]));
	const changes: RowChange[] = [];
	const compare = (key: number, was: readonly (Cell | null)[], is: readonly (Cell | null)[]) => {
		const cells = cellChanges(was, old?.columns ?? [], is, now?.columns ?? []);
		if (Object.keys(cells).length > 0) changes.push({ key, cells });
	};
	for (const row of now?.rows ?? []) {
		const was = before.get(row.key);
		before.delete(row.key);
		if (was !== row) compare(row.key, was?.cells ?? [], row.cells);
	}
	for (const [key, { cells }] of before) compare(key, cells, []);
	return changes;
}

function cellChanges(
	before: readonly (Cell | null)[],
	oldColumns: readonly number[],
	after: readonly (Cell | null)[],
	newColumns: readonly number[],
): Record<string, CellChange> {
	const changes: Record<string, CellChange> = {};
	for (const [position, cell] of before.entries()) {
		if (cell !== null) changes[oldColumns[position] as number] = [cell, null];
	}
	for (const [position, cell] of after.entries()) {
		const column = newColumns[position] as number;
		const was = changes[column]?.[0] ?? null;
		if (sameCell(was, cell)) delete changes[column];
		else changes[column] = [was, cell];
	}
	return changes;
}

export function sameCell(a: Cell | null, b: Cell | null): boolean {
	return a === b || (a !== null && b !== null && a.v === b.v && a.f === b.f);
}
