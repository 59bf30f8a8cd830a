import type { FastifyInstance } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import type { WebOptions } from '../options.ts';
import { BusyError } from './bounded-work.ts';
import { cutRoutes } from './cut-routes.ts';
import { pictureRoutes } from './picture-routes.ts';
import { playlistRoutes } from './playlist-routes.ts';
import { segmentFileRoutes } from './segment-routes.ts';
import { SegmentServer } from './segment-server.ts';
import { timelineRoutes } from './timeline-routes.ts';

/** The segment server of this node: what lies in its store, to play, to look at and to cut. */
export const segmentRoutes: FastifyPluginAsyncZod<WebOptions> = async (app, { config, log }) => {
	const { segments, templates, spoolFolder } = config.cutter;
	const { base = segments.base, linksTo } = config.web.segments;
	await serveSegments(app, new SegmentServer({ base, linksTo, templates, spoolFolder, log }));
};

/** Registers all routes of a segment server. */
export async function serveSegments(app: FastifyInstance, server: SegmentServer): Promise<void> {
	app.addHook('onError', async (_request, reply, error) => {
		if (error instanceof BusyError) reply.header('retry-after', error.retryAfter);
	});
	for (const routes of [playlistRoutes, segmentFileRoutes, pictureRoutes, timelineRoutes, cutRoutes])
		await app.register(routes(server));
}
