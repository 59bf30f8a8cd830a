import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import type { WebOptions } from '../server.ts';
import { listRoutes } from './list-routes.ts';
import { liveRoutes } from './live-routes.ts';

/** All events for those who watch over them. */
export const eventsRoutes: FastifyPluginAsyncZod<WebOptions> = async (app, options) => {
	for (const part of [listRoutes, liveRoutes]) await app.register(part, options);
};
