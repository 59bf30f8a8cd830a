import type { FastifyRequest } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import {
	accountByEmail,
	accountByIdentity,
	accountByName,
	createAccount,
	hasAccounts,
	type Identity,
	linkAccount,
} from '../../../db/access/accounts.ts';
import { openSession } from '../../../db/access/sessions.ts';
import { asActor } from '../../../db/actor.ts';
import type { Db } from '../../../db/connect.ts';
import type { WebOptions } from '../options.ts';
import { Problem, refusals } from '../problem.ts';
import { type Admission, admit, type Claims } from './admit.ts';
import { localPath } from './local-path.ts';
import { OidcClient } from './oidc-client.ts';
import type { OidcProvider } from './oidc-schema.ts';
import { isSecure, setSessionCookie } from './session-cookie.ts';

/** So long a person may take at the provider. */
const PENDING_SECONDS = 600;

const pendingSchema = z.object({
	provider: z.string(),
	state: z.string(),
	nonce: z.string(),
	verifier: z.string(),
	next: z.string(),
});

const byProvider = z.object({ provider: z.string() });

/** Signing in with a provider: to it, and back. */
export const oidcRoutes: FastifyPluginAsyncZod<WebOptions> = async (app, { db, config, log }) => {
	const { signIn: providers, publicUrl, sessionDays, sessionIdleHours } = config.web;
	const clients = new Map(Object.entries(providers).map(([id, one]) => [id, new OidcClient(id, one)]));

	const chosen = (id: string): { provider: OidcProvider; client: OidcClient } => {
		const [provider, client] = [Object.hasOwn(providers, id) ? providers[id] : undefined, clients.get(id)];
		if (!provider || !client) throw new Problem(404, 'There is no such provider to sign in with.');
		return { provider, client };
	};
	const address = (request: FastifyRequest, id: string) =>
		`${publicUrl?.replace(/\/$/, '') ?? `${request.protocol}://${request.host}`}/api/sign-in/${id}/callback`;

	app.get(
		'/api/sign-in',
		{
			config: { access: 'anyone' },
			schema: {
				response: {
					200: z.object({
						providers: z.array(z.object({ id: z.string(), title: z.string() })),
						accounts: z.boolean().describe('false: nobody can sign in yet, an admin has to be made first.'),
					}),
					...refusals,
				},
			},
		},
		async () => ({
			providers: Object.entries(providers).map(([id, { title = id }]) => ({ id, title })),
			accounts: await hasAccounts(db),
		}),
	);

	app.get(
		'/api/sign-in/:provider',
		{
			config: { access: 'anyone' },
			schema: {
				params: byProvider,
				querystring: z.object({ next: z.string().max(500).default('/') }),
				response: refusals,
			},
		},
		async (request, reply) => {
			const id = request.params.provider;
			const { client } = chosen(id);
			const { url, pending } = await client.begin(address(request, id)).catch((err) => {
				log.error({ err, provider: id }, 'a sign-in provider cannot be asked');
				throw new Problem(
					503,
					'The provider does not answer. Try again in a minute, or sign in with a password.',
				);
			});
			const kept = JSON.stringify({ ...pending, provider: id, next: request.query.next });
			reply.setCookie(pendingCookie(request), kept, { ...cookieOptions(request), maxAge: PENDING_SECONDS });
			return reply.redirect(url.href, 303);
		},
	);

	app.get(
		'/api/sign-in/:provider/callback',
		{
			config: { access: 'anyone' },
			schema: { params: byProvider, querystring: z.looseObject({}), response: refusals },
		},
		async (request, reply) => {
			const id = request.params.provider;
			const { provider, client } = chosen(id);
			const name = pendingCookie(request);
			const pending = readPending(request.cookies[name]);
			reply.clearCookie(name, cookieOptions(request));
			const back = (why: string) => reply.redirect(`/sign-in?refused=${why}`, 303);
			if (pending?.provider !== id) return back('expired');
			if ('error' in request.query) return back('denied');
			const query = request.url.slice(request.url.indexOf('?'));
			const claims = await client.complete(new URL(address(request, id) + query), pending).catch((err) => {
				log.warn({ err, provider: id, address: request.ip }, 'a sign-in with a provider failed');
				return undefined;
			});
			if (claims === undefined) return back('failed');
			const admission = await enter(db, id, provider, claims);
			if (admission.kind === 'refused') {
				log.warn({ provider: id, why: admission.why, address: request.ip }, 'a sign-in was refused');
				return back(admission.why);
			}
			const secret = await openSession(db, {
				accountId: admission.id,
				idleHours: sessionIdleHours,
				days: sessionDays,
				address: request.ip,
				agent: request.headers['user-agent'] ?? '',
			});
			setSessionCookie(request, reply, secret, sessionDays);
			return reply.redirect(localPath(pending.next), 303);
		},
	);
};

/** Lets the person in, or says why not: finds, links or makes the account. */
async function enter(
	db: Db,
	id: string,
	provider: OidcProvider,
	claims: Claims,
): Promise<{ kind: 'entered'; id: string } | Extract<Admission, { kind: 'refused' }>> {
	const identity: Identity = { issuer: provider.issuer, subject: claims.subject };
	const linked = await accountByIdentity(db, identity);
	const invited = claims.email === undefined ? undefined : await accountByEmail(db, claims.email);
	const admission = admit(provider, claims, linked, invited);
	switch (admission.kind) {
		case 'refused':
			return admission;
		case 'known':
			return { kind: 'entered', id: admission.id };
		case 'link':
			if (!(await asActor(db, `sign-in with ${id}`, (trx) => linkAccount(trx, admission.id, identity)))) {
				return { kind: 'refused', why: 'unknown' };
			}
			return { kind: 'entered', id: admission.id };
		case 'create': {
			const { role, email } = admission;
			const name = await freeName(db, admission.name);
			const made = await asActor(db, `sign-in with ${id}`, (trx) =>
				createAccount(trx, { name, role, email, identity }),
			);
			return { kind: 'entered', id: made };
		}
	}
}

/** The name, with a number when somebody else has it. */
async function freeName(db: Db, wanted: string): Promise<string> {
	let name = wanted;
	for (let number = 2; (await accountByName(db, name)) !== undefined; number++) name = `${wanted} ${number}`;
	return name;
}

function readPending(cookie: string | undefined): z.output<typeof pendingSchema> | undefined {
	try {
		return pendingSchema.safeParse(JSON.parse(cookie ?? '')).data;
	} catch {
		return undefined;
	}
}

function pendingCookie(request: FastifyRequest): string {
	return isSecure(request) ? '__Host-cutsheet-sign-in' : 'cutsheet-sign-in';
}

function cookieOptions(request: FastifyRequest) {
	return { path: '/', httpOnly: true, secure: isSecure(request), sameSite: 'lax' } as const;
}
