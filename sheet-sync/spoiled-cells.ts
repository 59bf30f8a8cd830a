/**
 * Putting right what a write spoiled. The API has no compare-and-swap: between our read and our write somebody may sort
 * the rows or move a column, and the cell that we address is then another one. Outputs on a wrong row are put right by
 * themselves, as every row's outputs are known. But a value of ours in a cell that people fill in has overwritten what
 * they wrote. It is found in the next snapshot by two signs together: the cell that was meant does not have the value,
 * and another one that people fill in has changed to just that value. What stood there is known from the snapshot before.
 *
 * What no snapshot saw cannot be put back: a cell that somebody changed in the very moment between read and write in
 * which somebody else moved the column. The cell then gets its value of the snapshot, and the log says so.
 */
import { OUTPUT_COLUMNS } from './columns.ts';
import type { Layout, PlacedRow, PlacedRows } from './placed-rows.ts';
import { onlyRow } from './placed-rows.ts';
import { cellText } from './plain-cells.ts';
import type { CellValue } from './row-inputs.ts';

/** A cell that we wrote, or tried to. */
export interface WrittenCell {
	/** The id that its row had, or was given by this very write. */
	id: string;
	/** The header of the column that was meant. */
	header: CellValue;
	/** Where that column was, counted from 0. */
	column: number;
	value: CellValue;
	/** A state, a link, a sentence or an id: nobody types that into another column, but rows with it may be copied. */
	ours: boolean;
	/** Whether the same write gave the id: where that is not, this is not either. */
	withId: boolean;
	/** Known to stand on a wrong cell, yet to be put right: the worksheet and the index of its row. */
	astrayIn?: string;
}

/** A cell in which a value of ours stands, and what people had written there. */
export interface SpoiledCell {
	row: PlacedRow;
	/** Counted from 0. */
	column: number;
	/** What is to stand there again. */
	value: CellValue;
}

/**
 * @param before the snapshot that the write was made from
 * @param written all cells of that write, whether it succeeded or not
 */
export function findSpoiled(
	now: PlacedRows,
	before: PlacedRows,
	written: readonly WrittenCell[],
): SpoiledCell[] {
	const astray = new Astray(written.filter((cell) => hasGoneAstray(now, cell)));
	if (astray.none) return [];
	const spoiled: SpoiledCell[] = [];
	for (const [sheetId, { rows, layout }] of now.sheets) {
		// A worksheet may be new, and hold rows that were cut from another one.
		const earlier = before.sheets.get(sheetId)?.rows ?? [];
		const known = new Set(earlier);
		for (const row of rows) {
			if (known.has(row)) continue;
			const suspects = peoplesColumns(layout).filter((column) =>
				astray.has(row.cells[column] ?? '', column, layout),
			);
			const old = suspects.length === 0 ? undefined : earlierSelf(row, suspects, earlier, before);
			if (old === undefined) continue;
			for (const column of suspects) {
				const header = layout.headers[column] ?? '';
				const value = cellUnder(old, header);
				const shown = row.cells[column] ?? '';
				if (shown !== value && astray.take(shown, column, layout)) spoiled.push({ row, column, value });
			}
		}
	}
	return spoiled;
}

/**
 * New ids that stand where people write. An undo brings one back long after it went astray; what it hides is then known
 * from the row that it was meant for.
 *
 * @param fresh ids that are no events yet, each with the row that it was meant for
 */
export function findStrayIds(
	now: PlacedRows,
	before: PlacedRows,
	fresh: ReadonlyMap<string, PlacedRow>,
): SpoiledCell[] {
	if (fresh.size === 0) return [];
	const spoiled: SpoiledCell[] = [];
	for (const [sheetId, { rows, layout }] of now.sheets) {
		const known = new Set(before.sheets.get(sheetId)?.rows);
		for (const row of rows) {
			if (known.has(row)) continue;
			for (const column of peoplesColumns(layout)) {
				const meant = fresh.get(cellText(row.cells[column]));
				if (meant === undefined) continue;
				spoiled.push({ row, column, value: cellUnder(meant, layout.headers[column] ?? '') });
			}
		}
	}
	return spoiled;
}

/** The row that was meant does not show the value, or is gone. (Nobody can tell where an empty value went then.) */
function hasGoneAstray(now: PlacedRows, { id, header, value, withId, astrayIn }: WrittenCell): boolean {
	if (astrayIn !== undefined) return true;
	const rows = now.byId.get(id);
	if (rows === undefined) return withId || value !== '';
	return !rows.every(
		({ layout, cells }) => cellText(cells[layout.headers.indexOf(header)]) === cellText(value),
	);
}

/** Values that did not arrive. One that people could have written, too, explains one cell only. */
class Astray {
	readonly #byText = new Map<string, WrittenCell[]>();

	constructor(cells: readonly WrittenCell[]) {
		for (const cell of cells) {
			const text = cellText(cell.value);
			this.#byText.set(text, [...(this.#byText.get(text) ?? []), cell]);
		}
	}

	get none(): boolean {
		return this.#byText.size === 0;
	}

	/** Whether one of them explains what a cell shows. People, too, empty cells: that must be the column written to. */
	has(shown: CellValue, column: number, layout: Layout): boolean {
		return this.#find(shown, column, layout) !== undefined;
	}

	take(shown: CellValue, column: number, layout: Layout): boolean {
		const cell = this.#find(shown, column, layout);
		if (cell === undefined) return false;
		if (cell.ours && cell.value !== '') return true;
		const text = cellText(shown);
		this.#byText.set(
			text,
			(this.#byText.get(text) ?? []).filter((other) => other !== cell),
		);
		return true;
	}

	#find(shown: CellValue, column: number, { headers }: Layout): WrittenCell | undefined {
		const text = cellText(shown);
		const known = (cell: WrittenCell) => cell.astrayIn !== undefined && cell.header === headers[column];
		// Nothing and a box without its tick are what people leave behind everywhere, too.
		const telling = text !== '' && typeof shown !== 'boolean';
		return this.#byText.get(text)?.find((cell) => telling || cell.column === column || known(cell));
	}
}

/**
 * The row as it was before: by its id; if it has none, or an id of ours that went astray stands over it, the row that
 * says most of the same in the other columns, as somebody may have changed some of them, too.
 */
function earlierSelf(
	row: PlacedRow,
	suspects: readonly number[],
	earlier: readonly PlacedRow[],
	before: PlacedRows,
): PlacedRow | undefined {
	const same = onlyRow(before, row.id);
	if (same !== undefined) return same;
	const others = peoplesColumns(row.layout).filter((column) => !suspects.includes(column));
	// Nothing else on it: we ourselves have filled an empty row.
	if (others.every((column) => cellText(row.cells[column]) === '')) return { ...row, cells: [] };
	let best: PlacedRow | undefined;
	let bestScore = 0;
	for (const old of earlier) {
		if (old.empty) continue;
		const score = alike(row, old, others) + (old.index === row.index ? 0.5 : 0);
		if (score >= 1 && score > bestScore) [best, bestScore] = [old, score];
	}
	return best;
}

/** How many of the columns say the same, less half of those that do not. */
function alike(row: PlacedRow, old: PlacedRow, columns: readonly number[]): number {
	let score = 0;
	for (const column of columns) {
		const cell = row.cells[column] ?? '';
		const oldCell = cellUnder(old, row.layout.headers[column] ?? '');
		if (cell !== oldCell) score -= 0.5;
		else if (cell !== '') score++;
	}
	return score;
}

function cellUnder({ cells, layout }: PlacedRow, header: CellValue): CellValue {
	return cells[layout.headers.indexOf(header)] ?? '';
}

/** Columns with a header of their own that are not ours alone. */
function peoplesColumns({ headers, columns }: Layout): number[] {
	const ours = new Set([columns.id, ...OUTPUT_COLUMNS.map((name) => columns[name])]);
	return [...headers.keys()].filter(
		(column) =>
			!ours.has(column) &&
			cellText(headers[column]) !== '' &&
			headers.indexOf(headers[column] ?? '') === column,
	);
}
