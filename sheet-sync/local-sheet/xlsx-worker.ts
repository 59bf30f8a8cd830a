/** Reads an XLSX file in a thread that may be ended when it takes too much. */
import { parentPort, workerData } from 'node:worker_threads';
import { strFromU8, strToU8, unzipSync, zipSync } from 'fflate';
import readXlsxFile from 'read-excel-file/node';
import { cellName } from './xlsx-limits.ts';

/** Of a worksheet: values by rows; dates and times as the number of days that a cell holds. */
export interface ReadSheet {
	title: string;
	rows: (string | number | boolean | { serial: number } | null)[][];
}

export type XlsxAnswer = { sheets: ReadSheet[] } | { problem: string };

/** What a file may hold when it is unpacked; a few kB of zeros can say that they are gigabytes. */
const LARGEST_UNPACKED = 200 * 1024 * 1024;
/** A worksheet is read as a full rectangle, which two cells in far corners make huge. */
const MOST_CELLS = 5_000_000;
const SERIAL_EPOCH = Date.UTC(1899, 11, 30);
/** Milliseconds. */
const DAY = 86_400_000;

async function read(file: Uint8Array): Promise<XlsxAnswer> {
	let unpacked = 0;
	let parts: Record<string, Uint8Array>;
	try {
		// Each part is unpacked into as many bytes as it says, and no more.
		parts = unzipSync(file, {
			filter: ({ name, originalSize }) => {
				unpacked += originalSize;
				return unpacked <= LARGEST_UNPACKED && /\.(?:xml|rels)$/.test(name);
			},
		});
	} catch {
		return { problem: 'The file is not an XLSX file, or it is damaged.' };
	}
	if (unpacked > LARGEST_UNPACKED)
		return { problem: 'The file is too large to be imported when it is unpacked.' };
	for (const [name, part] of Object.entries(parts)) {
		if (name.startsWith('xl/worksheets/') && extent(strFromU8(part)) > MOST_CELLS) {
			return {
				problem: `A worksheet of the file would have more than ${MOST_CELLS.toLocaleString('en')} cells.`,
			};
		}
	}
	const written = writtenNumbers(parts);
	const sheets = await readXlsxFile(Buffer.from(zipSync(literal(parts), { level: 0 })), { trim: false });
	return {
		sheets: sheets.map(({ sheet, data }) => ({
			title: sheet,
			rows: data.map((row, y) =>
				row.map((value: unknown, x) => {
					if (value instanceof Date) return { serial: serialOf(value, written.get(cellName(y, x)) ?? []) };
					const plain = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
					return plain ? value : null;
				}),
			),
		})),
	};
}

/** The reader takes a reference to a character beyond the first 65,536 for another one: here they are the characters themselves. */
function literal(parts: Record<string, Uint8Array>): Record<string, Uint8Array> {
	return Object.fromEntries(
		Object.entries(parts).map(([name, part]) => {
			const text = strFromU8(part);
			if (!text.includes('&#')) return [name, part];
			const spelt = text.replace(
				/&#(?:x([\da-f]+)|(\d+));/gi,
				(reference, hex?: string, decimal?: string) => {
					const point = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
					return point > 0xffff && point <= 0x10ffff ? String.fromCodePoint(point) : reference;
				},
			);
			return [name, strToU8(spelt)];
		}),
	);
}

/** A cell whose value is a number with a fraction, perhaps that of a formula. */
const CELL =
	/<(?:\w+:)?c\b([^>]*)>(?:<(?:\w+:)?f\b[^<]*(?:<\/(?:\w+:)?f>)?)?<(?:\w+:)?v>(-?\d*\.\d+(?:E-?\d+)?)</gi;

/** The numbers with a fraction in cells with a format, by the cell's name, as they stand in any of the worksheets. */
function writtenNumbers(parts: Record<string, Uint8Array>): Map<string, number[]> {
	const numbers = new Map<string, number[]>();
	for (const [name, part] of Object.entries(parts)) {
		if (!name.startsWith('xl/worksheets/')) continue;
		for (const [, attributes = '', value] of strFromU8(part).matchAll(CELL)) {
			const cell = /\ss=/.test(attributes) && /\sr=["']([A-Z]+\d+)["']/.exec(attributes)?.[1];
			if (cell) numbers.set(cell, [...(numbers.get(cell) ?? []), Number(value)]);
		}
	}
	return numbers;
}

/**
 * The days of a date or time. The reader rounds them down to milliseconds, so that what was 12:30:15 may come as 12:30:14.999:
 * of the numbers that stand in cells of its name, it is the one that this was made of.
 */
function serialOf(date: Date, written: readonly number[]): number {
	const down = (date.getTime() - SERIAL_EPOCH) / DAY;
	return written.find((days) => Math.abs((days - down) * DAY - 0.5) < 0.6) ?? down;
}

/** The cells of the rectangle from A1 to the farthest cell that is named. */
function extent(xml: string): number {
	let rows = 0;
	let columns = 0;
	for (const [, letters = '', digits] of xml.matchAll(/\sr=["']([A-Z]{1,3})(\d{1,7})["']/g)) {
		let column = 0;
		for (const letter of letters) column = column * 26 + letter.charCodeAt(0) - 64;
		rows = Math.max(rows, Number(digits));
		columns = Math.max(columns, column);
	}
	return rows * columns;
}

try {
	parentPort?.postMessage(await read(workerData as Uint8Array));
} catch (error) {
	const message = error instanceof Error ? error.message : String(error);
	parentPort?.postMessage({ problem: `The file cannot be read as XLSX: ${message}` });
}
