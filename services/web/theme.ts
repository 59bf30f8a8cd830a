import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { refusals } from './problem.ts';

const themeSchema = z.object({ theme: z.enum(['system', 'light', 'dark']) });

/** Remembers in the browser whether its person wants light or dark pages. */
export const themeRoutes: FastifyPluginAsyncZod = async (app) => {
	app.put(
		'/api/theme',
		{
			config: { access: 'anyone' },
			schema: { body: themeSchema, response: { 200: themeSchema, ...refusals } },
		},
		async (request, reply) => {
			const { theme } = request.body;
			if (theme === 'system') reply.clearCookie('theme', { path: '/' });
			else
				reply.setCookie('theme', theme, { path: '/', sameSite: 'lax', httpOnly: true, maxAge: 400 * 86_400 });
			return { theme };
		},
	);
};

/** The person's choice in the HTML itself: set by a script, the page would flash in the other colours. */
export function withTheme(html: string, theme: string | undefined): string {
	return theme === 'light' || theme === 'dark' ? html.replace('<html', `<html data-theme="${theme}"`) : html;
}
