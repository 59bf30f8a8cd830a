import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import {
	accountById,
	changeAccount,
	createAccount,
	listAccounts,
	removeAccount,
} from '../../../db/access/accounts.ts';
import type { WebOptions } from '../options.ts';
import { Problem, refusals } from '../problem.ts';
import { time } from '../times.ts';
import { hashPassword, MOST_CHARACTERS, passwordProblem } from './passwords.ts';
import { ROLES } from './rights.ts';
import { withActor } from './with-actor.ts';

const byId = z.object({ id: z.uuid() });
const role = z.enum(ROLES);
const email = z.email({ error: 'an e-mail address' }).toLowerCase().nullable();
const password = z.string().max(MOST_CHARACTERS);
const done = z.object({ id: z.uuid() });

const accountSchema = z.object({
	id: z.uuid(),
	name: z.string(),
	role,
	email: z.string().nullable(),
	issuer: z.string().nullable().describe('The provider that the person has signed in with.'),
	has_password: z.boolean(),
	disabled_at: time.nullable(),
	created_at: time,
	last_sign_in_at: time.nullable(),
	sessions: z.int().describe('How many browsers are signed in.'),
	tokens: z.int(),
});

/** Accounts of others, for admins. A token needs the scope `admin` for them. */
export const accountRoutes: FastifyPluginAsyncZod<WebOptions> = async (app, { db }) => {
	const config = { access: 'admin', scope: 'admin' } as const;

	app.get(
		'/api/accounts',
		{ config, schema: { response: { 200: z.array(accountSchema), ...refusals } } },
		() => listAccounts(db),
	);

	app.post(
		'/api/accounts',
		{
			config,
			schema: {
				body: z.strictObject({
					name: z.string().trim().min(1).max(100),
					role,
					email: email.default(null),
					password: password.nullable().default(null).describe('null: signs in with a provider only.'),
				}),
				response: { 201: done, ...refusals },
			},
		},
		async (request, reply) => {
			const { name, role, email, password } = request.body;
			const passwordHash = password === null ? null : await newHash(password, name);
			const id = await withActor(db, request, (trx) =>
				createAccount(trx, { name, role, email, passwordHash }),
			);
			return reply.code(201).send({ id });
		},
	);

	app.patch(
		'/api/accounts/:id',
		{
			config,
			schema: {
				params: byId,
				body: z.strictObject({
					role: role.exactOptional(),
					email: email.exactOptional(),
					disabled: z.boolean().exactOptional(),
					password: password.nullable().exactOptional(),
				}),
				response: { 200: done, ...refusals },
			},
		},
		async (request) => {
			const { id } = request.params;
			const { password, ...rest } = request.body;
			const account = await accountById(db, id);
			if (account === undefined) throw gone();
			const change = {
				...rest,
				...(password !== undefined && {
					passwordHash: password === null ? null : await newHash(password, account.name),
				}),
			};
			if (!(await withActor(db, request, (trx) => changeAccount(trx, id, change)))) throw gone();
			return { id };
		},
	);

	app.delete(
		'/api/accounts/:id',
		{ config, schema: { params: byId, response: { 200: done, ...refusals } } },
		async (request) => {
			const { id } = request.params;
			if (!(await withActor(db, request, (trx) => removeAccount(trx, id)))) throw gone();
			return { id };
		},
	);
};

function gone(): Problem {
	return new Problem(404, 'That account is not there any more.');
}

/** @throws Problem 400 when the password is none to choose */
export async function newHash(password: string, name: string): Promise<string> {
	const problem = passwordProblem(password, name);
	if (problem !== undefined) throw new Problem(400, problem, { field: 'password' });
	return hashPassword(password);
}
