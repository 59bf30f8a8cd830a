/** The Sheets API as the sync uses it: a few whole-spreadsheet calls, each one request, all within the quota. */
// Only this one API: the whole package costs 1.3 s and 90 MB at every start, one API 65 ms.
import type { sheets_v4 } from 'googleapis/build/src/apis/sheets/index.js';
import { sheets } from 'googleapis/build/src/apis/sheets/index.js';
import PQueue from 'p-queue';
import type { CellWrite } from './plan.ts';
import type { CellValue } from './row-inputs.ts';
import type { SheetsAuthorization } from './sheets-credentials.ts';
import { SheetsError } from './sheets-error.ts';

export interface SheetsClientOptions {
	spreadsheetId: string;
	/** Where the API answers; without it Google's. For the local sheet its address. */
	endpoint?: string | undefined;
	authorization: SheetsAuthorization;
	/** Google's quota per user and minute is 60 reads and 60 writes, unless raised for the project. */
	readsPerMinute: number;
	writesPerMinute: number;
	/** Ends the wait for the quota; calls under way are finished. */
	signal?: AbortSignal | undefined;
}

export interface Worksheets {
	/** IANA name. */
	timeZone: string;
	/** Worksheets with cells, in the order of their tabs. */
	worksheets: { sheetId: number; title: string }[];
}

/** A row that carries a mark, wherever it is now. */
export interface MarkedRow {
	mark: string;
	cells: CellValue[];
}

/** The key of our marks among the developer metadata of the spreadsheet. */
const MARK_KEY = 'cutsheet-row';

/** A request that takes longer is given up: the next cycle does it again. */
const TIMEOUT_MS = 60_000;

/** Google recommends at most 2 MB for the body of a request. */
const LARGEST_BODY = 2_000_000;

export class SheetsClient {
	readonly #api: sheets_v4.Sheets;
	readonly #spreadsheetId: string;
	readonly #options: SheetsClientOptions;
	readonly #reads: PQueue;
	readonly #writes: PQueue;

	constructor(options: SheetsClientOptions) {
		const { spreadsheetId, endpoint, authorization, readsPerMinute, writesPerMinute } = options;
		this.#options = options;
		this.#spreadsheetId = spreadsheetId;
		this.#api = sheets({
			version: 'v4',
			// Its own retries know nothing of our budget.
			retry: false,
			timeout: TIMEOUT_MS,
			...(authorization.auth === undefined ? {} : { auth: authorization.auth }),
			...(endpoint === undefined ? {} : { rootUrl: endpoint.endsWith('/') ? endpoint : `${endpoint}/` }),
		});
		const budget = { interval: 60_000, strict: true, concurrency: 1 };
		this.#reads = new PQueue({ ...budget, intervalCap: readsPerMinute });
		this.#writes = new PQueue({ ...budget, intervalCap: writesPerMinute });
	}

	/** Titles and ids of all worksheets, and the time zone. One read. */
	async readWorksheets(): Promise<Worksheets> {
		const { data } = await this.#read((api, signal) =>
			api.spreadsheets.get(
				{
					spreadsheetId: this.#spreadsheetId,
					fields: 'properties.timeZone,sheets.properties(sheetId,title,sheetType)',
				},
				{ signal },
			),
		);
		const worksheets = (data.sheets ?? []).flatMap(({ properties }) =>
			(properties?.sheetType ?? 'GRID') === 'GRID'
				? [{ sheetId: properties?.sheetId ?? 0, title: properties?.title ?? '' }]
				: [],
		);
		return { timeZone: data.properties?.timeZone ?? 'UTC', worksheets };
	}

	/** All cells of some worksheets, by id: numbers as numbers and dates as serials. One read. */
	async readRows(sheetIds: readonly number[]): Promise<Map<number, CellValue[][]>> {
		const ranges = await this.#readByFilter(sheetIds.map((sheetId) => ({ gridRange: { sheetId } })));
		const rows = new Map<number, CellValue[][]>();
		for (const { dataFilters = [], valueRange } of ranges) {
			// An id of 0 may be left out of the answer, as JSON made of protocol buffers leaves out zeros.
			for (const { gridRange } of dataFilters) {
				if (gridRange) rows.set(gridRange.sheetId ?? 0, (valueRange?.values ?? []) as CellValue[][]);
			}
		}
		return rows;
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
		headers: readonly { sheetId: number; headerRow: number }[],
	): Promise<{ rows: MarkedRow[]; headers: Map<number, CellValue[]> }> {
		const ranges = await this.#readByFilter([
			...marks.map((mark) => ({ developerMetadataLookup: { metadataKey: MARK_KEY, metadataValue: mark } })),
			...headers.map(({ sheetId, headerRow }) => ({
				gridRange: { sheetId, startRowIndex: headerRow - 1, endRowIndex: headerRow },
			})),
		]);
		const found: { rows: MarkedRow[]; headers: Map<number, CellValue[]> } = { rows: [], headers: new Map() };
		for (const { dataFilters = [], valueRange } of ranges) {
			const cells = (valueRange?.values?.[0] ?? []) as CellValue[];
			for (const { gridRange, developerMetadataLookup } of dataFilters) {
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

	/** Take all our marks away, those of a daemon that died too. One write. */
	async removeMarks(): Promise<void> {
		await this.#batchUpdate([
			{ deleteDeveloperMetadata: { dataFilter: { developerMetadataLookup: { metadataKey: MARK_KEY } } } },
		]);
	}

	async #readByFilter(
		dataFilters: sheets_v4.Schema$DataFilter[],
	): Promise<sheets_v4.Schema$MatchedValueRange[]> {
		const { data } = await this.#read((api, signal) =>
			api.spreadsheets.values.batchGetByDataFilter(
				{
					spreadsheetId: this.#spreadsheetId,
					requestBody: {
						dataFilters,
						majorDimension: 'ROWS',
						valueRenderOption: 'UNFORMATTED_VALUE',
						dateTimeRenderOption: 'SERIAL_NUMBER',
					},
				},
				{ signal },
			),
		);
		return data.valueRanges ?? [];
	}

	async #writeByFilter(data: sheets_v4.Schema$DataFilterValueRange[]): Promise<void> {
		await this.#write((api, signal) =>
			api.spreadsheets.values.batchUpdateByDataFilter(
				{ spreadsheetId: this.#spreadsheetId, requestBody: { valueInputOption: 'RAW', data } },
				{ signal },
			),
		);
	}

	async #batchUpdate(requests: sheets_v4.Schema$Request[]): Promise<void> {
		await this.#write((api, signal) =>
			api.spreadsheets.batchUpdate(
				{ spreadsheetId: this.#spreadsheetId, requestBody: { requests } },
				{ signal },
			),
		);
	}

	#read<T>(call: (api: sheets_v4.Sheets, signal: AbortSignal) => Promise<T>): Promise<T> {
		return this.#within(this.#reads, call);
	}

	#write<T>(call: (api: sheets_v4.Sheets, signal: AbortSignal) => Promise<T>): Promise<T> {
		return this.#within(this.#writes, call);
	}

	#within<T>(budget: PQueue, call: (api: sheets_v4.Sheets, signal: AbortSignal) => Promise<T>): Promise<T> {
		const { signal } = this.#options;
		return budget.add(() => this.#call(call), signal === undefined ? {} : { signal });
	}

	async #call<T>(call: (api: sheets_v4.Sheets, signal: AbortSignal) => Promise<T>): Promise<T> {
		try {
			return await call(this.#api, AbortSignal.timeout(TIMEOUT_MS));
		} catch (error) {
			throw SheetsError.from(error, this.#options);
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
