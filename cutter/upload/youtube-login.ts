import { readFile } from 'node:fs/promises';
import { exchange } from './http-exchange.ts';
import { UploadError } from './location.ts';
import { again, Interrupted, type Patience } from './try-again.ts';

/** What an owner's consent left us with (RFC 6749, section 6). All of it secret. */
interface Credentials {
	client_id: string;
	client_secret: string;
	refresh_token: string;
	/** Where tokens are refreshed; Google's unless told. */
	token_uri: string;
}

/** A token for the API. `expiry_date` in milliseconds since 1970, as Google's client library has it. */
export interface AccessToken {
	access_token: string;
	expiry_date: number;
}

/** Reads the credentials of a channel's owner. Rejects with a sentence, which never quotes the file. */
export async function readCredentials(place: string, file: string): Promise<Credentials> {
	const text = await readFile(file, 'utf8').catch((error: Error) => {
		throw new UploadError(`${place}: its credentials cannot be read: ${error.message}.`);
	});
	let found: Record<string, unknown>;
	try {
		found = Object(JSON.parse(text));
	} catch {
		throw new UploadError(`${place}: its credentials, ${file}, are not JSON.`);
	}
	const {
		client_id,
		client_secret,
		refresh_token,
		token_uri = 'https://oauth2.googleapis.com/token',
	} = found;
	if (
		typeof client_id !== 'string' ||
		typeof client_secret !== 'string' ||
		typeof refresh_token !== 'string' ||
		typeof token_uri !== 'string' ||
		!URL.canParse(token_uri)
	) {
		throw new UploadError(
			`${place}: its credentials, ${file}, must hold client_id, client_secret and refresh_token as texts.`,
		);
	}
	return { client_id, client_secret, refresh_token, token_uri };
}

/**
 * Asks for an access token. Not left to Google's library, which waits for an answer without end and tries again for half a
 * minute.
 */
export async function refreshAccessToken(
	place: string,
	{ token_uri, ...credentials }: Credentials,
	patience: Patience,
): Promise<AccessToken> {
	const body = new URLSearchParams({ ...credentials, grant_type: 'refresh_token' }).toString();
	const headers = { 'content-type': 'application/x-www-form-urlencoded' };
	const answer = await again(patience, async () => {
		const got = await exchange(place, { method: 'POST', url: new URL(token_uri), headers, body }, patience);
		if (got.status >= 500) throw new Interrupted(`${place}: the login failed (${got.status}).`);
		return got;
	});
	if (answer.status !== 200) {
		throw new UploadError(
			`${place}: its credentials were revoked or are wrong (${answer.status}). Authorize the account again.`,
		);
	}
	const { access_token, expires_in } = JSON.parse(answer.text) as Record<string, unknown>;
	if (typeof access_token !== 'string') throw new UploadError(`${place}: the login gave no token.`);
	return { access_token, expiry_date: Date.now() + Number(expires_in ?? 3600) * 1000 };
}
