/** The four calls of the Sheets API that the sync makes, through Google's own client. */
// Only this one API: the whole package costs 1.3 s and 90 MB at every start, one API 65 ms.
import type { sheets_v4 } from 'googleapis/build/src/apis/sheets/index.js';
import { sheets } from 'googleapis/build/src/apis/sheets/index.js';
import type { SheetsAuthorization } from './sheets-credentials.ts';
import { SheetsError } from './sheets-error.ts';

/**
 * One spreadsheet. Every call is one request; what it throws is the client's own error. A test puts a spreadsheet in
 * memory here, and meets all of the sync above it.
 */
export interface SheetsTransport {
	/** `spreadsheets.get` with a field mask. */
	get(fields: string): Promise<sheets_v4.Schema$Spreadsheet>;
	/** `spreadsheets.batchUpdate`: all of the requests are applied, or none. */
	batchUpdate(requests: sheets_v4.Schema$Request[]): Promise<sheets_v4.Schema$BatchUpdateSpreadsheetResponse>;
	/** `spreadsheets.values.batchGetByDataFilter` */
	readValues(
		body: sheets_v4.Schema$BatchGetValuesByDataFilterRequest,
	): Promise<sheets_v4.Schema$BatchGetValuesByDataFilterResponse>;
	/** `spreadsheets.values.batchUpdateByDataFilter` */
	writeValues(
		body: sheets_v4.Schema$BatchUpdateValuesByDataFilterRequest,
	): Promise<sheets_v4.Schema$BatchUpdateValuesByDataFilterResponse>;
}

/** A request that takes longer is given up: the next cycle does it again. */
const TIMEOUT_MS = 60_000;

/** @param endpoint where the API answers; without it Google's. For the local sheet its address. */
export function httpTransport(
	spreadsheetId: string,
	endpoint: string | undefined,
	authorization: SheetsAuthorization,
): SheetsTransport {
	const api = sheets({
		version: 'v4',
		// Its own retries know nothing of our budget.
		retry: false,
		timeout: TIMEOUT_MS,
		...(authorization.auth === undefined ? {} : { auth: authorization.auth }),
		...(endpoint === undefined ? {} : { rootUrl: endpoint.endsWith('/') ? endpoint : `${endpoint}/` }),
	});
	/** What calls itself a success must be an answer of the API about this spreadsheet: what is no answer would read as empty. */
	const checked = <T extends { spreadsheetId?: string | null }>({ data }: { data: T }): T => {
		if (data?.spreadsheetId === spreadsheetId) return data;
		throw SheetsError.noAnswer(data, endpoint);
	};
	const limit = () => ({ signal: AbortSignal.timeout(TIMEOUT_MS) });
	return {
		async get(fields) {
			return checked(
				await api.spreadsheets.get({ spreadsheetId, fields: `spreadsheetId,${fields}` }, limit()),
			);
		},
		async batchUpdate(requests) {
			return checked(
				await api.spreadsheets.batchUpdate({ spreadsheetId, requestBody: { requests } }, limit()),
			);
		},
		async readValues(requestBody) {
			return checked(
				await api.spreadsheets.values.batchGetByDataFilter({ spreadsheetId, requestBody }, limit()),
			);
		},
		async writeValues(requestBody) {
			return checked(
				await api.spreadsheets.values.batchUpdateByDataFilter({ spreadsheetId, requestBody }, limit()),
			);
		},
	};
}
