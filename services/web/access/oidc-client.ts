/** The protocol's part of signing in with a provider (OpenID Connect Core 1.0, authorization code with PKCE). */
import * as oidc from 'openid-client';
import { readSecret } from '../../secret-files.ts';
import type { Claims } from './admit.ts';
import type { OidcProvider } from './oidc-schema.ts';

/** A provider that does not answer keeps nobody waiting for longer. */
const PATIENCE_SECONDS = 10;

/** What must come back from the provider as it was sent; kept in the person's browser meanwhile. */
export interface PendingSignIn {
	state: string;
	nonce: string;
	verifier: string;
}

export class OidcClient {
	readonly #id: string;
	readonly #provider: OidcProvider;
	#configuration: Promise<oidc.Configuration> | undefined;

	/** `id`: the provider's name in the configuration. Nothing is asked of it before somebody signs in. */
	constructor(id: string, provider: OidcProvider) {
		this.#id = id;
		this.#provider = provider;
	}

	/** Where to send the person, and what to hold against the answer. */
	async begin(redirectUri: string): Promise<{ url: URL; pending: PendingSignIn }> {
		const pending = {
			state: oidc.randomState(),
			nonce: oidc.randomNonce(),
			verifier: oidc.randomPKCECodeVerifier(),
		};
		const url = oidc.buildAuthorizationUrl(await this.#discovered(), {
			redirect_uri: redirectUri,
			scope: 'openid email profile',
			state: pending.state,
			nonce: pending.nonce,
			code_challenge: await oidc.calculatePKCECodeChallenge(pending.verifier),
			code_challenge_method: 'S256',
		});
		return { url, pending };
	}

	/** Who has come back. Rejects when anything about the answer is not as it must be. `url`: what the browser asked for. */
	async complete(url: URL, pending: PendingSignIn): Promise<Claims> {
		const configuration = await this.#discovered();
		const tokens = await oidc.authorizationCodeGrant(configuration, url, {
			expectedState: pending.state,
			expectedNonce: pending.nonce,
			pkceCodeVerifier: pending.verifier,
			idTokenExpected: true,
		});
		const claims = tokens.claims()!;
		// Many providers put the address into the ID token, others tell it only here (section 5.4).
		const said =
			claims.email === undefined
				? await oidc.fetchUserInfo(configuration, tokens.access_token, claims.sub)
				: claims;
		const confirmed = said.email_verified === true && typeof said.email === 'string';
		return {
			subject: claims.sub,
			email: confirmed ? String(said.email).toLowerCase() : undefined,
			name: typeof said.name === 'string' ? said.name : undefined,
		};
	}

	#discovered(): Promise<oidc.Configuration> {
		this.#configuration ??= this.#discover().catch((error) => {
			// Asked again next time: the provider may be back then.
			this.#configuration = undefined;
			throw error;
		});
		return this.#configuration;
	}

	async #discover(): Promise<oidc.Configuration> {
		const { issuer, clientId, clientSecretFile } = this.#provider;
		const secret =
			clientSecretFile === undefined
				? undefined
				: await readSecret(clientSecretFile, `web.signIn.${this.#id}.clientSecretFile`, process.env);
		return oidc.discovery(
			new URL(issuer),
			clientId,
			undefined,
			secret === undefined ? oidc.None() : oidc.ClientSecretPost(secret),
			{
				timeout: PATIENCE_SECONDS,
				// The schema allows an issuer without TLS on this machine only.
				execute: issuer.startsWith('http:') ? [oidc.allowInsecureRequests] : [],
			},
		);
	}
}
