import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { cached } from '../../health/cached.ts';
import { describeAttention, readSurroundings } from '../../status/attention.ts';
import type { WebOptions } from '../options.ts';
import { refusals } from '../problem.ts';

/** However many pages ask (ms). */
const ASK_MS = 3_000;

/** What holds up more than one event, and what to do about it. */
export const attentionRoutes: FastifyPluginAsyncZod<WebOptions> = async (app, { db }) => {
	const read = cached(ASK_MS, async () => describeAttention(await readSurroundings(db)));
	app.get(
		'/api/attention',
		{
			// Not for viewers: what a sheet answers may name people and their addresses.
			config: { access: 'editor' },
			schema: {
				summary:
					'What needs somebody, besides what the events themselves say: the same as in “cutsheet status”.',
				response: {
					200: z.object({
						sentences: z.array(z.string()).describe('The worst first; none: all is as it should be.'),
					}),
					...refusals,
				},
			},
		},
		async () => ({ sentences: await read() }),
	);
};
