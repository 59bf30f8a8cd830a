/** Cells in the API's long form, `GridData`: their values as typed, as computed and as shown, and how numbers are shown. */
import type { CellRange } from './ranges.ts';
import { formattedText } from './typed-cell.ts';
import type { Cell, Worksheet } from './workbook.ts';

/** https://developers.google.com/workspace/sheets/api/reference/rest/v4/spreadsheets/sheets#GridData */
export function gridData(worksheet: Worksheet, range: CellRange): object {
	const rows = worksheet.rows
		.slice(range.startRow, range.endRow)
		.map(({ cells }) => cells.slice(range.startColumn, range.endColumn));
	const filled = rows.findLastIndex((cells) => cells.length > 0) + 1;
	return {
		...(range.startRow > 0 ? { startRow: range.startRow } : {}),
		...(range.startColumn > 0 ? { startColumn: range.startColumn } : {}),
		rowData: rows
			.slice(0, filled)
			.map((cells) => (cells.length === 0 ? {} : { values: cells.map((cell) => cellData(cell)) })),
		rowMetadata: rows.map(() => ({ pixelSize: 21 })),
		columnMetadata: Array.from({ length: range.endColumn - range.startColumn }, () => ({ pixelSize: 100 })),
	};
}

function cellData(cell: Cell | null): object {
	if (cell === null) return {};
	const value =
		typeof cell.v === 'string'
			? { stringValue: cell.v }
			: typeof cell.v === 'number'
				? { numberValue: cell.v }
				: { boolValue: cell.v };
	const format = cell.f === undefined ? {} : { numberFormat: { type: formatType(cell.f), pattern: cell.f } };
	return {
		userEnteredValue: value,
		effectiveValue: value,
		formattedValue: formattedText(cell),
		...(cell.f === undefined ? {} : { userEnteredFormat: format, effectiveFormat: format }),
	};
}

function formatType(pattern: string): string {
	if (pattern.includes('%')) return 'PERCENT';
	if (!pattern.includes('yyyy')) return 'TIME';
	return pattern.includes('h') ? 'DATE_TIME' : 'DATE';
}
