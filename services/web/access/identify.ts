import type { FastifyRequest } from 'fastify';
import { useSession } from '../../../db/access/sessions.ts';
import { useToken } from '../../../db/access/tokens.ts';
import type { Db } from '../../../db/connect.ts';
import { bearerToken } from './bearer-token.ts';
import { type Account, SCOPES } from './rights.ts';
import { sessionSecret } from './session-cookie.ts';

/** Tells who requests are from: by a token if one is sent, and by that alone; else by the session's cookie. */
export function identify(db: Db): (request: FastifyRequest) => Promise<Account | null> {
	return async (request) => {
		const token = bearerToken(request);
		if (token !== undefined) {
			const found = await useToken(db, token);
			return found ? { ...found, how: 'token', credential: found.token } : null;
		}
		const secret = sessionSecret(request);
		const found = secret === undefined ? undefined : await useSession(db, secret);
		return found ? { ...found, how: 'session', credential: found.session, scopes: SCOPES } : null;
	};
}
