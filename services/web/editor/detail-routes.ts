import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { signedIn } from '../access/require-access.ts';
import type { WebOptions } from '../options.ts';
import { refusals } from '../problem.ts';
import { changesSince } from './changes-since.ts';
import { detailSchema, readDetail } from './detail.ts';

export const eventParams = z.object({ id: z.uuid({ error: 'the id of an event' }) });

export const seenSchema = z.string().regex(/^\d{1,18}$/, { error: 'a number that this service gave' });

export const changesSchema = z
	.array(
		z.object({
			at: z.iso.datetime(),
			who: z.string(),
			fields: z.array(z.object({ field: z.string(), from: z.unknown(), to: z.unknown() })),
		}),
	)
	.describe('What changed of the event, in order.');

/** One event for its page. */
export const detailRoutes: FastifyPluginAsyncZod<WebOptions> = async (app, { db, config }) => {
	app.get(
		'/api/events/:id',
		{
			config: { access: 'viewer' },
			schema: {
				summary: 'One event, with all that is needed to edit it.',
				params: eventParams,
				response: { 200: detailSchema, ...refusals },
			},
		},
		(request) => readDetail(db, request.params.id, config, signedIn(request)),
	);

	app.get(
		'/api/events/:id/changes',
		{
			config: { access: 'editor' },
			schema: {
				summary: 'What changed of an event since it was loaded, by whom and when.',
				params: eventParams,
				querystring: z.object({ seen: seenSchema }),
				response: { 200: z.object({ changes: changesSchema }), ...refusals },
			},
		},
		async (request) => ({ changes: await changesSince(db, request.params.id, request.query.seen) }),
	);
};
