import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import type { WebOptions } from '../options.ts';
import { detailRoutes } from './detail-routes.ts';
import { draftRoutes } from './draft-routes.ts';
import { imageRoutes } from './image-routes.ts';
import { liveRoutes } from './live-routes.ts';
import { submitRoutes } from './submit-routes.ts';

/** One event for editing. */
export const editorRoutes: FastifyPluginAsyncZod<WebOptions> = async (app, options) => {
	for (const part of [detailRoutes, draftRoutes, submitRoutes, imageRoutes, liveRoutes])
		await app.register(part, options);
};
