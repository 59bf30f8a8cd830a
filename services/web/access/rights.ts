/** Who may what: roles, the scopes of tokens, and what a route says of itself. Pure. */

/** In order: each may all that those before it may. */
export const ROLES = ['viewer', 'editor', 'operator', 'admin'] as const;
export type Role = (typeof ROLES)[number];

/** What a route demands: a role or more; `anyone` needs no sign-in. */
export type Access = 'anyone' | Role;

/**
 * What a token may be used for, as far as the role of its account allows it. A request that changes nothing needs `read`;
 * one that does needs `write`; the route of accounts and tokens need `admin`.
 */
export const SCOPES = ['read', 'write', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

/** Who a request is from. */
export interface Account {
	id: string;
	/** Unique among the accounts, and what the history shows. */
	name: string;
	role: Role;
	how: 'session' | 'token';
	/** Of the session or the token: which one this is. */
	credential: string;
	/** Of a token; a session may all that its account may. */
	scopes: readonly Scope[];
}

declare module 'fastify' {
	interface FastifyContextConfig {
		/** Who may use the route. Every route says so: one that does not is refused at start-up. */
		access?: Access;
		/** What a token needs for it. Default: `read` for GET and HEAD, `write` for the rest. */
		scope?: Scope;
		/** A page for people: who is not signed in is led to the sign-in instead of being refused. */
		page?: true;
	}
	interface FastifyRequest {
		/** Who asks; null for nobody who is known. */
		account: Account | null;
	}
}

export const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Whether a role is at least another. */
export function mayActAs(role: Role, demanded: Role): boolean {
	return ROLES.indexOf(role) >= ROLES.indexOf(demanded);
}

/** The scope that a token needs for a route. */
export function demandedScope(method: string, config: { access?: Access; scope?: Scope }): Scope {
	return config.scope ?? (SAFE_METHODS.has(method) ? 'read' : 'write');
}

/** Why this account may not use a route; undefined when it may. */
export function refusal(
	account: Account | null,
	method: string,
	config: { access?: Access; scope?: Scope },
): { status: 401 | 403; sentence: string } | undefined {
	const { access } = config;
	if (access === 'anyone') return undefined;
	if (account === null)
		return { status: 401, sentence: 'You are not signed in, or no longer. Sign in and try again.' };
	if (access === undefined || !mayActAs(account.role, access)) {
		const sentence = `This takes the role ${access ?? 'of nobody'}; “${account.name}” has the role ${account.role}. An admin can change that.`;
		return { status: 403, sentence };
	}
	const scope = demandedScope(method, config);
	if (account.how === 'token' && !account.scopes.includes(scope)) {
		return { status: 403, sentence: `This token may not be used for that: it lacks the scope ${scope}.` };
	}
	return undefined;
}
