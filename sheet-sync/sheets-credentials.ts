/** What lets requests into a spreadsheet: a credentials file as Google hands it out, or a fixed token. */
import { createPrivateKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { oauthSignIn, type SignIn, serviceAccountSignIn } from './google-sign-in.ts';

/** Without `headers` requests carry no credentials; without `renew` there are no others than these. */
export interface SheetsAuthorization extends Partial<SignIn> {
	/** The e-mail address that the spreadsheet must be shared with. */
	account?: string;
}

/** Where credentials come from: at most one of the two. */
export interface SheetsCredentials {
	/** A JSON file: the key of a service account, or an OAuth client with a refresh token. */
	credentialsFile?: string;
	/** For a local sheet that asks for one. */
	token?: string;
	/** Seconds after which a sign-in without an answer is given up. */
	timeoutSeconds?: number;
}

/**
 * The authorization for a spreadsheet.
 *
 * @param isOpen whether there may be none, as of a local sheet
 * @throws Error with a sentence, when credentials are missing or cannot be used
 */
export async function authorize(
	{ credentialsFile, token, timeoutSeconds }: SheetsCredentials,
	isOpen: boolean,
): Promise<SheetsAuthorization> {
	if (token !== undefined) return { headers: async () => ({ authorization: `Bearer ${token}` }) };
	if (credentialsFile !== undefined) return readCredentials(credentialsFile, timeoutSeconds);
	if (isOpen) return {};
	throw new Error('Google Sheets needs credentials: configure the file that holds them.');
}

/**
 * Read a credentials file: either the JSON key of a service account (with `client_email` and `private_key`), or an OAuth
 * client with a refresh token (`client_id`, `client_secret`, `refresh_token`). A `token_uri` says where to sign in, if not
 * at Google's.
 *
 * @throws Error with a sentence that names the file and what it lacks; never with any of its content
 */
export async function readCredentials(file: string, timeoutSeconds?: number): Promise<SheetsAuthorization> {
	let content: Record<string, unknown>;
	try {
		content = Object(JSON.parse(await readFile(file, 'utf8')));
	} catch (error) {
		// A JSON syntax error quotes the text, and so perhaps a secret.
		const why = (error as NodeJS.ErrnoException).code ?? 'it is not JSON';
		throw new Error(`Cannot read the Google credentials in ${file} (${why}).`);
	}
	const { client_email: email, private_key: key, client_id: clientId, client_secret: clientSecret } = content;
	const { refresh_token: refreshToken, token_uri: tokenUri } = content;
	if (tokenUri !== undefined && !(isText(tokenUri) && URL.canParse(tokenUri)))
		throw new Error(`The token_uri of the Google credentials in ${file} is no URL.`);
	const where = { ...(tokenUri !== undefined && { tokenUri }), ...(timeoutSeconds && { timeoutSeconds }) };
	if (isText(email) && isText(key)) {
		demandKey(key, file);
		return { ...serviceAccountSignIn({ email, key, ...where }), account: email };
	}
	if (isText(clientId) && isText(clientSecret) && isText(refreshToken))
		return oauthSignIn({ clientId, clientSecret, refreshToken, ...where });
	throw new Error(
		`The Google credentials in ${file} are neither the key of a service account (client_email, private_key) ` +
			'nor an OAuth client with a refresh token (client_id, client_secret, refresh_token).',
	);
}

/** Found out now, and not by every sign-in. */
function demandKey(key: string, file: string): void {
	try {
		createPrivateKey(key);
	} catch {
		throw new Error(
			`The private_key of the Google credentials in ${file} is no key; copy the file anew as Google handed it out.`,
		);
	}
}

function isText(value: unknown): value is string {
	return typeof value === 'string' && value !== '';
}
