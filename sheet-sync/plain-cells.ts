/** Cells that are no times: text, checkboxes, lists, whole numbers. */
import type { Reading } from './time-cells.ts';

const YES = new Set(['true', 'yes', 'y', 'x', '1', 'on', 'ja', '✓', '✔', '☑', '[x]']);
const NO = new Set(['', 'false', 'no', 'n', '0', 'off', 'nein', '-', '–', '✗', '✘', '☐', '[ ]']);

/** What a formula that failed shows; it hides the text that belongs there. */
const FORMULA_ERROR = /^#(?:REF!|N\/A|VALUE!|NAME\?|DIV\/0!|NUM!|NULL!|ERROR!)$/;

const INT4_LIMIT = 2 ** 31;

/** Free text, as it stands in the cell. A number or a checkbox is taken as the text a person sees. */
export function readText(cell: unknown): Reading<string> {
	const text = cellText(cell);
	if (FORMULA_ERROR.test(text))
		return { unreadable: 'a formula failed there; write plain text or mend the formula' };
	return { value: text };
}

/** A checkbox (TRUE, FALSE) or a usual word for yes and no. Empty is no. */
export function readBoolean(cell: unknown): Reading<boolean> {
	const word = cellText(cell).trim().toLowerCase();
	if (YES.has(word)) return { value: true };
	if (NO.has(word)) return { value: false };
	return { unreadable: 'write yes or no, or use a checkbox' };
}

/** Entries separated by commas (or line breaks), each once, in the order written. */
export function readList(cell: unknown): Reading<string[]> {
	const text = readText(cell);
	if ('unreadable' in text) return text;
	const entries = text.value.split(/[,\n]/).map((entry) => entry.trim());
	return { value: [...new Set(entries.filter((entry) => entry !== ''))] };
}

/** A whole number that fits the database's `int`. Empty is 0. */
export function readInteger(cell: unknown): Reading<number> {
	const text = cellText(cell).trim().replace('−', '-');
	if (text === '') return { value: 0 };
	const number = /^[+-]?\d+(?:\.0*)?$/.test(text) ? Number(text) : Number.NaN;
	if (Number.isInteger(number) && number >= -INT4_LIMIT && number < INT4_LIMIT) return { value: number + 0 };
	return { unreadable: 'write a whole number such as 0 or 10' };
}

/** What a person sees in the cell, in a form that the database and JSON can hold: no NUL, no half characters. */
export function cellText(cell: unknown): string {
	if (cell === null || cell === undefined) return '';
	if (typeof cell === 'boolean') return cell ? 'TRUE' : 'FALSE';
	return String(cell).replaceAll('\0', '').toWellFormed();
}
