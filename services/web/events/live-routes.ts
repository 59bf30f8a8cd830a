import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { signedIn } from '../access/require-access.ts';
import { openEventStream } from '../event-stream.ts';
import type { WebOptions } from '../options.ts';
import { audienceOf } from './event-row.ts';
import { LiveFeed } from './live-feed.ts';

/** What happens to all events: server-sent events from the change feed. See `LiveNews` for what is told. */
export const liveRoutes: FastifyPluginAsyncZod<WebOptions> = async (app, { db, log }) => {
	const feed = new LiveFeed(db, log);
	app.addHook('onClose', () => feed.close());

	app.get(
		'/api/events/live',
		{
			config: { access: 'viewer' },
			schema: {
				hide: true,
				querystring: z.object({
					after: z.string().regex(/^\d{1,18}$/, { error: 'a cursor that this service gave' }),
				}),
			},
		},
		async (request, reply) => {
			const stream = openEventStream(reply);
			const listener = { audience: audienceOf(signedIn(request)), tell: stream.send };
			await feed.join(listener, request.query.after, stream.closed).catch((error) => {
				log.warn({ err: error }, 'a page cannot be told of changes; it will ask again');
				stream.close();
			});
		},
	);
};
