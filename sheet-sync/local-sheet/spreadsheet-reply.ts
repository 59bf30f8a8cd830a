/** `spreadsheets.get`: what the API tells of a spreadsheet beside its cells. */
import type { Workbook, Worksheet } from './workbook.ts';

/** @param url where a person opens the spreadsheet */
export function spreadsheetReply(workbook: Workbook, url: string): object {
	const { id, title, timeZone, worksheets } = workbook;
	return {
		spreadsheetId: id,
		properties: { title, locale: 'en_US', autoRecalc: 'ON_CHANGE', timeZone },
		sheets: worksheets.map((worksheet) => ({ properties: worksheetProperties(workbook, worksheet) })),
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
