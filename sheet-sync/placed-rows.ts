/** The rows of a snapshot that may be events, with what their worksheet's header row says about their cells. */
import type { ColumnPositions, HeaderMatch, HeaderNames } from './columns.ts';
import { matchHeaders } from './columns.ts';
import { cellText } from './plain-cells.ts';
import type { CellValue } from './row-inputs.ts';
import { cellAt, isEmptyRow } from './row-inputs.ts';
import type { SheetSnapshot, WorksheetSnapshot } from './snapshot.ts';

/** A worksheet whose headers were found. As long as nothing of it changes, the same object from snapshot to snapshot. */
export interface Layout {
	sheetId: number;
	title: string;
	/** The instant (ms) that `HH:MM` counts from, or null. */
	countFrom: number | null;
	/** Counted from 0. */
	headerIndex: number;
	headers: readonly CellValue[];
	columns: ColumnPositions;
}

/** The same object as long as its cells and its place do not change. */
export interface PlacedRow {
	layout: Layout;
	/** Counted from 0, in the worksheet. */
	index: number;
	cells: readonly CellValue[];
	/** The cells as they were really read, when `cells` has what people had written before a write of ours spoiled it. */
	seen?: readonly CellValue[];
	/** The id cell in lower case, '' when empty. */
	id: string;
	/** Whether nobody wrote anything into it that is ours to read. */
	empty: boolean;
}

export interface PlacedSheet {
	layout: Layout;
	/** All rows below the headers. */
	rows: readonly PlacedRow[];
}

export interface PlacedRows {
	timeZone: string;
	/** By the id of the worksheet. */
	sheets: ReadonlyMap<number, PlacedSheet>;
	/** Where each id stands; emptied rows do not count, as they are removed ones. */
	byId: ReadonlyMap<string, readonly PlacedRow[]>;
	/** Worksheets that exist, but say nothing about rows now. */
	unusable: readonly number[];
	/** Sentences about them. */
	problems: readonly string[];
}

export const NO_ROWS: PlacedRows = {
	timeZone: 'UTC',
	sheets: new Map(),
	byId: new Map(),
	unusable: [],
	problems: [],
};

/** Rows inserted above the headers move them down; they are looked for so far below their place. */
const ROWS_ABOVE = 10;

/**
 * Find the headers and the rows of all worksheets.
 *
 * @param before what this gave for the last snapshot: 10,000 rows that did not change cost one comparison each
 * @param syncedBefore ids of worksheets that held rows of ours: they are missed when their headers are gone
 */
export function placeRows(
	snapshot: SheetSnapshot,
	names: HeaderNames,
	before: PlacedRows,
	syncedBefore: ReadonlySet<number>,
): PlacedRows {
	const sheets = new Map<number, PlacedSheet>();
	const byId = new Map<string, PlacedRow[]>();
	const unusable: number[] = [...snapshot.unread];
	const problems: string[] = [];
	for (const worksheet of snapshot.worksheets) {
		const { match, index } = findHeaders(worksheet, names);
		if (match.kind !== 'ours') {
			unusable.push(worksheet.sheetId);
			if (match.kind === 'unusable') problems.push(...match.problems);
			else if (syncedBefore.has(worksheet.sheetId)) {
				problems.push(
					`Worksheet “${worksheet.title}” has lost its headers; row ${worksheet.headerRow} must hold them again.`,
				);
			}
			continue;
		}
		const sheet = placeSheet(worksheet, index, match.columns, before.sheets.get(worksheet.sheetId));
		sheets.set(worksheet.sheetId, sheet);
		addPlaces(byId, sheet.rows);
	}
	return { timeZone: snapshot.timeZone, sheets, byId, unusable, problems };
}

function addPlaces(byId: Map<string, PlacedRow[]>, rows: readonly PlacedRow[]): void {
	for (const row of rows) {
		if (row.empty || row.id === '') continue;
		const others = byId.get(row.id);
		if (others === undefined) byId.set(row.id, [row]);
		else others.push(row);
	}
}

function findHeaders(
	{ title, rows, headerRow }: WorksheetSnapshot,
	names: HeaderNames,
): { match: HeaderMatch; index: number } {
	const index = headerRow - 1;
	const match = matchHeaders(title, rows[index] ?? [], names);
	for (let below = index + 1; match.kind === 'foreign' && below <= index + ROWS_ABOVE; below++) {
		const moved = matchHeaders(title, rows[below] ?? [], names);
		if (moved.kind === 'ours') return { match: moved, index: below };
	}
	return { match, index };
}

function placeSheet(
	{ sheetId, title, countFrom, rows }: WorksheetSnapshot,
	headerIndex: number,
	columns: ColumnPositions,
	before: PlacedSheet | undefined,
): PlacedSheet {
	const headers = rows[headerIndex] ?? [];
	const old = before?.layout;
	const same =
		old !== undefined &&
		old.title === title &&
		old.countFrom === countFrom &&
		old.headerIndex === headerIndex &&
		sameCells(old.headers, headers);
	const layout = same ? old : { sheetId, title, countFrom, headerIndex, headers, columns };
	const known = same ? (before?.rows ?? []) : [];
	const placed: PlacedRow[] = [];
	for (let index = headerIndex + 1; index < rows.length; index++) {
		const cells = rows[index] ?? [];
		const row = known[placed.length];
		const unchanged = row !== undefined && row.seen === undefined && sameCells(row.cells, cells);
		placed.push(unchanged ? row : placeRow(layout, index, cells));
	}
	return { layout, rows: placed };
}

function placeRow(layout: Layout, index: number, cells: readonly CellValue[]): PlacedRow {
	const id = cellText(cellAt(cells, layout.columns, 'id'))
		.trim()
		.toLowerCase();
	return { layout, index, cells, id, empty: isEmptyRow(cells, layout.columns) };
}

/** The same rows with some cells as they were before a write of ours spoiled them. */
export function withCellsPutRight(
	placed: PlacedRows,
	spoiled: readonly { row: PlacedRow; column: number; value: CellValue }[],
): PlacedRows {
	if (spoiled.length === 0) return placed;
	const mended = new Map<PlacedRow, CellValue[]>();
	for (const { row, column, value } of spoiled) {
		const cells = mended.get(row) ?? [...row.cells];
		cells[column] = value;
		mended.set(row, cells);
	}
	const byId = new Map<string, PlacedRow[]>();
	const sheets = new Map<number, PlacedSheet>();
	for (const [sheetId, { layout, rows }] of placed.sheets) {
		const right = rows.map((row) => {
			const cells = mended.get(row);
			return cells === undefined ? row : { ...placeRow(layout, row.index, cells), seen: row.cells };
		});
		sheets.set(sheetId, { layout, rows: right });
		addPlaces(byId, right);
	}
	return { ...placed, sheets, byId };
}

/**
 * What to compare the next snapshot with: this one, and the places where ids stood before that are missing in it, or
 * there several times. They are needed until the rows have their ids, which may take more than one cycle.
 */
export function carryPlaces(
	now: PlacedRows,
	before: PlacedRows,
	isMissed: (id: string) => boolean,
): PlacedRows {
	const carried: [string, readonly PlacedRow[]][] = [];
	for (const [id, rows] of before.byId) {
		const count = now.byId.get(id)?.length ?? 0;
		if (rows.length === 1 && (count > 1 || (count === 0 && isMissed(id)))) carried.push([id, rows]);
	}
	return carried.length === 0 ? now : { ...now, byId: new Map([...now.byId, ...carried]) };
}

/** Whether an id cell holds something that can be an id; people may write anything there, and so may writes astray. */
export function isId(text: string): boolean {
	return /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/.test(text);
}

/** The row with an id, unless there is none or there are several. */
export function onlyRow({ byId }: PlacedRows, id: string): PlacedRow | undefined {
	const rows = byId.get(id);
	return rows?.length === 1 ? rows[0] : undefined;
}

/** Equality of rows of cells; missing cells at the end are empty ones. */
export function sameCells(a: readonly CellValue[], b: readonly CellValue[]): boolean {
	const width = Math.max(a.length, b.length);
	for (let column = 0; column < width; column++) if ((a[column] ?? '') !== (b[column] ?? '')) return false;
	return true;
}
