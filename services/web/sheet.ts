/** The page and the API of the local sheet under the sign-in of the pages: at /sheet/. */
import httpProxy from '@fastify/http-proxy';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import type { Config } from '../config.ts';
import type { WebOptions } from './options.ts';
import { Problem } from './problem.ts';

/** Where people find the sheet: ours below this service, else Google's own page; null for another server's. */
export function sheetAddress({ sheet, localSheet }: Config): {
	page: string | null;
	upstream: string | undefined;
} {
	if (sheet.credentials !== undefined) {
		const google = `https://docs.google.com/spreadsheets/d/${encodeURIComponent(sheet.spreadsheet)}/edit`;
		return { page: sheet.endpoint === undefined ? google : null, upstream: undefined };
	}
	const upstream = sheet.endpoint ?? `http://${localSheet.host}:${localSheet.port}`;
	return { page: '/sheet/', upstream: upstream.replace(/\/$/, '') };
}

/**
 * Passes requests on to the local sheet, a process of its own, with its token and the person's name for its history.
 * Viewers see nothing of it: notes and addresses stand in its cells.
 */
export const sheetProxy: FastifyPluginAsyncZod<WebOptions> = async (app, { config, log }) => {
	const { upstream } = sheetAddress(config);
	if (upstream === undefined) return;
	const token = config.localSheet.token ?? config.sheet.token ?? '';
	await app.register(httpProxy, {
		upstream,
		prefix: '/sheet',
		rewritePrefix: '/',
		httpMethods: ['GET', 'HEAD', 'POST', 'PUT'],
		config: { access: 'editor', page: true },
		// The page's addresses are relative to it.
		preHandler: async (request, reply) => {
			if (request.url === '/sheet') return reply.redirect('/sheet/', 308);
		},
		undici: { bodyTimeout: 0 },
		replyOptions: {
			rewriteRequestHeaders: (request, headers) => {
				// Who asks is checked here; what lets people in here is none of the sheet's business.
				const { cookie, origin, authorization, 'sec-fetch-site': site, ...rest } = headers;
				const credentials = `${(request.account?.name ?? '').replaceAll(':', ' ')}:${token}`;
				return { ...rest, authorization: `Basic ${Buffer.from(credentials).toString('base64')}` };
			},
			rewriteHeaders: ({ 'www-authenticate': ask, ...headers }) => headers,
			onError: (reply, { error }) => {
				log.error({ err: error }, 'the local sheet does not answer');
				const sentence = 'The local sheet does not answer. Is “cutsheet local-sheet” running?';
				reply.send(new Problem(502, sentence));
			},
		},
	});
};
