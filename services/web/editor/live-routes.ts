import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { signedIn } from '../access/require-access.ts';
import { openEventStream } from '../event-stream.ts';
import type { WebOptions } from '../options.ts';
import { Problem } from '../problem.ts';
import { eventParams } from './detail-routes.ts';
import { EventWatch } from './event-watch.ts';

/** What happens to one event while somebody has it open, and who else has: server-sent events. */
export const liveRoutes: FastifyPluginAsyncZod<WebOptions> = async (app, { db, log }) => {
	const watch = new EventWatch(db, log);
	app.addHook('onClose', () => watch.close());

	app.get(
		'/api/events/:id/live',
		{ config: { access: 'editor' }, schema: { hide: true, params: eventParams } },
		async (request, reply) => {
			const { id } = request.params;
			const known = await db.selectFrom('events').select('id').where('id', '=', id).executeTakeFirst();
			if (known === undefined) throw new Problem(404, `There is no event ${id}.`);
			const stream = openEventStream(reply);
			const page = await watch.open(
				id,
				signedIn(request).id,
				(news) => stream.send('news', news),
				stream.closed,
			);
			stream.send('page', { page });
		},
	);
};
