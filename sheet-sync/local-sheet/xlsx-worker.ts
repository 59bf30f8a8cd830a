/** Reads an XLSX file in a thread that may be ended when it takes too much. */
import { parentPort, workerData } from 'node:worker_threads';
import { unzipSync, zipSync } from 'fflate';
import readXlsxFile from 'read-excel-file/node';

/** Of a worksheet: values by rows; dates and times as the number of days that a cell holds. */
export interface ReadSheet {
	title: string;
	rows: (string | number | boolean | { serial: number } | null)[][];
}

export type XlsxAnswer = { sheets: ReadSheet[] } | { problem: string };

/** What a file may hold when it is unpacked; a few kB of zeros can say that they are gigabytes. */
const LARGEST_UNPACKED = 200 * 1024 * 1024;
const SERIAL_EPOCH = Date.UTC(1899, 11, 30);

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
	const sheets = await readXlsxFile(Buffer.from(zipSync(parts, { level: 0 })), { trim: false });
	return {
		sheets: sheets.map(({ sheet, data }) => ({
			title: sheet,
			rows: data.map((row) =>
				row.map((value: unknown) => {
					if (value instanceof Date) return { serial: (value.getTime() - SERIAL_EPOCH) / 86_400_000 };
					const plain = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
					return plain ? value : null;
				}),
			),
		})),
	};
}

try {
	parentPort?.postMessage(await read(workerData as Uint8Array));
} catch (error) {
	const message = error instanceof Error ? error.message : String(error);
	parentPort?.postMessage({ problem: `The file cannot be read as XLSX: ${message}` });
}
