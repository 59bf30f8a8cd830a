/**
 * The write-ahead journal: what a cycle is about to write into the sheet, and what stood there before, stored in Postgres
 * before the first byte leaves. A write that went astray is found in the next snapshot (`spoiled-cells.ts`), also when the
 * process that sent it did not live to see that.
 *
 * Storing 10,000 rows costs some 20 ms of CPU, so they are stored once as a base, and later only those that differ from it.
 */
import type { Db } from '../db/connect.ts';
import type { JournalText } from './apply-changes.ts';
import type { HeaderNames } from './columns.ts';
import type { Layout, PlacedRow, PlacedRows } from './placed-rows.ts';
import { NO_ROWS, placeRows } from './placed-rows.ts';
import type { CellValue } from './row-inputs.ts';
import type { SheetSnapshot } from './snapshot.ts';
import type { WrittenCell } from './spoiled-cells.ts';

/** What a process that died left under way. */
export interface Interrupted {
	before: PlacedRows;
	/** The same with the places of ids that were missing already. */
	beforeWithMissed: PlacedRows;
	/** Empty when all had arrived: then `before` may be old and says nothing. */
	written: WrittenCell[];
	/** Ids that were given and were no events yet, each with the row that it was meant for. */
	fresh: Map<string, PlacedRow>;
}

/** A row apart from its worksheet: id, worksheet, index, cells. */
type StoredRow = [id: string, sheetId: number, index: number, cells: readonly CellValue[]];

interface Rest {
	/** The rows that differ from the base; those from `length` on are gone. */
	sheets: { sheetId: number; length: number; rows: [index: number, cells: readonly CellValue[]][] }[];
	written: WrittenCell[];
	fresh: StoredRow[];
	missed: StoredRow[];
}

/** When so many rows differ from the base, a new one is cheaper. */
const MOST_DIFFERENT = 1_000;

export class WriteJournal {
	/** The rows as they were when the base was stored. */
	#base: PlacedRows | undefined;
	/** Whether the journal says that nothing is being written. */
	#quiet = false;

	/**
	 * What is to be stored before the writes are sent; undefined when the journal is right as it is.
	 *
	 * @param before where ids stood, those that are missing now included
	 */
	entry(
		now: PlacedRows,
		before: PlacedRows,
		written: readonly WrittenCell[],
		fresh: ReadonlyMap<string, PlacedRow>,
	): JournalText | undefined {
		if (written.length === 0) {
			if (this.#quiet) return undefined;
			this.#quiet = true;
			if (fresh.size === 0) return { rest: '' };
		} else this.#quiet = false;
		let sheets = this.#base === undefined ? undefined : difference(this.#base, now);
		const base = sheets === undefined ? { base: JSON.stringify(asSnapshot(now)) } : {};
		if (sheets === undefined) {
			this.#base = now;
			sheets = [];
		}
		const missed = [...before.byId].flatMap(([id, rows]) => {
			const [row] = rows;
			return row === undefined || rows.length > 1 || now.byId.get(id)?.includes(row) ? [] : [stored(id, row)];
		});
		const rest: Rest = {
			sheets,
			written: [...written],
			fresh: [...fresh].map(([id, row]) => stored(id, row)),
			missed,
		};
		return { ...base, rest: JSON.stringify(rest) };
	}

	/** The last entry may not have been stored: the next one is whole. */
	doubt(): void {
		this.#base = undefined;
		this.#quiet = false;
	}
}

/** What the process before left under way; undefined when that was nothing. */
export async function readInterrupted(
	db: Db,
	spreadsheet: string,
	names: HeaderNames,
): Promise<Interrupted | undefined> {
	const row = await db
		.selectFrom('sheet_journal')
		.select(['base', 'rest'])
		.where('spreadsheet', '=', spreadsheet)
		.executeTakeFirst();
	if (row === undefined || row.rest === '') return undefined;
	const snapshot = JSON.parse(row.base) as SheetSnapshot;
	const { sheets, written, fresh, missed } = JSON.parse(row.rest) as Rest;
	for (const { sheetId, length, rows } of sheets) {
		const worksheet = snapshot.worksheets.find((one) => one.sheetId === sheetId);
		if (worksheet === undefined) continue;
		for (const [index, cells] of rows) worksheet.rows[index] = [...cells];
		worksheet.rows.length = length;
	}
	const before = placeRows(snapshot, names, NO_ROWS, new Set());
	const placed = ([id, sheetId, index, cells]: StoredRow): [string, PlacedRow][] => {
		const layout = before.sheets.get(sheetId)?.layout;
		return layout === undefined ? [] : [[id, { layout, index, cells, id, empty: false }]];
	};
	const places = new Map(before.byId);
	for (const [id, one] of missed.flatMap(placed)) places.set(id, [one]);
	return {
		before,
		beforeWithMissed: { ...before, byId: places },
		written,
		fresh: new Map(fresh.flatMap(placed)),
	};
}

function stored(id: string, { layout, index, cells }: PlacedRow): StoredRow {
	return [id, layout.sheetId, index, cells];
}

/** The rows that are other objects than those of the base; undefined when a new base is needed. */
function difference(base: PlacedRows, now: PlacedRows): Rest['sheets'] | undefined {
	if (base.timeZone !== now.timeZone || base.sheets.size !== now.sheets.size) return undefined;
	const sheets: Rest['sheets'] = [];
	let count = 0;
	for (const [sheetId, { layout, rows }] of now.sheets) {
		const old = base.sheets.get(sheetId);
		if (old === undefined || old.layout !== layout) return undefined;
		const first = layout.headerIndex + 1;
		const changed: Rest['sheets'][number]['rows'] = [];
		for (const [at, row] of rows.entries()) if (row !== old.rows[at]) changed.push([first + at, row.cells]);
		count += changed.length;
		if (changed.length > 0 || rows.length !== old.rows.length)
			sheets.push({ sheetId, length: first + rows.length, rows: changed });
	}
	return count > MOST_DIFFERENT ? undefined : sheets;
}

function asSnapshot({ timeZone, sheets }: PlacedRows): SheetSnapshot {
	return {
		timeZone,
		unread: [],
		worksheets: [...sheets.values()].map(({ layout, rows }) => ({
			sheetId: layout.sheetId,
			title: layout.title,
			countFrom: layout.countFrom,
			headerRow: layout.headerIndex + 1,
			rows: [...rowsAbove(layout), ...rows.map(({ cells }) => [...cells])],
		})),
	};
}

/** The header row at its place; what stands above it is nobody's business here. */
function rowsAbove({ headerIndex, headers }: Layout): CellValue[][] {
	return [...Array.from({ length: headerIndex }, () => []), [...headers]];
}
