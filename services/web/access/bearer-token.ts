import type { FastifyRequest } from 'fastify';

/** The token that a program sends as `Authorization: Bearer TOKEN` (RFC 6750); undefined without one. */
export function bearerToken(request: FastifyRequest): string | undefined {
	return /^bearer +(\S+) *$/i.exec(request.headers.authorization ?? '')?.[1];
}
