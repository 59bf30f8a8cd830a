/** Worksheets as CSV, in the form that spreadsheets exchange (RFC 4180). */
import Papa from 'papaparse';
import { invalid } from './api-error.ts';
import { at } from './imported-place.ts';
import { formattedText, writtenCell } from './typed-cell.ts';
import type { Cell, Worksheet } from './workbook.ts';

/** Excel takes a file for UTF-8 only if it begins so. */
const BYTE_ORDER_MARK = '\u{FEFF}';

/** A worksheet's cells as a person sees them. Text that a spreadsheet would take for a formula begins with an apostrophe. */
export function toCsv({ rows }: Worksheet): string {
	const texts = rows.map(({ cells }) => cells.map((cell) => (cell === null ? '' : csvText(cell))));
	while (texts.at(-1)?.length === 0) texts.pop();
	return `${BYTE_ORDER_MARK}${Papa.unparse(texts, { newline: '\r\n' })}\r\n`;
}

function csvText(cell: Cell): string {
	const text = formattedText(cell);
	if (typeof cell.v !== 'string') return text;
	// Spreadsheets run what begins with = + - @ and, in some, a tab or a line break; `--`, -1:30 and the like do no harm.
	const harmless = /^[+-][-\d:.,% ]*$/.test(text);
	return /^['=+\-@\t\r\n]/.test(text) && !harmless ? `'${text}` : text;
}

/**
 * The rows of a CSV file, taken as if they had been typed; what begins like a formula stays text. The delimiter (comma,
 * semicolon, tab or bar) is found by itself.
 *
 * @throws ApiError that says where the file is broken
 */
export function fromCsv(file: Buffer): (Cell | null)[][] {
	const text = decoded(file).replace(/^\u{FEFF}/u, '');
	const { data, errors } = Papa.parse<string[]>(text, { delimiter: delimiterOf(text) });
	const [error] = errors.filter(({ type }) => type === 'Quotes');
	if (error !== undefined) {
		throw invalid(`The file is no CSV that can be read: ${error.message} in row ${(error.row ?? 0) + 1}.`);
	}
	while (data.at(-1)?.every((field) => field === '')) data.pop();
	return data.map((row, y) => row.map((field, x) => at(undefined, y, x, () => importedCell(field))));
}

/** The sign that parts the first row most often, outside of quotes. */
function delimiterOf(text: string): string {
	const counts = new Map([',', ';', '\t', '|'].map((sign) => [sign, 0]));
	let quoted = false;
	for (const sign of text) {
		if (sign === '"') quoted = !quoted;
		else if (!quoted && (sign === '\n' || sign === '\r')) break;
		else if (!quoted && counts.has(sign)) counts.set(sign, (counts.get(sign) ?? 0) + 1);
	}
	const [most] = [...counts].sort(([, a], [, b]) => b - a);
	return most?.[0] ?? ',';
}

function decoded(file: Buffer): string {
	if (file[0] === 0xff && file[1] === 0xfe) return new TextDecoder('utf-16le').decode(file);
	try {
		return new TextDecoder('utf-8', { fatal: true }).decode(file);
	} catch {
		return new TextDecoder('windows-1252').decode(file);
	}
}

/** Typed text, except that nothing becomes a formula. */
export function importedCell(text: string): Cell | null {
	const option = /^\s*=/.test(text) ? 'RAW' : 'USER_ENTERED';
	return writtenCell(text, option, null);
}
