/** The four calls of the Sheets API that the sync makes, through Google's own client. */
// Only this one API: the whole package costs 1.3 s and 90 MB at every start, one API 65 ms.
import type { sheets_v4 } from 'googleapis/build/src/apis/sheets/index.js';
import { sheets } from 'googleapis/build/src/apis/sheets/index.js';
import { TIMEOUT_SECONDS } from './google-sign-in.ts';
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

/** Which spreadsheet, and how it is reached. */
export interface SheetsAddress {
	spreadsheetId: string;
	/** Where the API answers; without it Google's. For the local sheet its address. */
	endpoint?: string | undefined;
	/** A request without a whole answer after so long is given up: the next cycle does it again. Default 60. */
	timeoutSeconds?: number | undefined;
}

/** An answer that is larger, unpacked, is none: the largest spreadsheet of Google's (10 million cells) has some 200 MB. */
const LARGEST_ANSWER = 256 * 1024 * 1024;

export function httpTransport(
	{ spreadsheetId, endpoint, timeoutSeconds = TIMEOUT_SECONDS }: SheetsAddress,
	{ headers }: SheetsAuthorization,
): SheetsTransport {
	const api = sheets({
		version: 'v4',
		// Its own retries know nothing of our budget, nor do redirects, which the API never answers with.
		retry: false,
		redirect: 'manual',
		timeout: timeoutSeconds * 1000,
		maxContentLength: LARGEST_ANSWER,
		...(endpoint === undefined ? {} : { rootUrl: endpoint.endsWith('/') ? endpoint : `${endpoint}/` }),
	});
	/** What calls itself a success must be an answer of the API about this spreadsheet: what is no answer would read as empty. */
	const checked = <T extends { spreadsheetId?: string | null }>({ data }: { data: T }): T => {
		if (data?.spreadsheetId === spreadsheetId) return data;
		throw SheetsError.noAnswer(data, endpoint);
	};
	const signedIn = async () => (headers === undefined ? {} : { headers: await headers() });
	return {
		async get(fields) {
			const options = await signedIn();
			return checked(
				await api.spreadsheets.get({ spreadsheetId, fields: `spreadsheetId,${fields}` }, options),
			);
		},
		async batchUpdate(requests) {
			const options = await signedIn();
			return checked(
				await api.spreadsheets.batchUpdate({ spreadsheetId, requestBody: { requests } }, options),
			);
		},
		async readValues(requestBody) {
			const options = await signedIn();
			return checked(
				await api.spreadsheets.values.batchGetByDataFilter({ spreadsheetId, requestBody }, options),
			);
		},
		async writeValues(requestBody) {
			const options = await signedIn();
			return checked(
				await api.spreadsheets.values.batchUpdateByDataFilter({ spreadsheetId, requestBody }, options),
			);
		},
	};
}

/**
 * The same calls; one that is answered with 401 is made once more after another sign-in, as a token may be taken back
 * before its hour is over. Around a budget, so that both requests count.
 */
export function renewing(transport: SheetsTransport, { renew }: SheetsAuthorization): SheetsTransport {
	if (renew === undefined) return transport;
	const twice = async <T>(call: () => Promise<T>): Promise<T> => {
		try {
			return await call();
		} catch (error) {
			if ((error as { response?: { status?: number } }).response?.status !== 401) throw error;
			renew();
			return call();
		}
	};
	return {
		get: (fields) => twice(() => transport.get(fields)),
		batchUpdate: (requests) => twice(() => transport.batchUpdate(requests)),
		readValues: (body) => twice(() => transport.readValues(body)),
		writeValues: (body) => twice(() => transport.writeValues(body)),
	};
}
