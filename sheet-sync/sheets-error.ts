/** What went wrong between us and the Sheets API, as a sentence that says what to do. */

export interface CallContext {
	spreadsheetId: string;
	endpoint?: string | undefined;
	authorization: { account?: string; renew?: () => void };
}

export class SheetsError extends Error {
	override readonly name: string = 'SheetsError';
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

	/** Wrap what the googleapis client threw (a GaxiosError, or an error of the network). */
	static from(error: unknown, context: CallContext): SheetsError {
		if (error instanceof SheetsError) return error;
		const where = context.endpoint ?? 'Google Sheets';
		const { response } = error as ClientError;
		if (response?.status === undefined) {
			const [problem, heard] = SheetsError.unreached(error as ClientError, where);
			return new SheetsError(problem, heard, undefined, undefined, { cause: error });
		}
		const said = whatWasSaid(error as ClientError);
		const { status } = response;
		return new SheetsError(sentence(response, said, where, context), said, status, retryAfter(response), {
			cause: error,
		});
	}

	/** What a request came to that got no answer. */
	protected static unreached(error: ClientError, where: string): [sentence: string, said: string] {
		const { code, config, message = String(error) } = error;
		const said = message.replace(/^request to \S+ failed, reason: /, '').trim();
		let problem = `Cannot reach ${where}: ${said}.`;
		if (code === 'TimeoutError') {
			const seconds = (config?.timeout ?? 0) / 1000;
			problem = `${where} gave no whole answer within ${seconds} s; the sync tries again.`;
		} else if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
			problem = `Cannot reach ${where}: its name cannot be looked up (${said}); look at this machine’s network and DNS.`;
		} else if (/^(?:CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|ERR_TLS|ERR_SSL|EPROTO)/.test(String(code))) {
			problem = `Cannot reach ${where} safely (${said}); is there a proxy in between, or is this machine’s clock wrong?`;
		}
		return [problem, said];
	}
}

/** No request of the API was made, as there was no sign-in at Google's: a refused sign-in is no refused cell. */
export class SignInError extends SheetsError {
	override readonly name = 'SignInError';

	/** Wrap what a sign-in at this address threw. */
	static at(uri: string, error: unknown): SignInError {
		const place = `Google’s sign-in (${uri})`;
		const cause = { cause: error };
		const { response } = error as ClientError;
		if (response?.status === undefined) {
			return new SignInError(
				...SheetsError.unreached(error as ClientError, place),
				undefined,
				undefined,
				cause,
			);
		}
		const said = whatWasSaid(error as ClientError);
		const { status } = response;
		const refused = status >= 400 && status < 500 && status !== 429;
		const advice = /iat and exp|timeframe/i.test(said)
			? 'set the clock of this machine right'
			: 'look at the credentials file that is configured, or make a new one';
		const message = refused
			? `${place} does not accept the credentials (${said}); ${advice}.`
			: `${place} failed (${status}: ${said}); the sync tries again.`;
		return new SignInError(message, said, undefined, retryAfter(response), cause);
	}
}

/** Of the client: with `response` when an answer came. */
interface ClientError {
	message?: string;
	code?: string | number;
	config?: { timeout?: number };
	response?: ApiResponse;
}

interface ApiResponse {
	status: number;
	/** Of the fetch standard, though not always of the global class. */
	headers?: { get(name: string): string | null };
	data?: ErrorBody | string;
}

/** The API's own form, or that of Google's sign-in. */
interface ErrorBody {
	error?: { message?: string } | string;
	error_description?: string;
}

/** The API's own words, else those of the client. */
function whatWasSaid({ response, message }: ClientError): string {
	const body = response?.data;
	const said = typeof body === 'object' && body?.error ? errorText(body) : undefined;
	return said || message || `HTTP ${response?.status}`;
}

function errorText({ error, error_description }: ErrorBody): string | undefined {
	return typeof error === 'string'
		? `${error}${error_description ? `: ${error_description}` : ''}`
		: error?.message;
}

function sentence(
	{ status, headers }: ApiResponse,
	said: string,
	where: string,
	{ spreadsheetId, authorization }: CallContext,
): string {
	const account = authorization.account ?? 'the account of the credentials';
	if (status >= 300 && status < 400) {
		const elsewhere = headers?.get('location') ?? 'without an address';
		return `${where} sends us elsewhere (${status}, ${elsewhere}); is there a proxy in between, or a network that wants a sign-in?`;
	}
	if (status === 401) {
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
