import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ExecutionContext } from 'ava';
import Provider from 'oidc-provider';

/** A person at the provider, by their subject. */
export interface ProviderPerson {
	email?: string;
	email_verified?: boolean;
	name?: string;
}

export interface TestProvider {
	issuer: string;
	clientId: string;
	clientSecret: string;
	/** Goes through the provider's own pages as that person, from the address that they are sent to, back to our address. */
	visit(address: string, subject: string): Promise<string>;
	/** The same, but the person declines. */
	decline(address: string): Promise<string>;
}

/** A real OpenID Connect provider with pages of its own (those for development), over HTTP. */
export async function startProvider(
	t: Pick<ExecutionContext, 'teardown'>,
	people: Record<string, ProviderPerson>,
	redirectUri: string,
): Promise<TestProvider> {
	const server = createServer();
	await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
	const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
	const client = { clientId: 'cutsheet', clientSecret: 'a secret of the test' };
	const provider = new Provider(issuer, {
		clients: [
			{
				client_id: client.clientId,
				client_secret: client.clientSecret,
				token_endpoint_auth_method: 'client_secret_post',
				redirect_uris: [redirectUri],
			},
		],
		claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
		pkce: { required: () => true },
		cookies: { keys: ['a key of the test'] },
		findAccount: (_context, subject) => ({
			accountId: subject,
			claims: async () => ({ sub: subject, ...people[subject] }),
		}),
	});
	server.on('request', provider.callback());
	t.teardown(() => stop(server));
	return {
		issuer,
		...client,
		visit: (address, subject) => walk(issuer, address, subject),
		decline: (address) => walk(issuer, address, undefined),
	};
}

function stop(server: Server): Promise<unknown> {
	server.closeAllConnections();
	return new Promise((stopped) => server.close(stopped));
}

/** A browser's part, as far as the provider's pages need one: cookies, redirects, and the forms that they show. */
async function walk(issuer: string, address: string, subject: string | undefined): Promise<string> {
	const cookies = new Map<string, string>();
	let next: string | undefined = address;
	let form: { action: string; fields: Record<string, string> } | undefined;
	for (let step = 0; step < 20; step++) {
		if (next !== undefined && !next.startsWith(issuer)) return next;
		const answer: Response = await fetch(form?.action ?? next!, {
			redirect: 'manual',
			headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
			...(form && { method: 'POST', body: new URLSearchParams(form.fields) }),
		});
		for (const cookie of answer.headers.getSetCookie()) {
			const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
			cookies.set(name, value);
		}
		form = undefined;
		const place = answer.headers.get('location');
		next = place === null ? undefined : new URL(place, issuer).href;
		if (next !== undefined) continue;
		const page = await answer.text();
		const action = /<form[^>]*action="([^"]+)"/.exec(page)?.[1];
		const abort = /href="([^"]*\/abort)"/.exec(page)?.[1];
		if (action === undefined || abort === undefined) throw new Error(`The provider shows: ${page}`);
		if (subject === undefined) next = new URL(abort, issuer).href;
		else {
			const prompt = /name="prompt" value="([^"]+)"/.exec(page)?.[1] ?? '';
			form = { action: new URL(action, issuer).href, fields: { prompt, login: subject, password: 'any' } };
		}
	}
	throw new Error('The provider does not come to an end.');
}
