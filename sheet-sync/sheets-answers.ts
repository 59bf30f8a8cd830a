/**
 * What the answers of the Sheets API say, as far as the sync reads them. What calls itself a success and lacks something,
 * or holds something else, is no answer: it would read as worksheets that are gone, or as emptied rows.
 */
import type { sheets_v4 } from 'googleapis/build/src/apis/sheets/index.js';
import { cellText } from './plain-cells.ts';
import type { ColorRules } from './row-colors.ts';
import type { CellValue } from './row-inputs.ts';

export interface Worksheets {
	/** IANA name. */
	timeZone: string;
	/** Worksheets with cells, in the order of their tabs. */
	worksheets: { sheetId: number; title: string }[];
	/** Their rules of conditional formatting. */
	colorRules: ColorRules;
}

/** A description of a spreadsheet, which has at least one worksheet; undefined when it is none. */
export function worksheetsIn({
	properties: ofAll,
	sheets,
}: sheets_v4.Schema$Spreadsheet): Worksheets | undefined {
	const timeZone = ofAll?.timeZone;
	if (typeof timeZone !== 'string' || !Array.isArray(sheets) || sheets.length === 0) return undefined;
	const worksheets: Worksheets['worksheets'] = [];
	const colorRules = new Map<number, sheets_v4.Schema$ConditionalFormatRule[]>();
	for (const one of sheets) {
		// An id of 0 may be left out of the answer, as JSON made of protocol buffers leaves out zeros.
		const { sheetId = 0, title, sheetType = 'GRID' } = one?.properties ?? {};
		if (!Number.isInteger(sheetId) || typeof title !== 'string') return undefined;
		const rules = one.conditionalFormats ?? [];
		if (!Array.isArray(rules)) return undefined;
		colorRules.set(sheetId as number, rules);
		if (sheetType === 'GRID') worksheets.push({ sheetId: sheetId as number, title: cellText(title) });
	}
	return { timeZone, worksheets, colorRules };
}

/** The cells that data filters matched, each range with the filters that matched it; undefined when it is no answer. */
export function rangesIn({
	valueRanges = [],
}: sheets_v4.Schema$BatchGetValuesByDataFilterResponse):
	| { filters: sheets_v4.Schema$DataFilter[]; values: CellValue[][] }[]
	| undefined {
	if (!Array.isArray(valueRanges)) return undefined;
	const ranges: { filters: sheets_v4.Schema$DataFilter[]; values: CellValue[][] }[] = [];
	for (const one of valueRanges) {
		const filters = one?.dataFilters ?? [];
		const values: unknown = one?.valueRange?.values ?? [];
		if (!Array.isArray(filters) || !isCells(values)) return undefined;
		ranges.push({ filters, values });
	}
	return ranges;
}

/** All cells of worksheets, by id; undefined when one of those that were asked for is not in the answer. */
export function rowsIn(
	data: sheets_v4.Schema$BatchGetValuesByDataFilterResponse,
	sheetIds: readonly number[],
): Map<number, CellValue[][]> | undefined {
	const rows = new Map<number, CellValue[][]>();
	for (const { filters, values } of rangesIn(data) ?? [])
		for (const { gridRange } of filters) if (gridRange) rows.set(gridRange.sheetId ?? 0, values);
	return sheetIds.every((sheetId) => rows.has(sheetId)) ? rows : undefined;
}

function isCells(rows: unknown): rows is CellValue[][] {
	if (!Array.isArray(rows)) return false;
	for (const row of rows as unknown[]) {
		if (!Array.isArray(row)) return false;
		for (const cell of row as unknown[]) if (typeof cell === 'object' && cell !== null) return false;
	}
	return true;
}
