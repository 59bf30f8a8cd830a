import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { sql } from 'kysely';
import { z } from 'zod';
import { signedIn } from '../access/require-access.ts';
import type { WebOptions } from '../options.ts';
import { Problem, refusals } from '../problem.ts';
import { time } from '../times.ts';
import { eventParams, seenSchema } from './detail-routes.ts';
import { editSchema } from './edit-schema.ts';

/** Unsent work: each person has a draft of their own of each event; the event and its history know nothing of it. */
export const draftRoutes: FastifyPluginAsyncZod<WebOptions> = async (app, { db }) => {
	app.put(
		'/api/events/:id/draft',
		{
			config: { access: 'editor' },
			schema: {
				summary: 'Keeps your unsent work on an event.',
				params: eventParams,
				body: z.strictObject({
					edit: editSchema,
					seen: seenSchema,
					previous: time
						.nullable()
						.describe('The saved_at of the draft that this one replaces; null when there was none.'),
				}),
				response: { 200: z.object({ saved_at: time }), ...refusals },
			},
		},
		async (request) => {
			const { edit, seen, previous } = request.body;
			const { id: account } = signedIn(request);
			// One statement: of two tabs of one person that save at the same moment one is told of the other.
			const { rows } = await sql<{ saved_at: Date }>`
				insert into drafts (event_id, account_id, edit, seen)
				select id, ${account}::uuid, ${JSON.stringify(edit)}::jsonb, ${seen}::bigint from events where id = ${request.params.id}
				on conflict (event_id, account_id) do update
				set edit = excluded.edit, seen = excluded.seen, saved_at = clock_timestamp()
				where drafts.saved_at = ${previous}::timestamptz
				returning saved_at`.execute(db);
			if (rows[0]) return rows[0];
			const other = await db
				.selectFrom('drafts')
				.select('saved_at')
				.where('event_id', '=', request.params.id)
				.where('account_id', '=', account)
				.executeTakeFirst();
			if (other === undefined) throw new Problem(404, `There is no event ${request.params.id}.`);
			throw new Problem(
				409,
				'You have this event open in another tab or on another machine, where a later draft of yours was saved.',
				{ saved_at: other.saved_at.toISOString() },
			);
		},
	);

	app.delete(
		'/api/events/:id/draft',
		{
			config: { access: 'editor' },
			schema: {
				summary: 'Throws your unsent work on an event away.',
				params: eventParams,
				response: { 204: z.null(), ...refusals },
			},
		},
		async (request, reply) => {
			await db
				.deleteFrom('drafts')
				.where('event_id', '=', request.params.id)
				.where('account_id', '=', signedIn(request).id)
				.execute();
			return reply.code(204).send(null);
		},
	);
};
