/**
 * Signing in at Google: a service account's signed assertion (RFC 7523) or a refresh token (RFC 6749, 6), each for an access
 * token that lasts an hour. Google's client does both, and is told here what it leaves open: to give up where no answer
 * comes, and not to try again by itself, which is for the sync's own back-off.
 */
import { auth } from 'googleapis/build/src/apis/sheets/index.js';
import { SignInError } from './sheets-error.ts';

const SCOPE = 'https://www.googleapis.com/auth/spreadsheets';
const GOOGLE_TOKEN_URI = 'https://oauth2.googleapis.com/token';

type Client = InstanceType<typeof auth.JWT> | InstanceType<typeof auth.OAuth2>;

/** The longest that a sign-in, or a request, may take unless configured. */
export const TIMEOUT_SECONDS = 60;

export interface SignIn {
	/** The headers of the next request; signs in first where that is needed. */
	headers: () => Promise<Record<string, string>>;
	/** The API did not take those headers: the next ones are of a new sign-in. */
	renew: () => void;
}

interface Where {
	/** Where to sign in, when that is not Google's. */
	tokenUri?: string;
	timeoutSeconds?: number;
}

/** Signs in as a service account. `key` is its private key as PEM. */
export function serviceAccountSignIn({
	email,
	key,
	tokenUri = GOOGLE_TOKEN_URI,
	timeoutSeconds,
}: Where & { email: string; key: string }): SignIn {
	const client = new auth.JWT({
		email,
		key,
		scopes: [SCOPE],
		additionalClaims: { aud: tokenUri },
		transporterOptions: limits(timeoutSeconds),
	});
	return signIn(client, tokenUri, { refresh_token: 'none' });
}

/** Signs in as the person whose consent gave the refresh token. */
export function oauthSignIn({
	clientId,
	clientSecret,
	refreshToken,
	tokenUri = GOOGLE_TOKEN_URI,
	timeoutSeconds,
}: Where & { clientId: string; clientSecret: string; refreshToken: string }): SignIn {
	const client = new auth.OAuth2({ clientId, clientSecret, transporterOptions: limits(timeoutSeconds) });
	return signIn(client, tokenUri, { refresh_token: refreshToken });
}

/** @param without what the client holds before its first sign-in */
function signIn(client: Client, tokenUri: string, without: { refresh_token: string }): SignIn {
	const signedOut = () => client.setCredentials({ ...without, expiry_date: 1 });
	signedOut();
	client.transporter.interceptors.request.add({
		resolved: async (request) =>
			Object.assign(request, { url: new URL(tokenUri), retry: false, retryConfig: undefined }),
	});
	return {
		async headers() {
			let authorization: string | null;
			try {
				authorization = (await client.getRequestHeaders()).get('authorization');
			} catch (error) {
				throw SignInError.at(tokenUri, error);
			}
			if (typeof client.credentials.access_token !== 'string' || authorization === null) {
				signedOut();
				throw new SignInError(
					`Google’s sign-in (${tokenUri}) answered without a token; the sync tries again. Is there a proxy in between?`,
					'no token',
				);
			}
			return { authorization };
		},
		renew: signedOut,
	};
}

function limits(timeoutSeconds: number = TIMEOUT_SECONDS) {
	return { timeout: timeoutSeconds * 1000, redirect: 'manual' } as const;
}
