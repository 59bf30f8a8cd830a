/** What a spreadsheet makes of what is written into a cell, and how it shows it again. */
import { invalid } from './api-error.ts';
import type { Cell } from './workbook.ts';

export type ValueInputOption = 'RAW' | 'USER_ENTERED';
export type ValueRenderOption = 'FORMATTED_VALUE' | 'UNFORMATTED_VALUE' | 'FORMULA';
export type DateTimeRenderOption = 'SERIAL_NUMBER' | 'FORMATTED_STRING';

const DAY = 86_400_000;
const SERIAL_EPOCH = Date.UTC(1899, 11, 30);
const LONGEST_CELL = 50_000;

/**
 * The cell that a written value makes.
 *
 * @param option RAW takes the value as it is; USER_ENTERED reads text as if a person had typed it
 * @param before the cell that stood there: a number written RAW into it is shown in its format
 * @returns null for an emptied cell
 * @throws ApiError for what no cell can hold
 */
export function writtenCell(value: unknown, option: ValueInputOption, before: Cell | null): Cell | null {
	if (typeof value === 'boolean') return { v: value };
	if (typeof value === 'number') return numberCell(value, before?.f);
	if (typeof value !== 'string')
		throw invalid(`Invalid value: ${JSON.stringify(value)} is no string, number or boolean.`);
	if (value.length > LONGEST_CELL) {
		throw invalid(
			`Your input contains more than the maximum of ${LONGEST_CELL} characters in a single cell.`,
		);
	}
	// PostgreSQL cannot keep a NUL or half a surrogate pair, and no spreadsheet shows them.
	const text = value.replaceAll('\0', '').toWellFormed();
	if (text === '') return null;
	return option === 'RAW' ? { v: text } : typedCell(text, before?.f);
}

function numberCell(v: number, format: string | undefined): Cell {
	return format === undefined ? { v } : { v, f: format };
}

/** Text as a person types it, in the locale en_US. */
function typedCell(text: string, format: string | undefined): Cell {
	if (text.startsWith("'")) return { v: text.slice(1) };
	const trimmed = text.trim();
	if (trimmed.startsWith('=') && trimmed.length > 1) {
		throw invalid(
			`The local sheet has no formulas; to write the text “${trimmed.slice(0, 60)}”, begin it with an apostrophe (').`,
		);
	}
	const word = trimmed.toUpperCase();
	if (word === 'TRUE' || word === 'FALSE') return { v: word === 'TRUE' };
	const number = /^[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d+)?(?:[eE][+-]?\d+)?(%?)$/.exec(trimmed);
	if (number !== null && /\d/.test(trimmed)) {
		const value = Number.parseFloat(trimmed.replaceAll(',', ''));
		if (Number.isFinite(value))
			return number[1] === '%' ? { v: value / 100, f: '0.00%' } : numberCell(value, format);
	}
	return typedTime(trimmed) ?? typedDate(trimmed) ?? { v: text };
}

/** Whether text that a person types stays the text that it is. */
export function isTypedText(text: string): boolean {
	if (/^\s*=./.test(text)) return false;
	return typedCell(text, undefined).v === text;
}

const CLOCK = /^(-?)(\d{1,5}):(\d{2})(?::(\d{2}(?:\.\d+)?))?(?:\s*(AM|PM))?$/i;

function dayFraction(text: string): { days: number; seconds: boolean } | undefined {
	const match = CLOCK.exec(text);
	if (match === null) return undefined;
	const [, sign, hourText = '0', minutes = '0', seconds, half] = match;
	let hours = Number(hourText);
	if (Number(minutes) > 59 || Number(seconds ?? 0) >= 60) return undefined;
	if (half !== undefined) {
		if (hours < 1 || hours > 12 || sign === '-') return undefined;
		hours = (hours % 12) + (half.toUpperCase() === 'PM' ? 12 : 0);
	}
	const days = (hours * 3600 + Number(minutes) * 60 + Number(seconds ?? 0)) / 86_400;
	return { days: sign === '-' ? -days : days, seconds: seconds !== undefined };
}

function typedTime(text: string): Cell | undefined {
	const time = dayFraction(text);
	if (time === undefined) return undefined;
	const hours = time.days < 0 || time.days >= 1 ? '[h]' : 'h';
	const milliseconds = /\.\d/.test(text) ? '.000' : '';
	return { v: time.days, f: time.seconds ? `${hours}:mm:ss${milliseconds}` : `${hours}:mm` };
}

/** `2026-07-04` or `7/4/2026`, with or without a time of day. Text with a T or a zone stays text, as in Google's sheet. */
const DATE = /^(?:(\d{4})-(\d{1,2})-(\d{1,2})|(\d{1,2})\/(\d{1,2})\/(\d{4}))(?:\s+(.+))?$/;

function typedDate(text: string): Cell | undefined {
	const match = DATE.exec(text);
	if (match === null) return undefined;
	const [year, month, day] =
		match[1] === undefined ? [match[6], match[4], match[5]] : [match[1], match[2], match[3]];
	const ms = Date.UTC(Number(year), Number(month) - 1, Number(day));
	const date = new Date(ms);
	if (date.getUTCMonth() !== Number(month) - 1 || date.getUTCDate() !== Number(day)) return undefined;
	const serial = (ms - SERIAL_EPOCH) / DAY;
	if (match[7] === undefined) return { v: serial, f: 'yyyy-mm-dd' };
	const time = dayFraction(match[7]);
	if (time === undefined || time.days < 0 || time.days >= 1) return undefined;
	const milliseconds = /\.\d/.test(match[7]) ? '.000' : '';
	return { v: serial + time.days, f: `yyyy-mm-dd h:mm:ss${milliseconds}` };
}

/** The cell as an answer of the API holds it; an empty one is ''. */
export function renderedCell(
	cell: Cell | null | undefined,
	render: ValueRenderOption,
	dateTime: DateTimeRenderOption,
): string | number | boolean {
	if (cell === null || cell === undefined) return '';
	if (render === 'FORMATTED_VALUE') return formattedText(cell);
	const isTime = cell.f !== undefined && cell.f !== '0.00%';
	return isTime && dateTime === 'FORMATTED_STRING' ? formattedText(cell) : cell.v;
}

/** What a person sees. */
export function formattedText({ v, f }: Cell): string {
	if (typeof v === 'boolean') return v ? 'TRUE' : 'FALSE';
	if (typeof v === 'string') return v;
	if (f === undefined) return String(Number(v.toPrecision(10)));
	if (f === '0.00%') return `${(v * 100).toFixed(2)}%`;
	return formattedTime(v, f);
}

/** The patterns that typing makes, and no others: dates, times of day, and durations (`[h]`). */
function formattedTime(days: number, pattern: string): string {
	const ms = Math.round(Math.abs(days) * DAY);
	const date = new Date(SERIAL_EPOCH + Math.round(days * DAY));
	if (Number.isNaN(date.getTime())) return String(days);
	const duration = pattern.includes('[h]');
	const hours = Math.floor(ms / 3_600_000);
	const two = (value: number) => String(value).padStart(2, '0');
	const shown: Record<string, string> = {
		yyyy: String(date.getUTCFullYear()).padStart(4, '0'),
		'-mm-': `-${two(date.getUTCMonth() + 1)}-`,
		dd: two(date.getUTCDate()),
		'[h]': String(hours),
		h: two(date.getUTCHours()),
		':mm': `:${two(duration ? Math.floor(ms / 60_000) % 60 : date.getUTCMinutes())}`,
		ss: two(duration ? Math.floor(ms / 1000) % 60 : date.getUTCSeconds()),
		'.000': `.${String(duration ? ms % 1000 : date.getUTCMilliseconds()).padStart(3, '0')}`,
	};
	const text = pattern.replace(/yyyy|-mm-|dd|\[h\]|h|:mm|ss|\.000/g, (token) => shown[token] ?? token);
	return duration && days < 0 ? `-${text}` : text;
}
