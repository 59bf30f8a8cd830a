import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { feedCursor } from '../../../db/feed.ts';
import { signedIn } from '../access/require-access.ts';
import type { WebOptions } from '../options.ts';
import { refusals } from '../problem.ts';
import { audienceOf, eventRowSchema, readEventsJson } from './event-row.ts';

/** All events at once, and from where on changes of them are told. */
export const listRoutes: FastifyPluginAsyncZod<WebOptions> = async (app, { db }) => {
	app.get(
		'/api/events',
		{
			config: { access: 'viewer' },
			schema: {
				summary: 'All events, and the cursor from which on /api/events/live tells what changes.',
				response: {
					200: z.object({ cursor: z.string(), events: z.array(eventRowSchema) }),
					...refusals,
				},
			},
		},
		async (request, reply) => {
			// Before the rows: what changes while they are read is told again rather than lost.
			const cursor = await feedCursor(db);
			const events = await readEventsJson(db, audienceOf(signedIn(request)));
			const text = `{"cursor":${JSON.stringify(cursor)},"events":${events}}`;
			return reply
				.type('application/json; charset=utf-8')
				.header('cache-control', 'no-store')
				.serializer(() => text)
				.send({ cursor, events: [] });
		},
	);
};
