/** Who may use the local sheet: the seam for a sign-in, and the two that it brings along. */
import { timingSafeEqual } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiError } from './api-error.ts';
import type { Author } from './history.ts';

/** Somebody who may read and edit. */
export interface Person {
	/** For the history of the cells; '' when it is not known. */
	name: string;
}

/** Tells who a request is from; undefined when it may not be served. */
export type Authenticate = (request: FastifyRequest) => Person | undefined | Promise<Person | undefined>;

/** The name of this machine and nothing else: what a browser sends when a page of ours asks, not a rebound one. */
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[?::1\]?)$/i;

export function isLoopback(host: string): boolean {
	return LOOPBACK.test(host);
}

/** Without a sign-in: everybody who asks this machine by a name of its own, and by the name that they say they have. */
export const openOnLoopback: Authenticate = (request) =>
	isLoopback(request.hostname) ? { name: basicCredentials(request)?.name ?? '' } : undefined;

/** One token for all: `Authorization: Bearer TOKEN`, or the password that a browser asks for beside a name of one's choice. */
export function tokenSignIn(token: string): Authenticate {
	return (request) => {
		const bearer = /^bearer (.*)$/is.exec(request.headers.authorization ?? '')?.[1];
		if (bearer !== undefined) return sameSecret(bearer, token) ? { name: '' } : undefined;
		const { name, password } = basicCredentials(request) ?? { name: '', password: '' };
		return sameSecret(password, token) ? { name } : undefined;
	};
}

/** What a browser sends after it has asked for name and password (RFC 7617). */
function basicCredentials(request: FastifyRequest): { name: string; password: string } | undefined {
	const given = /^basic (.*)$/is.exec(request.headers.authorization ?? '')?.[1] ?? '';
	const match = /^([^:]*):(.*)$/s.exec(Buffer.from(given, 'base64').toString());
	return match === null ? undefined : { name: match[1]!, password: match[2]! };
}

function sameSecret(given: string, secret: string): boolean {
	const a = Buffer.from(given);
	const b = Buffer.from(secret);
	return a.length === b.length && timingSafeEqual(a, b);
}

const people = new WeakMap<FastifyRequest, Person>();

/** @throws ApiError 401, with which a browser asks for name and token */
export async function requireSignIn(
	request: FastifyRequest,
	reply: FastifyReply,
	authenticate: Authenticate,
): Promise<void> {
	const person = await authenticate(request);
	if (person !== undefined) {
		people.set(request, person);
		return;
	}
	reply.header('www-authenticate', 'Basic realm="cutsheet local sheet", charset="UTF-8"');
	throw new ApiError(
		401,
		'UNAUTHENTICATED',
		'Request had invalid authentication credentials: the token is missing or wrong, or the address is not this machine’s.',
	);
}

/** Who the history names: a person by the name of the sign-in, else whether it was the page or a program. */
export function authorOf(request: FastifyRequest): Author {
	const header = request.headers['x-cutsheet-page'];
	const session = typeof header === 'string' && /^[\w-]{16,64}$/.test(header) ? header : '';
	const unnamed = session === '' ? 'a program' : 'somebody';
	const name = people.get(request)?.name.trim().slice(0, 100) ?? '';
	return { who: name === '' ? unnamed : name, session };
}
