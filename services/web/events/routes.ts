import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import type { WebOptions } from '../options.ts';
import { actionRoutes } from './action-routes.ts';
import { attentionRoutes } from './attention-routes.ts';
import { chartRoutes } from './chart-routes.ts';
import { historyRoutes } from './history-routes.ts';
import { listRoutes } from './list-routes.ts';
import { liveRoutes } from './live-routes.ts';
import { nodeRoutes } from './node-routes.ts';

/** All events for those who watch over them. */
export const eventsRoutes: FastifyPluginAsyncZod<WebOptions> = async (app, options) => {
	const parts = [
		...[listRoutes, liveRoutes, historyRoutes, actionRoutes],
		...[nodeRoutes, attentionRoutes, chartRoutes],
	];
	for (const part of parts) await app.register(part, options);
};
