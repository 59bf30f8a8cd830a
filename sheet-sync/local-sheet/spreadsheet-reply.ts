/** `spreadsheets.get`: what the API tells of a spreadsheet beside its cells. */
import { gridData } from './grid-data.ts';
import type { CellRange } from './ranges.ts';
import { demandAnswerable, wholeGrid } from './ranges.ts';
import { rulesReply } from './row-rules.ts';
import type { Workbook, Worksheet } from './workbook.ts';

/**
 * @param url where a person opens the spreadsheet
 * @param ranges only the worksheets that they lie in; undefined for all
 * @param withCells whether to answer the cells of the ranges, or all
 */
export function spreadsheetReply(
	workbook: Workbook,
	url: string,
	ranges: readonly CellRange[] | undefined,
	withCells: boolean,
): object {
	const { id, title, timeZone } = workbook;
	if (withCells) demandAnswerable(ranges ?? workbook.worksheets.map(wholeGrid));
	const asked = new Set(ranges?.map(({ sheetId }) => sheetId));
	const worksheets = workbook.worksheets.filter(({ sheetId }) => ranges === undefined || asked.has(sheetId));
	const cells = (worksheet: Worksheet) => {
		const wanted = ranges?.filter(({ sheetId }) => sheetId === worksheet.sheetId) ?? [wholeGrid(worksheet)];
		return { data: wanted.map((range) => gridData(worksheet, range)) };
	};
	return {
		spreadsheetId: id,
		properties: { title, locale: 'en_US', autoRecalc: 'ON_CHANGE', timeZone },
		sheets: worksheets.map((worksheet) => ({
			properties: worksheetProperties(workbook, worksheet),
			...(worksheet.rules?.length ? { conditionalFormats: rulesReply(worksheet) } : {}),
			...(withCells ? cells(worksheet) : {}),
		})),
		spreadsheetUrl: url,
	};
}

export function worksheetProperties(workbook: Workbook, worksheet: Worksheet): object {
	const { sheetId, title, rows, columns, frozenRows } = worksheet;
	return {
		sheetId,
		title,
		index: workbook.worksheets.indexOf(worksheet),
		sheetType: 'GRID',
		gridProperties: {
			rowCount: rows.length,
			columnCount: columns.length,
			...(frozenRows > 0 ? { frozenRowCount: frozenRows } : {}),
		},
	};
}
