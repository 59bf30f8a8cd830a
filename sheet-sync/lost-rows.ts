/**
 * Rows that lost their id: somebody emptied or overtyped the cell, pasted the row without it, or sorted the worksheet in
 * the very moment in which a new id was written by its side. The event is still known, and so is what its row said and
 * where it stood; so the row gets its own id back instead of a new one.
 */
import { CONTENT_COLUMNS, INPUT_COLUMNS, OUTPUT_COLUMNS } from './columns.ts';
import { neighbours, sameInputCells } from './copied-rows.ts';
import type { PlacedRow, PlacedRows } from './placed-rows.ts';
import { cellText } from './plain-cells.ts';
import type { CellValue, EventInputs, RowInputs } from './row-inputs.ts';
import { cellAt } from './row-inputs.ts';
import type { RememberedRow } from './snapshot.ts';
import { sameInput } from './snapshot.ts';

/** A row that has no id, or one that no event has. */
export interface Claimant {
	row: PlacedRow;
	inputs: RowInputs;
	/** When a new id of ours stands on it: the row that this id was meant for, perhaps another one. */
	meant: PlacedRow | undefined;
}

/** An id that stands on no row that says anything. */
export interface LostRow {
	remembered: RememberedRow;
	/** Where it stood last, if that was seen. */
	old: PlacedRow | undefined;
	/** Whether a new id may have gone astray over it: it is an event's, and stands nowhere, not even on an emptied row. */
	vanished: boolean;
}

/** Says exactly what the lost row said. */
const SAME = 100;
/** Stands where the lost row stood, and says half of what it said: it was changed in the same moment. */
const LIKE = 50;

/**
 * Whose ids the rows lost. Each id is given back once, to the row that fits best. Rows that say the same are told apart
 * by the outputs that they show and by their place; which of two equal rows is which then matters to nobody.
 *
 * @returns the lost ids by row
 */
export function findLostRows(
	claimants: readonly Claimant[],
	lost: readonly LostRow[],
	now: PlacedRows,
	before: PlacedRows,
): Map<PlacedRow, string> {
	const found = new Map<PlacedRow, string>();
	if (claimants.length === 0 || lost.length === 0) return found;
	const candidates = new Candidates(lost, now, before);
	const pairs: { row: PlacedRow; id: string; score: number }[] = [];
	for (const claimant of claimants) {
		for (const one of candidates.for(claimant)) {
			if (claimant.meant !== undefined && (!one.vanished || arrived(claimant, one))) continue;
			const score = scoreOf(claimant, one, now, before);
			if (score > 0) pairs.push({ row: claimant.row, id: one.remembered.id, score });
		}
	}
	const taken = new Set<string>();
	for (const { row, id } of pairs.toSorted((a, b) => b.score - a.score)) {
		if (found.has(row) || taken.has(id)) continue;
		found.set(row, id);
		taken.add(id);
	}
	return found;
}

/** Lost rows by what they said and where they stood: somebody may empty the id column of 10,000 rows at once. */
class Candidates {
	readonly #all: readonly LostRow[];
	readonly #byKey = new Map<string, LostRow[]>();

	readonly #now: PlacedRows;

	constructor(lost: readonly LostRow[], now: PlacedRows, before: PlacedRows) {
		this.#all = lost;
		this.#now = now;
		for (const one of lost) {
			const { old, remembered } = one;
			const { agreed } = remembered;
			const keys = [
				valuesKey(agreed),
				...(old === undefined ? [] : [cellsKey(old), placeKey(old), neighboursKey(old, before)]),
			];
			for (const key of keys) this.#byKey.set(key, [...(this.#byKey.get(key) ?? []), one]);
		}
	}

	for({ row, inputs, meant }: Claimant): Iterable<LostRow> {
		// Ids are given to so many rows at once, and only so many of them can have gone astray.
		if (meant !== undefined) return this.#all;
		const places = [placeKey(row), neighboursKey(row, this.#now)];
		const keys = [valuesKey(inputs.values), cellsKey(row), ...places];
		return new Set(keys.flatMap((key) => this.#byKey.get(key) ?? []));
	}
}

function valuesKey(values: Partial<EventInputs>): string {
	return `values ${JSON.stringify(INPUT_COLUMNS.map((column) => values[column] ?? 0))}`;
}

function cellsKey({ cells, layout }: PlacedRow): string {
	return `cells ${JSON.stringify(CONTENT_COLUMNS.map((column) => cellAt(cells, layout.columns, column)))}`;
}

function placeKey({ index, layout }: PlacedRow): string {
	return `place ${layout.sheetId} ${index}`;
}

function neighboursKey(row: PlacedRow, rows: PlacedRows): string {
	return `neighbours ${row.layout.sheetId} ${neighbours(row, rows).join(' ')}`;
}

function scoreOf(
	{ row, inputs, meant }: Claimant,
	{ remembered, old }: LostRow,
	now: PlacedRows,
	before: PlacedRows,
): number {
	if (old === undefined) return saysTheSame(inputs, remembered.agreed) ? SAME : 0;
	const sameSheet = row.layout.sheetId === old.layout.sheetId;
	const place = sameSheet
		? Number(row.index === old.index) + Number(sameNeighbours(row, old, now, before))
		: 0;
	if (sameInputCells(row, old) || saysTheSame(inputs, remembered.agreed))
		return SAME + 10 * Number(sameOutputs(row, old)) + place;
	// The outputs are nobody's but ours: a row without them has been typed anew where one with them stood.
	const anew = hasOutputs(old) && !hasOutputs(row);
	const share = likeness(row, old);
	if ((place > 0 || meant !== undefined) && !anew && share >= 0.5) return LIKE + 10 * share + place;
	return 0;
}

/** Whether a new id stands on the row that it was meant for; of two rows that say the same, their places tell. */
function arrived({ row, meant }: Claimant, { old }: LostRow): boolean {
	if (meant === undefined || !sameInputCells(row, meant)) return false;
	return row.index !== old?.index || row.index === meant.index;
}

function sameNeighbours(row: PlacedRow, old: PlacedRow, now: PlacedRows, before: PlacedRows): boolean {
	const [above, below] = neighbours(row, now);
	const [oldAbove, oldBelow] = neighbours(old, before);
	return above === oldAbove && below === oldBelow;
}

function sameOutputs(row: PlacedRow, old: PlacedRow): boolean {
	return OUTPUT_COLUMNS.every((name) => shown(row, name) === shown(old, name));
}

function hasOutputs(row: PlacedRow): boolean {
	return OUTPUT_COLUMNS.some((name) => shown(row, name) !== '');
}

function shown(row: PlacedRow, name: (typeof OUTPUT_COLUMNS)[number]): string {
	return cellText(cellAt(row.cells, row.layout.columns, name));
}

/** The share of filled input cells that say the same. */
function likeness(row: PlacedRow, old: PlacedRow): number {
	let filled = 0;
	let same = 0;
	for (const column of CONTENT_COLUMNS) {
		const cell = cellAt(row.cells, row.layout.columns, column);
		const oldCell = cellAt(old.cells, old.layout.columns, column);
		if (blank(cell) && blank(oldCell)) continue;
		filled++;
		if (cell === oldCell) same++;
	}
	return filled === 0 ? 0 : same / filled;
}

function blank(cell: CellValue): boolean {
	return cell === '' || cell === false || cell === null;
}

function saysTheSame({ values }: RowInputs, agreed: Partial<EventInputs>): boolean {
	const columns = INPUT_COLUMNS.filter((column) => column in values || column in agreed);
	return columns.length > 0 && columns.every((column) => sameInput(values[column], agreed[column]));
}
