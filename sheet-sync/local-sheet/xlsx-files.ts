/** Workbooks as XLSX. A file of a stranger is read in a thread of its own, with bounds on memory and time. */
import { Worker } from 'node:worker_threads';
import type { Sheet } from 'write-excel-file/node';
import writeXlsxFile from 'write-excel-file/node';
import { invalid } from './api-error.ts';
import { at } from './imported-place.ts';
import { writtenCell } from './typed-cell.ts';
import type { Cell, Workbook } from './workbook.ts';
import { cellName, demandFits, fittingText, type ShortenedCell } from './xlsx-limits.ts';
import type { ReadSheet, XlsxAnswer } from './xlsx-worker.ts';

/** What reading a file may take; a file of 20,000 rows takes a tenth. */
const READING_MB = 512;
const READING_MS = 30_000;

/**
 * All worksheets. Text stays text, whatever it looks like; dates and times are numbers in their formats. Texts that are too
 * long for a cell of Excel's are cut off with a mark, and listed in a worksheet at the end.
 *
 * @throws ApiError for a worksheet that is too large
 */
export async function toXlsx({ worksheets }: Workbook): Promise<Buffer> {
	const sheets: Sheet<Buffer>[] = [];
	const used = new Set<string>();
	const shortened: ShortenedCell[] = [];
	for (const worksheet of worksheets) {
		demandFits(worksheet);
		const { title, rows, frozenRows } = worksheet;
		const filled = rows.findLastIndex(({ cells }) => cells.length > 0) + 1;
		const sheet = xlsxTitle(title, used);
		sheets.push({
			sheet,
			data: rows
				.slice(0, filled)
				.map(({ cells }, row) =>
					cells.map((cell, column) =>
						xlsxCell(cell, (characters) =>
							shortened.push({ worksheet: sheet, cell: cellName(row, column), characters }),
						),
					),
				),
			...(frozenRows > 0 && { stickyRowsCount: frozenRows }),
		});
	}
	if (shortened.length > 0) sheets.push(shortenedList(shortened, xlsxTitle('Cut off', used)));
	return writeXlsxFile(sheets).toBuffer();
}

/** Where in the file something is missing. */
function shortenedList(shortened: readonly ShortenedCell[], title: string): Sheet<Buffer> {
	const head = ['Worksheet', 'Cell', 'Characters, of which not all are in this file'];
	return {
		sheet: title,
		data: [
			head.map((value) => ({ type: String, value })),
			...shortened.map(({ worksheet, cell, characters }) => [
				{ type: String, value: worksheet },
				{ type: String, value: cell },
				{ type: Number, value: characters },
			]),
		],
		stickyRowsCount: 1,
	};
}

function xlsxCell(cell: Cell | null, onShortened: (characters: number) => void) {
	if (cell === null) return null;
	if (typeof cell.v === 'boolean') return { type: Boolean, value: cell.v };
	if (typeof cell.v === 'string')
		return { type: String, value: fittingText(cell.v, escaped(cell.v), onShortened) };
	return { type: Number, value: cell.v, ...(cell.f !== undefined && { format: cell.f }) };
}

/** Control characters, which XML 1.0 does not have or discourages, and text that looks like one of them, as `_x001B_` (ECMA-376, 22.9.2.19, ST_Xstring). */
function escaped(text: string): string {
	return text
		.replace(/_(?=x[\dA-F]{4}_)/gi, '_x005F_')
		.replace(/[[\p{Cc}--[\t\n\r]]\ufffe\uffff]/gv, (sign) => {
			return `_x${sign.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}_`;
		});
}

/** Excel wants titles of 31 characters at most, without some signs, and each once. */
function xlsxTitle(title: string, used: Set<string>): string {
	const cleaned =
		title
			.replace(/[\\/?*[\]:]/g, ' ')
			.replace(/^'|'$/g, ' ')
			.trim() || 'Sheet';
	let unique = cleaned.slice(0, 31);
	for (let number = 2; used.has(unique.toLowerCase()); number++) {
		unique = `${cleaned.slice(0, 31 - ` (${number})`.length)} (${number})`;
	}
	used.add(unique.toLowerCase());
	return unique;
}

/**
 * The worksheets of a file: values, of formulas those last computed.
 *
 * @throws ApiError when it is no XLSX file, or one that would take too much to read
 */
export async function fromXlsx(file: Buffer): Promise<{ title: string; rows: (Cell | null)[][] }[]> {
	const answer = await readInThread(file);
	if ('problem' in answer) throw invalid(answer.problem);
	return answer.sheets.map(({ title, rows }) => ({
		title,
		rows: rows.map((row, y) => row.map((value, x) => at(title, y, x, () => importedCell(value)))),
	}));
}

function importedCell(value: ReadSheet['rows'][0][0]): Cell | null {
	if (value === null) return null;
	if (typeof value === 'object') return { v: value.serial, f: dateFormat(value.serial) };
	return writtenCell(value, 'RAW', null);
}

/** Days before 1970 are no date that anybody means, but a duration: 26:00 after the start. */
const FIRST_DATE = 25_569;

function dateFormat(serial: number): string {
	const ms = Math.round(serial * 86_400_000);
	const isDuration = serial < 0 || (serial >= 1 && serial < FIRST_DATE);
	const seconds = ms % 1000 === 0 ? ':ss' : ':ss.000';
	if (serial < FIRST_DATE) return `${isDuration ? '[h]' : 'h'}:mm${ms % 60_000 === 0 ? '' : seconds}`;
	return ms % 86_400_000 === 0 ? 'yyyy-mm-dd' : `yyyy-mm-dd h:mm${seconds}`;
}

function readInThread(file: Buffer): Promise<XlsxAnswer> {
	const { promise, resolve } = Promise.withResolvers<XlsxAnswer>();
	const worker = new Worker(new URL('./xlsx-worker.ts', import.meta.url), {
		workerData: file,
		resourceLimits: { maxOldGenerationSizeMb: READING_MB },
	});
	const tooMuch = {
		problem: 'The file would take too much memory or time to read; import it in parts, or as CSV.',
	};
	const timer = setTimeout(() => resolve(tooMuch), READING_MS);
	worker.on('message', resolve);
	worker.on('error', (error: Error & { code?: string }) => {
		const memory = error.code === 'ERR_WORKER_OUT_OF_MEMORY';
		resolve(memory ? tooMuch : { problem: `The file cannot be read as XLSX: ${error.message}.` });
	});
	return promise.finally(() => {
		clearTimeout(timer);
		return worker.terminate();
	});
}
