/** The Sheets API as the sync uses it: a few whole-spreadsheet calls, each one request, all within the quota. */
import type { sheets_v4 } from 'googleapis/build/src/apis/sheets/index.js';
import type { RequestLimits } from './request-budget.ts';
import { budgeted } from './request-budget.ts';
import type { CellValue } from './row-inputs.ts';
import type { Worksheets } from './sheets-answers.ts';
import { rangesIn, rowsIn, worksheetsIn } from './sheets-answers.ts';
import type { CallContext } from './sheets-error.ts';
import { SheetsError } from './sheets-error.ts';
import { renewing, type SheetsTransport } from './sheets-transport.ts';
import type { CellWrite } from './sync-plan.ts';

export interface SheetsClientOptions extends RequestLimits {
	transport: SheetsTransport;
	/** For the sentences of errors. */
	context: CallContext;
}

/** A row that carries a mark, wherever it is now. */
export interface MarkedRow {
	mark: string;
	cells: CellValue[];
}

/** The key of our marks among the developer metadata of the spreadsheet. */
const MARK_KEY = 'cutsheet-row';

/** Google recommends at most 2 MB for the body of a request. */
const LARGEST_BODY = 2_000_000;

export class SheetsClient {
	readonly #transport: SheetsTransport;
	readonly #context: CallContext;
	readonly #signal: AbortSignal | undefined;

	constructor({ transport, context, ...limits }: SheetsClientOptions) {
		this.#transport = renewing(budgeted(transport, limits), context.authorization);
		this.#context = context;
		this.#signal = limits.signal;
	}

	/** Titles and ids of all worksheets, and the time zone. One read. */
	async readWorksheets(): Promise<Worksheets> {
		const data = await this.#call((transport) =>
			transport.get(
				'properties.timeZone,sheets.properties(sheetId,title,sheetType),sheets.conditionalFormats.booleanRule',
			),
		);
		return this.#demand(worksheetsIn(data), data);
	}

	/** All cells of some worksheets, by id: numbers as numbers and dates as serials. One read. */
	async readRows(sheetIds: readonly number[]): Promise<Map<number, CellValue[][]>> {
		const data = await this.#readByFilter(sheetIds.map((sheetId) => ({ gridRange: { sheetId } })));
		return this.#demand(rowsIn(data, sheetIds), data);
	}

	/** Write cells by position, as they are: no text becomes a formula, a date or a number. One write for up to 2 MB. */
	async writeCells(cells: readonly CellWrite[]): Promise<void> {
		const data = cells.map(({ sheetId, row, column, value }) => ({
			dataFilter: {
				gridRange: {
					sheetId,
					startRowIndex: row,
					endRowIndex: row + 1,
					startColumnIndex: column,
					endColumnIndex: column + 1,
				},
			},
			values: [[value]],
		}));
		for (const part of bySize(data)) await this.#writeByFilter(part);
	}

	/** Put marks on rows, which stay on them when they move. One write. */
	async markRows(rows: readonly { sheetId: number; row: number; mark: string }[]): Promise<void> {
		const requests = rows.map(({ sheetId, row, mark }) => ({
			createDeveloperMetadata: {
				developerMetadata: {
					metadataKey: MARK_KEY,
					metadataValue: mark,
					visibility: 'DOCUMENT',
					location: { dimensionRange: { sheetId, dimension: 'ROWS', startIndex: row, endIndex: row + 1 } },
				},
			},
		}));
		await this.#batchUpdate(requests);
	}

	/** The rows that carry marks, and the header rows of worksheets, in one look. One read. */
	async readMarked(
		marks: readonly string[],
		headers: readonly { sheetId: number; headerIndex: number }[],
	): Promise<{ rows: MarkedRow[]; headers: Map<number, CellValue[]> }> {
		const data = await this.#readByFilter([
			...marks.map((mark) => ({ developerMetadataLookup: { metadataKey: MARK_KEY, metadataValue: mark } })),
			...headers.map(({ sheetId, headerIndex }) => ({
				gridRange: { sheetId, startRowIndex: headerIndex, endRowIndex: headerIndex + 1 },
			})),
		]);
		const found: { rows: MarkedRow[]; headers: Map<number, CellValue[]> } = { rows: [], headers: new Map() };
		for (const { filters, values } of this.#demand(rangesIn(data), data)) {
			const cells = values[0] ?? [];
			for (const { gridRange, developerMetadataLookup } of filters) {
				if (gridRange) found.headers.set(gridRange.sheetId ?? 0, cells);
				const mark = developerMetadataLookup?.metadataValue;
				if (mark) found.rows.push({ mark, cells });
			}
		}
		return found;
	}

	/** Write cells of the rows that carry marks, by column. A row that is gone by now is passed over. One write. */
	async writeMarked(rows: readonly { mark: string; cells: ReadonlyMap<number, CellValue> }[]): Promise<void> {
		const data = rows.map(({ mark, cells }) => {
			// null leaves a cell as it is.
			const values: CellValue[] = new Array(Math.max(...cells.keys()) + 1).fill(null);
			for (const [column, value] of cells) values[column] = value;
			const developerMetadataLookup = { metadataKey: MARK_KEY, metadataValue: mark };
			return { dataFilter: { developerMetadataLookup }, values: [values] };
		});
		await this.#writeByFilter(data);
	}

	/** Make and delete rules of conditional formatting. One write. */
	async changeRules(requests: sheets_v4.Schema$Request[]): Promise<void> {
		await this.#batchUpdate(requests);
	}

	/** Take all our marks away, those of a daemon that died too. One write. */
	async removeMarks(): Promise<void> {
		await this.#batchUpdate([
			{ deleteDeveloperMetadata: { dataFilter: { developerMetadataLookup: { metadataKey: MARK_KEY } } } },
		]);
	}

	#readByFilter(
		dataFilters: sheets_v4.Schema$DataFilter[],
	): Promise<sheets_v4.Schema$BatchGetValuesByDataFilterResponse> {
		return this.#call((transport) =>
			transport.readValues({
				dataFilters,
				majorDimension: 'ROWS',
				valueRenderOption: 'UNFORMATTED_VALUE',
				dateTimeRenderOption: 'SERIAL_NUMBER',
			}),
		);
	}

	async #writeByFilter(data: sheets_v4.Schema$DataFilterValueRange[]): Promise<void> {
		await this.#call((transport) => transport.writeValues({ valueInputOption: 'RAW', data }));
	}

	async #batchUpdate(requests: sheets_v4.Schema$Request[]): Promise<void> {
		await this.#call((transport) => transport.batchUpdate(requests));
	}

	#demand<T>(read: T | undefined, answer: unknown): T {
		if (read !== undefined) return read;
		throw SheetsError.noAnswer(answer, this.#context.endpoint);
	}

	async #call<T>(call: (transport: SheetsTransport) => Promise<T>): Promise<T> {
		try {
			return await call(this.#transport);
		} catch (error) {
			if (this.#signal?.aborted) throw error;
			throw SheetsError.from(error, this.#context);
		}
	}
}

/** The list in parts whose JSON stays below what a request may carry. */
function* bySize<T>(items: readonly T[]): Generator<T[]> {
	let part: T[] = [];
	let size = 0;
	for (const item of items) {
		const length = Buffer.byteLength(JSON.stringify(item));
		if (part.length > 0 && size + length > LARGEST_BODY) {
			yield part;
			part = [];
			size = 0;
		}
		part.push(item);
		size += length;
	}
	if (part.length > 0) yield part;
}
