/** What people do to a spreadsheet, as functions on a workbook: any numbers make a legal action, or none. */
import { marksMoved } from '../../../sheet-sync/local-sheet/copy-requests.ts';
import {
	deleteDimension,
	insertDimension,
	moveDimension,
	sortRange,
} from '../../../sheet-sync/local-sheet/dimensions.ts';
import type { MetadataHabits } from '../../../sheet-sync/local-sheet/metadata-habits.ts';
import { revertChange } from '../../../sheet-sync/local-sheet/revert-change.ts';
import type { Cell, Row, Workbook, Worksheet } from '../../../sheet-sync/local-sheet/workbook.ts';
import {
	newWorksheet,
	withCells,
	withWorksheet,
	worksheetById,
} from '../../../sheet-sync/local-sheet/workbook.ts';
import type { WorkbookChange } from '../../../sheet-sync/local-sheet/workbook-change.ts';
import { workbookChange } from '../../../sheet-sync/local-sheet/workbook-change.ts';

/**
 * Columns of people's own that name every row that ever was, so that the test knows it again. Two, as a write of ours may
 * go astray over one.
 */
export const TAGS = ['Mine', 'Mine, too'] as const;

export const ACTIONS = [
	'type a new row',
	'type a new row',
	'type a new row',
	'insert a row',
	'delete a row',
	'move a row',
	'sort',
	'copy a row',
	'copy a row over another',
	'cut and paste a row',
	'clear a row',
	'clear the inputs of a row',
	'clear an id',
	'edit a cell',
	'edit a cell',
	'edit a cell',
	'tick or untick a box',
	'tick or untick a box',
	'undo',
	'undo',
	'add a worksheet',
	'rename a worksheet',
	'insert a column',
	'move a column',
] as const;

export interface Action {
	kind: (typeof ACTIONS)[number];
	/** What the action needs to know is drawn from these, from 0 on. */
	a: number;
	b: number;
	c: number;
}

/** The cells that a person fills in, and what may be written there; `n` is new with every action. */
const INPUTS: Record<string, (n: number, choice: number) => string | number | boolean> = {
	Description: (n) => `Talk ${n}`,
	Start: (n, choice) =>
		['soon', '', `2026-07-04T10:${String(n % 60).padStart(2, '0')}:00Z`][choice % 3] ?? '',
	Notes: (n, choice) => ['', 'same', `note ${n}`][choice % 3] ?? '',
	Priority: (n) => n,
	'Video start': (_n, choice) => ['', '2026-07-04T11:00:00Z'][choice % 2] ?? '',
	'Video end': (n, choice) =>
		['', '2026-07-04T11:30:00Z', `2026-07-04T11:${10 + (n % 40)}:00Z`][choice % 3] ?? '',
	Uploaders: (n, choice) => ['', 'node-1', `node-${n}`][choice % 3] ?? '',
};

export const INPUT_HEADERS = Object.keys(INPUTS);

/** Rows in which people act: few, so that they meet. */
const STAGE = 12;

/** All the people on one spreadsheet, with one undo stack. */
export class People {
	readonly #habits: MetadataHabits;
	readonly #headers: readonly string[];
	readonly #done: WorkbookChange[] = [];
	#count = 0;

	constructor(habits: MetadataHabits, headers: readonly string[]) {
		this.#habits = habits;
		this.#headers = headers;
	}

	/** The workbook after an action; the same one when there is nothing to act on. */
	act(workbook: Workbook, action: Action): Workbook {
		this.#count++;
		if (action.kind === 'undo') return this.#undo(workbook);
		const next = this.#do(workbook, action);
		if (next !== workbook) this.#done.push(workbookChange(workbook, next));
		return next;
	}

	#undo(workbook: Workbook): Workbook {
		const last = this.#done.pop();
		if (last === undefined) return workbook;
		return revertChange(workbook, last, this.#habits.followsUndo).workbook;
	}

	#do(workbook: Workbook, { kind, a, b, c }: Action): Workbook {
		const sheet = pick(workbook.worksheets, a) as Worksheet;
		const { sheetId } = sheet;
		const n = this.#count;
		const filled = indexesOf(sheet, (row) => row.cells.length > 0);
		const free = indexesOf(sheet, (row) => row.cells.length === 0);
		const row = pick(filled, b);
		const target = pick(free, c);
		const rows = (startIndex: number, endIndex = startIndex + 1) =>
			({ sheetId, dimension: 'ROWS', startIndex, endIndex }) as const;
		const columns = (startIndex: number) =>
			({ sheetId, dimension: 'COLUMNS', startIndex, endIndex: startIndex + 1 }) as const;
		switch (kind) {
			case 'type a new row': {
				if (target === undefined) return workbook;
				const cells = new Map([
					...tags(n),
					['Description', `Talk ${n}`],
					['Notes', `note ${n}`],
					['Video start', '2026-07-04T10:00:00Z'],
					['Video end', '2026-07-04T10:30:00Z'],
				]);
				return put(workbook, sheet, target, cells);
			}
			case 'insert a row':
				return insertDimension(workbook, rows(1 + (b % STAGE)));
			case 'delete a row':
				return deleteDimension(workbook, rows(1 + (b % STAGE)));
			case 'move a row': {
				const from = 1 + (b % STAGE);
				const to = 1 + (c % STAGE);
				return to === from || to === from + 1 ? workbook : moveDimension(workbook, rows(from), to);
			}
			case 'sort': {
				const by = headerColumn(sheet, c % 2 === 0 ? 'Description' : 'Priority');
				const range = { sheetId, startRow: 1, endRow: 40, startColumn: 0, endColumn: sheet.columns.length };
				const sortOrder = b % 2 === 0 ? 'ASCENDING' : 'DESCENDING';
				return sortRange(workbook, range, [{ dimensionIndex: by, sortOrder }], this.#habits.followsSort);
			}
			case 'copy a row':
			case 'copy a row over another': {
				const onto = kind === 'copy a row' ? target : pick(filled, c);
				if (row === undefined || onto === undefined || onto === row) return workbook;
				const copied = copyRow(workbook, sheet, row, sheet, onto);
				return put(copied, worksheetById(copied, sheetId), onto, new Map(tags(n)));
			}
			case 'cut and paste a row': {
				const other = pick(workbook.worksheets, c) as Worksheet;
				const place = pick(
					indexesOf(other, ({ cells }) => cells.length === 0),
					b + c,
				);
				if (row === undefined || place === undefined) return workbook;
				const copied = copyRow(workbook, sheet, row, other, place);
				const cut = clear(copied, sheetId, row, () => true);
				const from = { sheetId, startRow: row, endRow: row + 1 };
				return this.#habits.followsCut ? marksMoved(cut, from, other.sheetId, place) : cut;
			}
			case 'clear a row':
				return row === undefined ? workbook : clear(workbook, sheetId, row, () => true);
			case 'clear the inputs of a row':
				return row === undefined
					? workbook
					: clear(workbook, sheetId, row, (header) => INPUT_HEADERS.includes(header));
			case 'clear an id':
				return row === undefined ? workbook : clear(workbook, sheetId, row, (header) => header === 'ID');
			case 'edit a cell': {
				const header = pick(INPUT_HEADERS, c) ?? '';
				if (row === undefined || tagOf(sheet, row) === '') return workbook;
				return put(workbook, sheet, row, new Map([[header, INPUTS[header]?.(n, c >> 3) ?? '']]));
			}
			case 'tick or untick a box':
				if (row === undefined || tagOf(sheet, row) === '') return workbook;
				return put(workbook, sheet, row, new Map([['Submit', cellOf(sheet, row, 'Submit') !== true]]));
			case 'add a worksheet': {
				if (workbook.worksheets.length >= 3) return workbook;
				const made = newWorksheet(1_000 + n, `Sheet ${n}`, 50, 24);
				const headers = new Map(this.#headers.map((header, column) => [column, { v: header }]));
				const [first, ...rest] = made.rows;
				return {
					...workbook,
					worksheets: [
						...workbook.worksheets,
						{ ...made, rows: [withCells(first as Row, headers), ...rest] },
					],
				};
			}
			case 'rename a worksheet':
				return withWorksheet(workbook, { ...sheet, title: `Renamed ${n}` });
			case 'insert a column':
				return insertDimension(workbook, columns(b % STAGE));
			case 'move a column': {
				const from = b % STAGE;
				const to = c % STAGE;
				return to === from || to === from + 1 ? workbook : moveDimension(workbook, columns(from), to);
			}
			case 'undo':
				return workbook;
		}
	}
}

function pick<T>(items: readonly T[], number: number): T | undefined {
	return items[number % Math.max(1, items.length)];
}

function indexesOf({ rows }: Worksheet, fits: (row: Row) => boolean): number[] {
	return rows.slice(1, 1 + STAGE).flatMap((row, offset) => (fits(row) ? [offset + 1] : []));
}

export function headersOf({ rows }: Worksheet): string[] {
	return Array.from(rows[0]?.cells ?? [], (cell) => String(cell?.v ?? ''));
}

export function headerColumn(sheet: Worksheet, header: string): number {
	return headersOf(sheet).indexOf(header);
}

export function cellOf(sheet: Worksheet, row: number, header: string): Cell['v'] {
	return sheet.rows[row]?.cells[headerColumn(sheet, header)]?.v ?? '';
}

function tags(n: number): [string, string][] {
	return TAGS.map((header) => [header, `tag ${n}`]);
}

/** The name of a row, '' when it has none. */
export function tagOf(sheet: Worksheet, row: number): string {
	const found = TAGS.map((header) => String(cellOf(sheet, row, header)));
	return found.find((cell) => cell.startsWith('tag ')) ?? '';
}

function put(
	workbook: Workbook,
	sheet: Worksheet,
	row: number,
	values: ReadonlyMap<string, Cell['v']>,
): Workbook {
	const cells = new Map(
		[...values].map(([header, v]) => [headerColumn(sheet, header), v === '' ? null : { v }] as const),
	);
	const rows = sheet.rows.with(row, withCells(sheet.rows[row] as Row, cells));
	return withWorksheet(workbook, { ...sheet, rows });
}

/** Paste all cells of a row under the same headers. */
function copyRow(workbook: Workbook, from: Worksheet, row: number, to: Worksheet, target: number): Workbook {
	const values = new Map(
		headersOf(to)
			.filter((header) => header !== '')
			.map((header) => [header, cellOf(from, row, header)]),
	);
	return put(workbook, to, target, values);
}

function clear(
	workbook: Workbook,
	sheetId: number,
	row: number,
	concerns: (header: string) => boolean,
): Workbook {
	const sheet = worksheetById(workbook, sheetId);
	const headers = headersOf(sheet).filter((header) => header !== '' && concerns(header));
	return put(workbook, sheet, row, new Map(headers.map((header) => [header, ''])));
}
