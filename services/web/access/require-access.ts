import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Problem } from '../problem.ts';
import type { Access, Account, Scope } from './rights.ts';
import { demandedScope, refusal } from './rights.ts';
import { refuseOtherSites } from './same-origin.ts';

/** How often it is asked whether a person may still have what is being answered. */
const RECHECK_MS = 20_000;

/** A route and who may use it. */
export interface RouteRight {
	method: string;
	/** With its parameters as `:name`. */
	url: string;
	access: Access;
	/** What a token needs for it. */
	scope: Scope;
}

declare module 'fastify' {
	interface FastifyInstance {
		/** Asks the database who a request is from, now. */
		identify: AccessOptions['identify'];
		/** Every route that is registered, and who may use it. */
		rights: RouteRight[];
	}
}

export interface AccessOptions {
	/** Tells who a request is from; null when that is nobody who is known. */
	identify: (request: FastifyRequest) => Promise<Account | null>;
	/** Where browsers find this service, when that is not what they ask for (a proxy in between). */
	publicUrl: string | undefined;
}

/**
 * Lets nothing through that its route does not allow (`config.access`). Call it before any route is registered.
 * @throws Error at start-up for a route that does not say who may use it
 */
export function requireAccess(app: FastifyInstance, { identify, publicUrl }: AccessOptions): void {
	app.decorate('rights', []);
	app.addHook('onRoute', ({ method, url, config }) => {
		if (config?.access === undefined) {
			throw new Error(`The route ${String(method)} ${url} does not say who may use it: config.access.`);
		}
		for (const one of [method].flat()) {
			app.rights.push({ method: one, url, access: config.access, scope: demandedScope(one, config) });
		}
	});
	app.decorateRequest('account', null);
	app.decorate('identify', identify);
	app.addHook('onRequest', async (request, reply) => {
		refuseOtherSites(request, publicUrl);
		request.account = await identify(request);
		if (request.is404) return;
		const { config } = request.routeOptions;
		const refused = refusal(request.account, request.method, config);
		if (refused === undefined) {
			if (config.access !== 'anyone') endWithTheRight(request, reply);
			return;
		}
		if (refused.status === 401 && config.page && /\btext\/html\b/.test(request.headers.accept ?? '')) {
			return reply.redirect(`/sign-in?next=${encodeURIComponent(request.url)}`, 303);
		}
		if (refused.status === 401) reply.header('www-authenticate', 'Bearer realm="cutsheet"');
		throw new Problem(refused.status, refused.sentence);
	});
}

/**
 * Who asks, on a route that is not for anyone.
 * @throws Problem 401 when nobody is signed in
 */
export function signedIn(request: FastifyRequest): Account {
	if (request.account === null) throw new Problem(401, 'You are not signed in, or no longer.');
	return request.account;
}

/**
 * Ends an answer that lasts longer than a moment, such as a stream of events, once the person is signed out, disabled or
 * has lost the role: a right counts as long as it is there, not as of when the page was opened.
 */
function endWithTheRight(request: FastifyRequest, reply: FastifyReply): void {
	const { raw } = reply;
	const timer = setInterval(async () => {
		// While the database cannot be asked, everybody stays.
		const account = await request.server.identify(request).catch(() => request.account);
		if (refusal(account, request.method, request.routeOptions.config) !== undefined) raw.destroy();
	}, RECHECK_MS).unref();
	raw.once('close', () => clearInterval(timer));
}
