/** Serves the built pages: HTML for whoever may see that page, scripts and styles for ever cached under hashed names. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import type { Access } from './access/rights.ts';
import { Problem } from './problem.ts';
import { withTheme } from './theme.ts';

/** Where `build-pages.ts` puts them. */
export const BUILT_PAGES = path.join(import.meta.dirname, 'dist/pages');

/** Each page: where people find it, the folder below pages/, and who may see it. */
const PAGES: readonly { url: string; folder: string; access: Access }[] = [
	{ url: '/sign-in', folder: 'sign-in', access: 'anyone' },
	{ url: '/', folder: 'operator', access: 'viewer' },
	{ url: '/nodes', folder: 'nodes', access: 'viewer' },
	{ url: '/charts', folder: 'charts', access: 'viewer' },
	{ url: '/account', folder: 'account', access: 'viewer' },
	{ url: '/accounts', folder: 'accounts', access: 'admin' },
	{ url: '/events/:id/edit', folder: 'editor', access: 'editor' },
];

export async function servePages(app: FastifyInstance): Promise<void> {
	await app.register(fastifyStatic, {
		root: path.join(BUILT_PAGES, 'assets'),
		serve: false,
		preCompressed: true,
	});
	for (const { url, folder, access } of PAGES) {
		app.get(url, { config: { access, page: true }, schema: { hide: true } }, async (request, reply) => {
			const html = await builtPage(folder);
			return reply
				.type('text/html; charset=utf-8')
				.header('cache-control', 'no-cache')
				.header('vary', 'cookie')
				.send(withTheme(html, request.cookies.theme));
		});
	}
	app.get<{ Params: { '*': string } }>(
		'/assets/*',
		{ config: { access: 'anyone' }, schema: { hide: true } },
		async (request, reply) => reply.sendFile(request.params['*'], { maxAge: '365d', immutable: true }),
	);
}

async function builtPage(folder: string): Promise<string> {
	return readFile(path.join(BUILT_PAGES, folder, 'index.html'), 'utf8').catch(
		(error: NodeJS.ErrnoException) => {
			if (error.code !== 'ENOENT') throw error;
			throw new Problem(503, 'The pages have not been built. Type on this machine: npm run setup');
		},
	);
}
