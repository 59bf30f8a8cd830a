import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { accountById, changeAccount } from '../../../db/access/accounts.ts';
import { endSessions, listSessions, openSession } from '../../../db/access/sessions.ts';
import type { WebOptions } from '../options.ts';
import { Problem, refusals } from '../problem.ts';
import { time } from '../times.ts';
import { newHash } from './account-routes.ts';
import { checkAttempt, noteFailure } from './attempts.ts';
import { MOST_CHARACTERS, verifyPassword } from './passwords.ts';
import { signedIn } from './require-access.ts';
import { setSessionCookie } from './session-cookie.ts';
import { withActor } from './with-actor.ts';

const password = z.string().max(MOST_CHARACTERS);

const sessionSchema = z.object({
	id: z.uuid(),
	created_at: time,
	last_used_at: time,
	expires_at: time,
	address: z.string().nullable(),
	agent: z.string().describe('The browser, in its own words.'),
	current: z.boolean().describe('The one that asks.'),
});

/** What everybody may do about their own account: the password, and where they are signed in. */
export const ownAccountRoutes: FastifyPluginAsyncZod<WebOptions> = async (app, { db, config: { web } }) => {
	const config = { access: 'viewer', scope: 'admin' } as const;

	app.put(
		'/api/password',
		{
			config,
			schema: {
				body: z.strictObject({
					current: password.nullable().describe('null for an account that has none yet.'),
					password,
				}),
				response: { 200: z.object({ account: z.uuid() }), ...refusals },
			},
		},
		async (request, reply) => {
			const { id, name, how } = signedIn(request);
			const { current, password } = request.body;
			const account = await accountById(db, id);
			if (account === undefined) throw new Problem(404, 'Your account is not there any more.');
			if (account.password_hash !== null) {
				await checkAttempt(db, name, request.ip);
				if (!(await verifyPassword(current ?? '', account.password_hash))) {
					await noteFailure(db, name, request.ip);
					throw new Problem(400, 'That is not your current password.', { field: 'current' });
				}
			}
			const passwordHash = await newHash(password, name);
			// All sessions end with the old password; whoever changed it goes on in a new one.
			const secret = await withActor(db, request, async (trx) => {
				await changeAccount(trx, id, { passwordHash });
				return openSession(trx, {
					accountId: id,
					idleHours: web.sessionIdleHours,
					days: web.sessionDays,
					address: request.ip,
					agent: request.headers['user-agent'] ?? '',
				});
			});
			if (how === 'session') setSessionCookie(request, reply, secret, web.sessionDays);
			return { account: id };
		},
	);

	app.get(
		'/api/sessions',
		{ config, schema: { response: { 200: z.array(sessionSchema), ...refusals } } },
		async (request) => {
			const { id, credential } = signedIn(request);
			const sessions = await listSessions(db, id);
			return sessions.map((session) => ({ ...session, current: session.id === credential }));
		},
	);

	app.delete(
		'/api/sessions/:id',
		{
			config,
			schema: {
				params: z.object({
					id: z.union([z.uuid(), z.literal('others')]).describe('others: all but this one.'),
				}),
				response: { 200: z.object({ ended: z.int() }), ...refusals },
			},
		},
		async (request) => {
			const { id, credential } = signedIn(request);
			const which = request.params.id === 'others' ? { allBut: credential } : { id: request.params.id };
			return { ended: await endSessions(db, id, which) };
		},
	);
};
