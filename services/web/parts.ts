import type { FastifyInstance } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { accountRoutes } from './access/account-routes.ts';
import { oidcRoutes } from './access/oidc-routes.ts';
import { ownAccountRoutes } from './access/own-account-routes.ts';
import { sessionRoutes } from './access/session-routes.ts';
import { tokenRoutes } from './access/token-routes.ts';
import { editorRoutes } from './editor/routes.ts';
import { eventsRoutes } from './events/routes.ts';
import type { WebOptions } from './options.ts';
import { segmentRoutes } from './segments/segment-server-routes.ts';
import { sheetProxy } from './sheet.ts';
import { themeRoutes } from './theme.ts';

/** The service's parts: each a plugin with its routes, named for what people do with it. */
const PARTS: readonly FastifyPluginAsyncZod<WebOptions>[] = [
	themeRoutes,
	sessionRoutes,
	oidcRoutes,
	ownAccountRoutes,
	tokenRoutes,
	accountRoutes,
	sheetProxy,
	eventsRoutes,
	editorRoutes,
	segmentRoutes,
];

export async function registerParts(app: FastifyInstance, options: WebOptions): Promise<void> {
	for (const part of PARTS) await app.register(part, options);
}
