/** `spreadsheets.values`: every method as a function from a workbook and a request to an answer (and a new workbook). */
import type { z } from 'zod';
import { invalid } from './api-error.ts';
import type { Written } from './cell-operations.ts';
import { clearCells, findTable, grown, readCells, writeCells } from './cell-operations.ts';
import { insertDimension } from './dimensions.ts';
import type { CellRange, DataFilter } from './ranges.ts';
import { demandAnswerable, filterRanges, formatA1, parseA1 } from './ranges.ts';
import type { DateTimeRenderOption, ValueRenderOption } from './typed-cell.ts';
import { renderedCell } from './typed-cell.ts';
import type * as shapes from './values-shapes.ts';
import type { WriteOptions } from './values-shapes.ts';
import type { Workbook } from './workbook.ts';
import { withWorksheet, worksheetById } from './workbook.ts';

export interface ReadOptions {
	majorDimension: 'ROWS' | 'COLUMNS';
	valueRenderOption: ValueRenderOption;
	dateTimeRenderOption: DateTimeRenderOption;
}

type Values = readonly (readonly unknown[])[];

export interface Change<T extends object = object> {
	workbook: Workbook;
	reply: T;
}

export function getValues(workbook: Workbook, range: CellRange, options: ReadOptions): object {
	const { majorDimension: major, valueRenderOption: render, dateTimeRenderOption: dateTime } = options;
	const rows = readCells(workbook, range).map((cells) =>
		Array.from(cells, (cell) => renderedCell(cell, render, dateTime)),
	);
	const trimmed = trimmedValues(major === 'ROWS' ? rows : transposed(rows));
	return {
		range: formatA1(worksheetById(workbook, range.sheetId), range),
		majorDimension: major,
		...(trimmed.length > 0 ? { values: trimmed } : {}),
	};
}

export function batchGetValues(workbook: Workbook, ranges: readonly string[], options: ReadOptions): object {
	const asked = demandAnswerable(ranges.map((range) => parseA1(workbook, range)));
	return {
		spreadsheetId: workbook.id,
		valueRanges: asked.map((range) => getValues(workbook, range, options)),
	};
}

/** A filter that matches nothing has no part in the answer; one that matches twice has two. */
export function batchGetByFilter(
	workbook: Workbook,
	{ dataFilters, ...options }: z.infer<typeof shapes.batchGetByFilterBody>,
): object {
	const matched = dataFilters.flatMap((filter) =>
		filterRanges(workbook, filter).map((range) => ({ filter, range })),
	);
	demandAnswerable(matched.map(({ range }) => range));
	const valueRanges = matched.map(({ filter, range }) => ({
		valueRange: getValues(workbook, range, options),
		dataFilters: [filter],
	}));
	return { spreadsheetId: workbook.id, valueRanges };
}

export function updateValues(
	workbook: Workbook,
	a1: string,
	body: Values,
	major: 'ROWS' | 'COLUMNS',
	options: WriteOptions,
): Change {
	return write(workbook, parseA1(workbook, a1), body, major, options, true);
}

export function batchUpdateValues(workbook: Workbook, body: z.infer<typeof shapes.batchUpdateBody>): Change {
	return writeAll(
		workbook,
		body.data.map((one) => ({
			...one,
			locate: (current: Workbook) => [parseA1(current, one.range)],
			grows: true,
		})),
		body,
	);
}

export function batchUpdateByFilter(
	workbook: Workbook,
	body: z.infer<typeof shapes.batchUpdateByFilterBody>,
): Change {
	return writeAll(
		workbook,
		body.data.map((one) => ({
			...one,
			locate: (current: Workbook) => filterRanges(current, one.dataFilter),
			grows: one.dataFilter.a1Range !== undefined,
			dataFilter: one.dataFilter,
		})),
		body,
	);
}

interface Writing {
	locate(workbook: Workbook): CellRange[];
	values: Values;
	majorDimension: 'ROWS' | 'COLUMNS';
	grows: boolean;
	dataFilter?: DataFilter;
}

function writeAll(workbook: Workbook, writings: readonly Writing[], options: WriteOptions): Change {
	let current = workbook;
	const responses: WriteReply[] = [];
	for (const writing of writings) {
		for (const range of writing.locate(current)) {
			const written = write(current, range, writing.values, writing.majorDimension, options, writing.grows);
			current = written.workbook;
			const { dataFilter } = writing;
			responses.push(dataFilter === undefined ? written.reply : { ...written.reply, dataFilter });
		}
	}
	const total = (field: 'updatedRows' | 'updatedColumns' | 'updatedCells') =>
		responses.reduce((sum, reply) => sum + (reply[field] ?? 0), 0);
	const reply = {
		spreadsheetId: workbook.id,
		totalUpdatedRows: total('updatedRows'),
		totalUpdatedColumns: total('updatedColumns'),
		totalUpdatedCells: total('updatedCells'),
		totalUpdatedSheets: new Set(responses.map((one) => one.updatedRange.split('!')[0])).size,
		responses,
	};
	return { workbook: current, reply };
}

interface WriteReply {
	spreadsheetId: string;
	updatedRange: string;
	updatedRows?: number;
	updatedColumns?: number;
	updatedCells?: number;
	updatedData?: object;
	dataFilter?: DataFilter;
}

function write(
	workbook: Workbook,
	range: CellRange,
	body: Values,
	major: 'ROWS' | 'COLUMNS',
	options: WriteOptions,
	grows: boolean,
): Change<WriteReply> {
	const rows = major === 'ROWS' ? body : transposed(body);
	const written = writeCells(workbook, range, rows, options.valueInputOption, grows);
	const reply = {
		spreadsheetId: workbook.id,
		updatedRange: formatA1(worksheetById(workbook, range.sheetId), written.range),
		updatedRows: written.rows,
		updatedColumns: written.columns,
		updatedCells: written.cells,
		...(options.includeValuesInResponse ? { updatedData: writtenValues(written, major, options) } : {}),
	};
	return { workbook: written.workbook, reply };
}

function writtenValues(
	{ workbook, range }: Written,
	major: 'ROWS' | 'COLUMNS',
	options: WriteOptions,
): object {
	return getValues(workbook, range, {
		majorDimension: major,
		valueRenderOption: options.responseValueRenderOption,
		dateTimeRenderOption: options.responseDateTimeRenderOption,
	});
}

export function appendValues(
	workbook: Workbook,
	a1: string,
	body: Values,
	major: 'ROWS' | 'COLUMNS',
	query: z.infer<typeof shapes.appendQuery>,
): Change {
	const searched = parseA1(workbook, a1);
	const table = findTable(workbook, searched);
	const worksheet = worksheetById(workbook, searched.sheetId);
	const rows = major === 'ROWS' ? body : transposed(body);
	const startRow = table?.endRow ?? searched.startRow;
	const startColumn = table?.startColumn ?? searched.startColumn;
	const endRow = startRow + Math.max(1, rows.length);
	const endColumn = startColumn + Math.max(1, ...rows.map((row) => row.length));
	const { sheetId } = worksheet;
	let next = workbook;
	if (query.insertDataOption === 'INSERT_ROWS' && startRow < worksheet.rows.length) {
		next = insertDimension(next, { sheetId, dimension: 'ROWS', startIndex: startRow, endIndex: endRow });
	}
	next = withWorksheet(next, grown(worksheetById(next, sheetId), endRow, endColumn));
	const range = { sheetId, startRow, endRow, startColumn, endColumn };
	const written = write(next, range, rows, 'ROWS', query, false);
	const tableRange = table === undefined ? {} : { tableRange: formatA1(worksheet, table) };
	return {
		workbook: written.workbook,
		reply: { spreadsheetId: workbook.id, ...tableRange, updates: written.reply },
	};
}

export function clearValues(workbook: Workbook, a1: string): Change {
	const range = parseA1(workbook, a1);
	const clearedRange = formatA1(worksheetById(workbook, range.sheetId), range);
	return { workbook: clearCells(workbook, range), reply: { spreadsheetId: workbook.id, clearedRange } };
}

export function batchClearValues(workbook: Workbook, ranges: readonly CellRange[]): Change {
	let current = workbook;
	for (const range of ranges) current = clearCells(current, range);
	const clearedRanges = ranges.map((range) => formatA1(worksheetById(workbook, range.sheetId), range));
	return { workbook: current, reply: { spreadsheetId: workbook.id, clearedRanges } };
}

function transposed(rows: Values): unknown[][] {
	const width = Math.max(0, ...rows.map((row) => row.length));
	return Array.from({ length: width }, (_, column) => rows.map((row) => row[column] ?? null));
}

/** Without empty cells at the end of rows and empty rows at the end, as the API answers. */
function trimmedValues(rows: Values): unknown[][] {
	const empty = (cell: unknown) => cell === '' || cell === null || cell === undefined;
	const trimmed = rows.map((row) => {
		let end = row.length;
		while (end > 0 && empty(row[end - 1])) end--;
		return Array.from(row.slice(0, end), (cell) => cell ?? '');
	});
	while (trimmed.length > 0 && trimmed.at(-1)?.length === 0) trimmed.pop();
	return trimmed;
}

/** @throws ApiError when a query names an option that we do not know */
export function refuseEmpty(ranges: readonly unknown[], name: string): void {
	if (ranges.length === 0) throw invalid(`Must specify at least one of '${name}'.`);
}
