import type { FastifyReply, FastifyRequest } from 'fastify';

/** With the prefix a browser takes the cookie over TLS only, for this host only, and no subdomain can set it (RFC 6265bis). */
const NAMES = { secure: '__Host-cutsheet', plain: 'cutsheet' } as const;

/** The secret of the request's session; undefined without a cookie. */
export function sessionSecret(request: FastifyRequest): string | undefined {
	return request.cookies[cookieName(request)];
}

/**
 * Hands the browser its session. `Lax`, not `Strict`: a link in the sheet to an event's page must find its reader signed
 * in. (That other sites can do nothing is not left to this: see same-origin.ts.)
 */
export function setSessionCookie(
	request: FastifyRequest,
	reply: FastifyReply,
	secret: string,
	days: number,
): void {
	reply.setCookie(cookieName(request), secret, { ...options(request), maxAge: days * 86_400 });
}

export function clearSessionCookie(request: FastifyRequest, reply: FastifyReply): void {
	reply.clearCookie(cookieName(request), options(request));
}

function options(request: FastifyRequest) {
	return { path: '/', httpOnly: true, secure: isSecure(request), sameSite: 'lax' } as const;
}

function cookieName(request: FastifyRequest): string {
	return isSecure(request) ? NAMES.secure : NAMES.plain;
}

/** Whether the browser speaks TLS: with a proxy in between as that one says (`web.trustProxy`). */
export function isSecure(request: FastifyRequest): boolean {
	return request.protocol === 'https';
}
