/** Pages of other sites, open in somebody's browser, can do nothing here in that person's name. */
import type { FastifyRequest } from 'fastify';
import { Problem } from '../problem.ts';
import { bearerToken } from './bearer-token.ts';
import { SAFE_METHODS } from './rights.ts';

/**
 * Refuses a request that a page of another site has made. Browsers say so themselves (Fetch Metadata and Origin), and no
 * script can change what they say. A request that changes something must say that it comes from a page of ours; the
 * session cookie alone is not enough, nor is the absence of both headers. Programs send a token, which no browser adds
 * by itself, and are not asked.
 * @throws Problem 403
 */
export function refuseOtherSites(request: FastifyRequest, publicUrl: string | undefined): void {
	if (bearerToken(request) !== undefined) return;
	const { origin } = request.headers;
	const site = request.headers['sec-fetch-site'];
	if (SAFE_METHODS.has(request.method)) {
		// A link on another site may lead here, but nothing of ours can be built into another site.
		const navigation = request.headers['sec-fetch-mode'] === 'navigate';
		if ((site === 'cross-site' || site === 'same-site') && !navigation) throw foreign();
		return;
	}
	const ours = origin === undefined ? site === 'same-origin' : isOurs(origin, request.host, publicUrl);
	if (!ours || (site !== undefined && site !== 'same-origin')) throw foreign();
}

function isOurs(origin: string, host: string, publicUrl: string | undefined): boolean {
	if (!URL.canParse(origin)) return false;
	const url = new URL(origin);
	return url.host === host || (publicUrl !== undefined && url.origin === new URL(publicUrl).origin);
}

function foreign(): Problem {
	return new Problem(403, 'Pages of other sites may do nothing here. Open cutsheet itself and try again.');
}
