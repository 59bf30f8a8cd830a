/** The request `findReplace` of `spreadsheets.batchUpdate`, without regular expressions. */
import { z } from 'zod';
import { invalid } from './api-error.ts';
import { gridRangeSchema, parseGridRange, wholeGrid } from './ranges.ts';
import { formattedText, writtenCell } from './typed-cell.ts';
import type { Cell, Workbook } from './workbook.ts';
import { withCells, withWorksheet, worksheetById } from './workbook.ts';

export const findReplaceBody = z.strictObject({
	find: z.string().min(1),
	replacement: z.string().default(''),
	matchCase: z.boolean().default(false),
	matchEntireCell: z.boolean().default(false),
	searchByRegex: z
		.literal(false, { error: 'the local sheet does not search by regular expressions' })
		.optional(),
	includeFormulas: z.boolean().optional(),
	range: gridRangeSchema.optional(),
	sheetId: z.int().min(0).optional(),
	allSheets: z.boolean().optional(),
});

/** Changed cells are taken as if somebody had typed them. */
export function findReplace(
	workbook: Workbook,
	body: z.infer<typeof findReplaceBody>,
): { workbook: Workbook; reply: object } {
	const { range, sheetId, allSheets } = body;
	if ([range, sheetId, allSheets].filter((scope) => scope !== undefined).length !== 1)
		throw invalid('Invalid findReplace: it must have one of range, sheetId and allSheets.');
	const ranges =
		range !== undefined
			? [parseGridRange(workbook, range)]
			: workbook.worksheets.filter((one) => allSheets || one.sheetId === sheetId).map(wholeGrid);
	if (ranges.length === 0) throw invalid(`No grid with id: ${sheetId}`);
	const search = new RegExp(body.find.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&'), body.matchCase ? 'g' : 'gi');
	let next = workbook;
	let [occurrences, values, rowCount, sheets] = [0, 0, 0, 0];
	for (const { sheetId: id, startRow, endRow, startColumn, endColumn } of ranges) {
		const worksheet = worksheetById(next, id);
		const before = rowCount;
		const rows = worksheet.rows.map((row, index) => {
			if (index < startRow || index >= endRow) return row;
			const replaced = new Map<number, Cell | null>();
			for (const [column, cell] of row.cells.entries()) {
				if (cell === null || column < startColumn || column >= endColumn) continue;
				const text = formattedText(cell);
				const found = text.match(search) ?? [];
				if (found.length === 0 || (body.matchEntireCell && found[0] !== text)) continue;
				const typed = text.replace(search, () => body.replacement);
				replaced.set(column, writtenCell(typed, 'USER_ENTERED', cell));
				occurrences += found.length;
			}
			values += replaced.size;
			if (replaced.size === 0) return row;
			rowCount++;
			return withCells(row, replaced);
		});
		if (rowCount > before) sheets++;
		next = withWorksheet(next, { ...worksheet, rows });
	}
	return {
		workbook: next,
		reply: {
			occurrencesChanged: occurrences,
			valuesChanged: values,
			rowsChanged: rowCount,
			sheetsChanged: sheets,
		},
	};
}
