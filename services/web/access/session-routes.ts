import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { accountByName } from '../../../db/access/accounts.ts';
import { endSessions, openSession } from '../../../db/access/sessions.ts';
import type { WebOptions } from '../options.ts';
import { Problem, refusals } from '../problem.ts';
import { sheetAddress } from '../sheet.ts';
import { checkAttempt, forgetFailures, noteFailure } from './attempts.ts';
import { MOST_CHARACTERS, verifyPassword } from './passwords.ts';
import { type Account, mayActAs, ROLES } from './rights.ts';
import { clearSessionCookie, setSessionCookie } from './session-cookie.ts';

/** The person who is signed in, as the pages know them. */
const sessionSchema = z.object({
	account: z.object({ id: z.uuid(), name: z.string(), role: z.enum(ROLES) }).nullable(),
	sheet: z.string().nullable().describe('Where the sheet can be opened, for those who may.'),
});

/** From one address, however many names it tries. */
const ATTEMPTS = { max: 30, timeWindow: '1 minute' };

/** Signing in with a password, signing out, and who one is. */
export const sessionRoutes: FastifyPluginAsyncZod<WebOptions> = async (app, { db, config, log }) => {
	const sheetFor = (account: Pick<Account, 'role'> | null) =>
		account !== null && mayActAs(account.role, 'editor') ? sheetAddress(config).page : null;

	app.get(
		'/api/session',
		{ config: { access: 'anyone' }, schema: { response: { 200: sessionSchema, ...refusals } } },
		async ({ account }) => ({ account, sheet: sheetFor(account) }),
	);

	app.post(
		'/api/session',
		{
			config: { access: 'anyone', rateLimit: ATTEMPTS },
			schema: {
				body: z.strictObject({
					name: z.string().trim().min(1).max(100),
					password: z.string().min(1).max(MOST_CHARACTERS),
				}),
				response: { 200: sessionSchema, ...refusals },
			},
		},
		async (request, reply) => {
			const { name, password } = request.body;
			await checkAttempt(db, name, request.ip);
			const account = await accountByName(db, name);
			// The same answer after the same time, whether it was the name, the password, or an account that is disabled.
			const right = await verifyPassword(password, account?.password_hash ?? null);
			if (account === undefined || !right || account.disabled_at !== null) {
				await noteFailure(db, name, request.ip);
				log.warn({ name, address: request.ip }, 'a sign-in failed');
				throw new Problem(401, 'Name or password is wrong.', { field: 'password' });
			}
			await forgetFailures(db, name, request.ip);
			const { sessionDays, sessionIdleHours } = config.web;
			const secret = await openSession(db, {
				accountId: account.id,
				idleHours: sessionIdleHours,
				days: sessionDays,
				address: request.ip,
				agent: request.headers['user-agent'] ?? '',
			});
			setSessionCookie(request, reply, secret, sessionDays);
			return { account, sheet: sheetFor(account) };
		},
	);

	app.delete(
		'/api/session',
		{ config: { access: 'anyone' }, schema: { response: { 200: sessionSchema, ...refusals } } },
		async (request, reply) => {
			const { account } = request;
			if (account?.how === 'session') await endSessions(db, account.id, { id: account.credential });
			clearSessionCookie(request, reply);
			// What the browser keeps of the pages is gone with the session.
			reply.header('clear-site-data', '"cache"');
			return { account: null, sheet: null };
		},
	);
};
