import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { createToken, listTokens, revokeToken } from '../../../db/access/tokens.ts';
import type { WebOptions } from '../options.ts';
import { Problem, refusals } from '../problem.ts';
import { time } from '../times.ts';
import { signedIn } from './require-access.ts';
import { mayActAs, SCOPES } from './rights.ts';
import { withActor } from './with-actor.ts';

const scopes = z.array(z.enum(SCOPES)).min(1, { error: 'a token has one scope or more' });

const tokenSchema = z.object({
	id: z.uuid(),
	account_id: z.uuid(),
	account: z.string().describe('The name of its account.'),
	name: z.string().describe('What it is for.'),
	scopes,
	created_at: time,
	expires_at: time.nullable(),
	last_used_at: time.nullable(),
});

/** One's own tokens; admins see and revoke those of others too. A token needs the scope `admin` for any of it. */
export const tokenRoutes: FastifyPluginAsyncZod<WebOptions> = async (app, { db }) => {
	const config = { access: 'viewer', scope: 'admin' } as const;

	app.get(
		'/api/tokens',
		{
			config,
			schema: {
				querystring: z.strictObject({
					whose: z.enum(['mine', 'all']).default('mine').describe('all: for admins.'),
				}),
				response: { 200: z.array(tokenSchema), ...refusals },
			},
		},
		async (request) => {
			const { id, role } = signedIn(request);
			if (request.query.whose === 'mine') return listTokens(db, id);
			if (!mayActAs(role, 'admin')) throw new Problem(403, 'Only admins see the tokens of others.');
			return listTokens(db);
		},
	);

	app.post(
		'/api/tokens',
		{
			config,
			schema: {
				body: z.strictObject({
					name: z.string().trim().min(1, { error: 'say what the token is for' }).max(100),
					scopes,
					days: z.int().min(1).max(3_650).nullable().default(null).describe('Until it expires; null: never.'),
				}),
				response: {
					201: z.object({ id: z.uuid(), token: z.string().describe('Shown this once, and kept nowhere.') }),
					...refusals,
				},
			},
		},
		async (request, reply) => {
			const { name, scopes, days } = request.body;
			const { id: accountId } = signedIn(request);
			const expiresAt = days === null ? null : new Date(Date.now() + days * 86_400_000);
			const made = await withActor(db, request, (trx) =>
				createToken(trx, { accountId, name, scopes: [...new Set(scopes)], expiresAt }),
			);
			return reply.code(201).header('cache-control', 'no-store').send(made);
		},
	);

	app.delete(
		'/api/tokens/:id',
		{
			config,
			schema: {
				params: z.object({ id: z.uuid() }),
				response: { 200: z.object({ id: z.uuid() }), ...refusals },
			},
		},
		async (request) => {
			const { id } = request.params;
			const account = signedIn(request);
			const whose = mayActAs(account.role, 'admin') ? undefined : account.id;
			if (!(await withActor(db, request, (trx) => revokeToken(trx, id, whose)))) {
				throw new Problem(404, 'You have no such token, or no longer.');
			}
			return { id };
		},
	);
};
