/**
 * Rows that carry the same id, because somebody copied one: which is the original. The original keeps the id; every copy
 * gets one of its own. Where the sheet was seen before, the original is
 *
 * 1. the row that still stands between the same two rows: pasted rows stand elsewhere, whatever is typed into them;
 * 2. else the row that still says the same: people duplicate a row to change the copy;
 * 3. else the row that is nearest to the old place; else the topmost.
 */
import { CONTENT_COLUMNS } from './columns.ts';
import type { PlacedRow, PlacedRows } from './placed-rows.ts';
import { onlyRow } from './placed-rows.ts';
import { cellAt } from './row-inputs.ts';
import type { RememberedRow } from './snapshot.ts';

/**
 * @param rows with one id; two or more
 * @param before the rows of the snapshot before
 * @param remembered what Postgres remembers of the original
 */
export function originalOf(
	rows: readonly PlacedRow[],
	now: PlacedRows,
	before: PlacedRows,
	remembered: RememberedRow | undefined,
): PlacedRow {
	const old = onlyRow(before, rows[0]?.id ?? '');
	const scored = rows.map((row) => ({ row, score: likeness(row, old, now, before, remembered) }));
	const best = scored.reduce((a, b) => (b.score > a.score ? b : a));
	return best.row;
}

function likeness(
	row: PlacedRow,
	old: PlacedRow | undefined,
	now: PlacedRows,
	before: PlacedRows,
	remembered: RememberedRow | undefined,
): number {
	if (old === undefined) return row.layout.sheetId === remembered?.sheetId ? 1 : 0;
	const [above, below] = neighbours(row, now);
	const [oldAbove, oldBelow] = neighbours(old, before);
	const sameAbove = above === oldAbove;
	const sameBelow = below === oldBelow;
	const sameSheet = row.layout.sheetId === old.layout.sheetId;
	let score = 0;
	if (sameSheet && sameAbove && sameBelow) score += 100;
	if (sameInputCells(row, old)) score += 10;
	if (sameSheet && row.index === old.index) score += 3;
	if (sameSheet) score += 1;
	if (sameSheet && (sameAbove || sameBelow)) score += 1;
	return score;
}

/** The ids of the rows above and below; '' at the ends and for rows without one. */
export function neighbours(row: PlacedRow, { sheets }: PlacedRows): [string, string] {
	const rows = sheets.get(row.layout.sheetId)?.rows ?? [];
	const at = row.index - row.layout.headerIndex - 1;
	return [rows[at - 1]?.id ?? '', rows[at + 1]?.id ?? ''];
}

/** Whether two rows say the same in all columns that people fill in, wherever these columns stand. */
export function sameInputCells(a: PlacedRow, b: PlacedRow): boolean {
	return CONTENT_COLUMNS.every(
		(column) => cellAt(a.cells, a.layout.columns, column) === cellAt(b.cells, b.layout.columns, column),
	);
}

/** The sentences that the two rows show when one was a copy of the other. */
export function copyNotices(
	header: string,
	copy: PlacedRow,
	original: PlacedRow | 'elsewhere',
): { copy: string; original: string } {
	const where = (row: PlacedRow, from: PlacedRow) =>
		`row ${row.index + 1}${row.layout.sheetId === from.layout.sheetId ? '' : ` of “${row.layout.title}”`}`;
	const source = original === 'elsewhere' ? 'a row of another spreadsheet' : where(original, copy);
	return {
		copy: `${header}: this row was a copy of ${source}; it is an event of its own now, with an id of its own.`,
		original:
			original === 'elsewhere'
				? ''
				: `${header}: ${where(copy, original)} was a copy of this row and got an id of its own; this row stays what it was.`,
	};
}
