/** What went wrong between us and the Sheets API, as a sentence that says what to do. */

export interface CallContext {
	spreadsheetId: string;
	endpoint?: string | undefined;
	authorization: { account?: string };
}

export class SheetsError extends Error {
	override readonly name = 'SheetsError';
	/** HTTP status, or undefined when no answer came. */
	readonly status: number | undefined;
	/** The API's own words. */
	readonly said: string;
	/** How long the API asked us to wait, in ms. */
	readonly retryAfterMs: number | undefined;

	constructor(message: string, said: string, status?: number, retryAfterMs?: number, options?: ErrorOptions) {
		super(message, options);
		this.said = said;
		this.status = status;
		this.retryAfterMs = retryAfterMs;
	}

	/** What came with a status of success, and is none of the API's answers: a page of a proxy or of a network that wants a sign-in. */
	static noAnswer(data: unknown, endpoint: string | undefined): SheetsError {
		const where = endpoint ?? 'Google Sheets';
		const said = (typeof data === 'string' ? data : (JSON.stringify(data) ?? ''))
			.replace(/\s+/g, ' ')
			.slice(0, 80);
		return new SheetsError(
			`${where} answered with something else than the API does (“${said}”); the sync tries again. Is there a proxy in between?`,
			said,
		);
	}

	/** Wrap what the googleapis client threw (a GaxiosError, or an error of the network or of the sign-in). */
	static from(error: unknown, context: CallContext): SheetsError {
		if (error instanceof SheetsError) return error;
		const { response, message } = error as { response?: ApiResponse; message?: string };
		const where = context.endpoint ?? 'Google Sheets';
		const cause = { cause: error };
		if (response?.status === undefined) {
			return new SheetsError(
				`Cannot reach ${where}: ${message ?? String(error)}.`,
				message ?? '',
				undefined,
				undefined,
				cause,
			);
		}
		const { status } = response;
		const body = response.data;
		const said = (typeof body === 'object' && body?.error && errorText(body)) || message || `HTTP ${status}`;
		return new SheetsError(sentence(status, said, where, context), said, status, retryAfter(response), cause);
	}
}

interface ApiResponse {
	status?: number;
	/** Of the fetch standard, though not always of the global class. */
	headers?: { get(name: string): string | null };
	data?: ErrorBody | string;
}

/** The API's own form, or that of Google's sign-in. */
interface ErrorBody {
	error?: { message?: string } | string;
	error_description?: string;
}

function errorText({ error, error_description }: ErrorBody): string | undefined {
	return typeof error === 'string'
		? `${error}${error_description ? `: ${error_description}` : ''}`
		: error?.message;
}

function sentence(
	status: number,
	said: string,
	where: string,
	{ spreadsheetId, authorization }: CallContext,
): string {
	const account = authorization.account ?? 'the account of the credentials';
	if (status === 401 || /invalid_grant|invalid_client/.test(said)) {
		return `${where} does not accept the credentials (${said}); look at the credentials file or the token that is configured.`;
	}
	if (status === 403) {
		return `${where} refuses access to the spreadsheet ${spreadsheetId} (${said}); share it with ${account} as an editor.`;
	}
	if (status === 404) return `${where} has no spreadsheet ${spreadsheetId}; look at the id in its address.`;
	if (status === 429) return `${where} says that its quota is used up (${said}); the sync waits.`;
	if (status >= 500) return `${where} failed (${status}: ${said}); the sync tries again.`;
	return `${where} refused a request (${status}: ${said}).`;
}

/** `Retry-After` is a number of seconds or a date (RFC 9110, 10.2.3). */
function retryAfter({ headers }: ApiResponse): number | undefined {
	const value = headers?.get('retry-after');
	if (value === null || value === undefined) return undefined;
	const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
	return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}
