/** Signing in to the Sheets API, with a credentials file as Google hands it out. */
import { readFile } from 'node:fs/promises';
import { auth } from 'googleapis/build/src/apis/sheets/index.js';

const SCOPE = 'https://www.googleapis.com/auth/spreadsheets';

type GoogleAuth = InstanceType<typeof auth.JWT> | InstanceType<typeof auth.OAuth2>;

export interface SheetsAuthorization {
	/** Absent: requests carry no credentials. */
	auth?: GoogleAuth;
	/** The e-mail address that the spreadsheet must be shared with. */
	account?: string;
}

/**
 * Read a credentials file: either the JSON key of a service account (with `client_email` and `private_key`), or an OAuth
 * client with a refresh token (`client_id`, `client_secret`, `refresh_token`).
 *
 * @throws Error with a sentence that names the file and what it lacks; never with any of its content
 */
export async function readCredentials(file: string): Promise<SheetsAuthorization> {
	let content: Record<string, unknown>;
	try {
		content = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;
	} catch (error) {
		// A JSON syntax error quotes the text, and so perhaps a secret.
		const why = (error as NodeJS.ErrnoException).code ?? 'it is not JSON';
		throw new Error(`Cannot read the Google credentials in ${file} (${why}).`);
	}
	const { client_email: email, private_key: key, client_id: clientId, client_secret: clientSecret } = content;
	const { refresh_token: refreshToken } = content;
	if (isText(email) && isText(key))
		return { auth: new auth.JWT({ email, key, scopes: [SCOPE] }), account: email };
	if (isText(clientId) && isText(clientSecret) && isText(refreshToken)) {
		const client = new auth.OAuth2({ clientId, clientSecret });
		client.setCredentials({ refresh_token: refreshToken });
		return { auth: client };
	}
	throw new Error(
		`The Google credentials in ${file} are neither the key of a service account (client_email, private_key) ` +
			'nor an OAuth client with a refresh token (client_id, client_secret, refresh_token).',
	);
}

/** A fixed token, such as the local sheet may ask for. */
export function bearerToken(token: string): SheetsAuthorization {
	const client = new auth.OAuth2();
	client.setCredentials({ access_token: token });
	return { auth: client };
}

function isText(value: unknown): value is string {
	return typeof value === 'string' && value !== '';
}
