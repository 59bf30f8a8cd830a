import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { WebOptions } from '../options.ts';
import { refusals } from '../problem.ts';
import { time } from '../times.ts';

/** So many of the last entries are told; an event that is fought over for weeks has more. */
const MOST_ENTRIES = 300;

const state = z.enum(['UNEDITED', 'EDITED', 'CLAIMED', 'FINALIZING', 'UPLOADED']);

const historySchema = z.object({
	entries: z
		.array(
			z.object({
				seq: z.string(),
				at: time,
				actor: z.string().nullable().describe('Who says to have done it: a claim and no proof.'),
				db_user: z.string().describe("The database's user who did it."),
				from_state: state.nullable().describe('null: it was created'),
				to_state: state,
				changes: z.record(z.string(), z.array(z.unknown())).describe('column → [before, after]'),
				note: z.string().nullable(),
			}),
		)
		.describe('Newest first.'),
	log: z
		.array(
			z.object({
				id: z.string(),
				at: time,
				level: z.enum(['info', 'warn', 'error']),
				message: z.string(),
				holder: z.string().nullable().describe('The node, as long as its lease is remembered.'),
			}),
		)
		.describe('What the nodes noted of their work on it, newest first.'),
	older: z.boolean().describe('There is more than is told here.'),
});

/** What became of one event, and what nodes did with it. */
export const historyRoutes: FastifyPluginAsyncZod<WebOptions> = async (app, { db }) => {
	app.get(
		'/api/events/:id/history',
		{
			config: { access: 'editor' },
			schema: {
				summary: 'The story of an event: who changed what and when, and the log of its jobs.',
				params: z.object({ id: z.uuid({ error: 'the id of an event' }) }),
				response: { 200: historySchema, ...refusals },
			},
		},
		async (request) => {
			const { id } = request.params;
			const entries = await db
				.selectFrom('event_history')
				.select(['seq', 'at', 'actor', 'db_user', 'from_state', 'to_state', 'changes', 'note'])
				.where('event_id', '=', id)
				.orderBy('seq', 'desc')
				.limit(MOST_ENTRIES)
				.execute();
			const log = await db
				.selectFrom('job_log')
				.leftJoin('leases', 'leases.id', 'job_log.lease_id')
				.select(['job_log.id', 'at', 'level', 'message', 'holder'])
				.where('event_id', '=', id)
				.orderBy('job_log.id', 'desc')
				.limit(MOST_ENTRIES)
				.execute();
			return { entries, log, older: entries.length === MOST_ENTRIES || log.length === MOST_ENTRIES };
		},
	);
};
