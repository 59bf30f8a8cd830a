/** Taking back a change although others have changed the workbook since: only what is still as the change left it. */
import type { Cell, Row, Workbook, Worksheet } from './workbook.ts';
import { emptyRow, withCells, withWorksheet } from './workbook.ts';
import type {
	OrderChange,
	RowChange,
	WorkbookChange,
	WorksheetChange,
	WorksheetShape,
} from './workbook-change.ts';
import { sameCell } from './workbook-change.ts';

/**
 * Take a change back. Rows and columns that it deleted come back where they were, those that it added go unless somebody
 * has filled them, moved ones return, and cells get back what they held unless somebody has changed them since.
 *
 * @param marksFollow whether developer metadata goes with its row or column, or stays at its place
 * @returns the workbook, and the number of cells and worksheets that stay as somebody else made them
 */
export function revertChange(
	workbook: Workbook,
	change: WorkbookChange,
	marksFollow: boolean,
): { workbook: Workbook; kept: number } {
	const { title, timeZone, worksheets = [] } = change.structure;
	let next = {
		...workbook,
		title: title !== undefined && workbook.title === title[1] ? title[0] : workbook.title,
		timeZone: timeZone !== undefined && workbook.timeZone === timeZone[1] ? timeZone[0] : workbook.timeZone,
	};
	let kept = 0;
	for (const one of worksheets)
		if (one.shape?.[0]) next = revertShape(next, one.sheetId, one.shape[0], one.shape[1]);
	for (const one of worksheets)
		next = onWorksheet(next, one.sheetId, (worksheet) => restored(worksheet, one));
	for (const { sheetId, rows } of change.cells) {
		next = onWorksheet(next, sheetId, (worksheet) => {
			const reverted = revertCells(worksheet, rows);
			kept += reverted.kept;
			return reverted.worksheet;
		});
	}
	for (const one of worksheets)
		next = onWorksheet(next, one.sheetId, (worksheet) => withoutAdded(worksheet, one));
	for (const { sheetId, shape } of worksheets) {
		if (shape === undefined || shape[0] !== null) continue;
		const others = next.worksheets.filter((worksheet) => worksheet.sheetId !== sheetId);
		const filled = next.worksheets.some(
			(worksheet) => worksheet.sheetId === sheetId && worksheet.rows.some(({ cells }) => cells.length > 0),
		);
		if (others.length === 0 || filled) kept++;
		else
			next = {
				...next,
				worksheets: others,
				metadata: next.metadata.filter((one) => one.sheetId !== sheetId),
			};
	}
	const metadata = marksFollow ? metadataOfKeys(workbook, next) : metadataInPlace(workbook, next);
	return { workbook: { ...next, metadata }, kept };
}

/** Developer metadata stays on its row or column, or goes with it. */
function metadataOfKeys(before: Workbook, after: Workbook): Workbook['metadata'] {
	return after.metadata.flatMap((one) => {
		const keys = (workbook: Workbook) => {
			const worksheet = workbook.worksheets.find(({ sheetId }) => sheetId === one.sheetId);
			return (one.dimension === 'ROWS' ? worksheet?.rows.map(({ key }) => key) : worksheet?.columns) ?? [];
		};
		const index = keys(after).indexOf(keys(before)[one.index] ?? -1);
		return index === -1 ? [] : [{ ...one, index }];
	});
}

/** Developer metadata stays where it is, as far as there is such a place. */
function metadataInPlace(before: Workbook, after: Workbook): Workbook['metadata'] {
	return before.metadata.filter(({ sheetId, dimension, index }) => {
		const worksheet = after.worksheets.find((one) => one.sheetId === sheetId);
		return index < ((dimension === 'ROWS' ? worksheet?.rows : worksheet?.columns)?.length ?? 0);
	});
}

function onWorksheet(
	workbook: Workbook,
	sheetId: number,
	run: (worksheet: Worksheet) => Worksheet,
): Workbook {
	const worksheet = workbook.worksheets.find((one) => one.sheetId === sheetId);
	return worksheet === undefined ? workbook : withWorksheet(workbook, run(worksheet));
}

/** Put a deleted worksheet back, still empty, or a changed one's title, place and frozen rows. */
function revertShape(
	workbook: Workbook,
	sheetId: number,
	shape: WorksheetShape,
	changed: WorksheetShape | null,
): Workbook {
	const present = workbook.worksheets.find((one) => one.sheetId === sheetId);
	if (present === undefined && changed !== null) return workbook;
	const others = workbook.worksheets.filter((one) => one !== present);
	const free = (title: string) => !others.some((one) => one.title.toLowerCase() === title.toLowerCase());
	let { title } = shape;
	for (let number = 2; !free(title); number++) title = `${shape.title} (${number})`;
	const { frozenRows, nextKey } = shape;
	let worksheet: Worksheet;
	if (present === undefined) worksheet = { sheetId, title, frozenRows, nextKey, columns: [], rows: [] };
	else {
		worksheet = {
			...present,
			title: present.title === changed?.title ? title : present.title,
			frozenRows: present.frozenRows === changed?.frozenRows ? frozenRows : present.frozenRows,
		};
	}
	return { ...workbook, worksheets: others.toSpliced(shape.position, 0, worksheet) };
}

function restored(worksheet: Worksheet, { rows, columns }: WorksheetChange): Worksheet {
	let next = worksheet;
	if (columns !== undefined) {
		const order = restoredOrder(next.columns, columns);
		const places = new Map(next.columns.map((key, place) => [key, place]));
		const moved = (row: Row) =>
			withCells(
				{ key: row.key, cells: order.map((key) => row.cells[places.get(key) ?? -1] ?? null) },
				new Map(),
			);
		next = {
			...next,
			columns: order,
			rows: next.rows.map((row) => (row.cells.length === 0 ? row : moved(row))),
		};
	}
	if (rows !== undefined) {
		const present = new Map(next.rows.map((row) => [row.key, row]));
		const order = restoredOrder([...present.keys()], rows);
		next = { ...next, rows: order.map((key) => present.get(key) ?? emptyRow(key)) };
	}
	return next;
}

/**
 * The order of keys before a change, as far as they are still there; what the change removed is back, each after the one
 * that it stood after. What it added stays for now.
 */
export function restoredOrder(keys: readonly number[], { after, from, to }: OrderChange): number[] {
	const present = new Set(keys);
	const kept = new Set(to);
	const survivors = from.filter((key) => present.has(key));
	const moving = new Set(survivors);
	const inOrder = survivors.values();
	const placed = keys.map((key) => (moving.has(key) ? (inOrder.next().value as number) : key));
	const returning = new Map<number | null, number[]>();
	let anchor = after;
	for (const key of from) {
		if (present.has(key)) anchor = key;
		else if (!kept.has(key)) returning.set(anchor, [...(returning.get(anchor) ?? []), key]);
	}
	const result = [...(returning.get(null) ?? [])];
	for (const key of placed) result.push(key, ...(returning.get(key) ?? []));
	if (after !== null && !present.has(after)) result.push(...(returning.get(after) ?? []));
	return result;
}

function revertCells(
	worksheet: Worksheet,
	changes: readonly RowChange[],
): { worksheet: Worksheet; kept: number } {
	const places = new Map(worksheet.columns.map((key, place) => [key, place]));
	const byRow = new Map(changes.map(({ key, cells }) => [key, cells]));
	let kept = 0;
	const rows = worksheet.rows.map((row) => {
		const cells = byRow.get(row.key);
		if (cells === undefined) return row;
		byRow.delete(row.key);
		const replaced = new Map<number, Cell | null>();
		for (const [column, [before, after]] of Object.entries(cells)) {
			const place = places.get(Number(column));
			if (place !== undefined && sameCell(row.cells[place] ?? null, after)) replaced.set(place, before);
			else kept++;
		}
		return withCells(row, replaced);
	});
	for (const cells of byRow.values()) kept += Object.keys(cells).length;
	return { worksheet: { ...worksheet, rows }, kept };
}

/** Without the rows and columns that the change added and that nobody has written into. */
function withoutAdded(worksheet: Worksheet, { rows, columns }: WorksheetChange): Worksheet {
	let next = worksheet;
	const added = (change: OrderChange | undefined) => {
		const before = new Set(change?.from);
		return new Set(change?.to.filter((key) => !before.has(key)));
	};
	const addedRows = added(rows);
	if (addedRows.size > 0) {
		const left = next.rows.filter(({ key, cells }) => !addedRows.has(key) || cells.length > 0);
		if (left.length > 0) next = { ...next, rows: left };
	}
	const addedColumns = added(columns);
	if (addedColumns.size > 0) {
		const staying = next.columns.flatMap((key, place) =>
			addedColumns.has(key) && next.rows.every(({ cells }) => (cells[place] ?? null) === null) ? [] : [place],
		);
		if (staying.length > 0) {
			next = {
				...next,
				columns: staying.map((place) => next.columns[place] as number),
				rows: next.rows.map(({ key, cells }) =>
					withCells({ key, cells: staying.map((place) => cells[place] ?? null) }, new Map()),
				),
			};
		}
	}
	return next;
}
