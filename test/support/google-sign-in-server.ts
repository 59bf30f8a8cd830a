import { createVerify, generateKeyPairSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import type { Fault } from './faulty-server.ts';
import { FaultyServer } from './faulty-server.ts';

/**
 * Google's sign-in at the wire, for one service account and one refresh token: it checks the assertion's signature and times
 * (RFC 7523, https://developers.google.com/identity/protocols/oauth2/service-account#httprest), and gives tokens, of which the
 * last one is accepted until it is taken back.
 */
export class GoogleSignInServer {
	readonly #server = new FaultyServer(({ body }) => this.#answer(new URLSearchParams(body.toString())));
	readonly #keys = generateKeyPairSync('rsa', {
		modulusLength: 2048,
		publicKeyEncoding: { type: 'spki', format: 'pem' },
		privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
	});
	#token: string | undefined;
	/** How many sign-ins there were. */
	get count(): number {
		return this.#server.exchanges.length;
	}
	/** What fails about the next sign-ins. */
	fault: Fault | undefined;
	/** By how many seconds its clock is ahead. */
	skewSeconds = 0;

	static async start(t: { teardown(run: () => Promise<void>): void }): Promise<GoogleSignInServer> {
		const one = new GoogleSignInServer();
		one.#server.fault = () => one.fault;
		await one.#server.listen();
		t.teardown(() => one.#server.close());
		return one;
	}

	get tokenUri(): string {
		return `${this.#server.url}token`;
	}

	/** What was asked that Google does not know. */
	get complaints(): readonly string[] {
		return this.#server.complaints;
	}

	/** Writes the JSON key of the service account. */
	async writeServiceAccount(file: string): Promise<string> {
		const { privateKey: private_key } = this.#keys;
		const key = { type: 'service_account', client_email: 'bot@project.example', private_key };
		await writeFile(file, JSON.stringify({ ...key, token_uri: this.tokenUri }));
		return file;
	}

	/** Writes an OAuth client with its refresh token. */
	async writeRefreshToken(file: string): Promise<string> {
		const client = { client_id: 'client', client_secret: 'hidden', refresh_token: 'consent' };
		await writeFile(file, JSON.stringify({ ...client, token_uri: this.tokenUri }));
		return file;
	}

	/** Whether a request with this header is let in. */
	accepts(authorization: string | undefined): boolean {
		return this.#token !== undefined && authorization === `Bearer ${this.#token}`;
	}

	/** The token that was given last is not accepted any more, though its hour is not over. */
	takeBack(): void {
		this.#token = undefined;
	}

	#answer(form: URLSearchParams) {
		const grant = form.get('grant_type');
		let refused: string | undefined;
		if (grant === 'urn:ietf:params:oauth:grant-type:jwt-bearer')
			refused = this.#wrongAssertion(form.get('assertion') ?? '');
		else if (grant !== 'refresh_token') throw new Error(`grant type ${grant}`);
		else if (form.get('refresh_token') !== 'consent') refused = 'Token has been expired or revoked.';
		if (refused !== undefined) return json(400, { error: 'invalid_grant', error_description: refused });
		this.#token = `token-${this.count}`;
		return json(200, { access_token: this.#token, expires_in: 3599, token_type: 'Bearer' });
	}

	#wrongAssertion(assertion: string): string | undefined {
		const [header = '', claims = '', signature = ''] = assertion.split('.');
		const verifier = createVerify('RSA-SHA256').update(`${header}.${claims}`);
		if (!verifier.verify(this.#keys.publicKey, signature, 'base64url')) return 'Invalid JWT Signature.';
		const { iss, aud, scope, iat, exp } = JSON.parse(Buffer.from(claims, 'base64url').toString());
		if (aud !== this.tokenUri || iss !== 'bot@project.example' || !/spreadsheets$/.test(scope))
			throw new Error(`claims ${JSON.stringify({ aud, iss, scope })}`);
		const now = Date.now() / 1000 + this.skewSeconds;
		return iat <= now + 300 && exp > now && exp - iat <= 3600
			? undefined
			: 'Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim.';
	}
}

function json(status: number, body: object) {
	return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}
