import { type AddressInfo, createServer } from 'node:net';
import type { ExecutionContext } from 'ava';
import pino from 'pino';
import { createAccount } from '../../db/access/accounts.ts';
import { openSession } from '../../db/access/sessions.ts';
import type { AccountRole, TokenScope } from '../../db/access/tables.ts';
import { createToken } from '../../db/access/tokens.ts';
import { type Db, openDatabase } from '../../db/connect.ts';
import { type Config, checkConfig } from '../../services/config-schema.ts';
import type { RouteRight } from '../../services/web/access/require-access.ts';
import { startWeb } from '../../services/web/server.ts';
import { asRole, createDatabase } from './database.ts';

type Teardown = Pick<ExecutionContext, 'teardown'>;

export interface TestWeb {
	url: string;
	db: Db;
	databaseUrl: string;
	/** All routes, and who may use them. */
	rights: readonly RouteRight[];
	/** Somebody who is signed in with that role, as a browser on a page of ours. Each name is an account of its own. */
	person(role: AccountRole, name?: string): Promise<Person>;
}

export interface Person {
	id: string;
	name: string;
	/** The session's cookie, as `name=value`: for a browser's context too. */
	cookie: string;
	/** Asks as that person's browser does from a page of ours. `body`: sent as JSON. */
	ask(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Response>;
	/** A token of that person. */
	token(scopes: TokenScope[]): Promise<string>;
}

/** A configuration with all defaults but what is given, a free port. Rejects what the schema does. */
export function testConfig(settings: Record<string, unknown> = {}): Config {
	const { web = {}, ...rest } = settings;
	const checked = checkConfig({ web: { port: 0, ...(web as object) }, ...rest });
	if ('problems' in checked) throw new Error(checked.problems.map(({ sentence }) => sentence).join('\n'));
	return checked.config;
}

/**
 * The web service on a port and a database of its own, stopped when the test is over. It works under the database role that
 * is meant for it; the test itself owns the tables.
 */
export async function startTestWeb(t: Teardown, settings: Record<string, unknown> = {}): Promise<TestWeb> {
	const { db, url: databaseUrl } = await createDatabase(t);
	const own = openDatabase(asRole(databaseUrl, 'web'), { applicationName: 'web' });
	const web = await startWeb({
		db: own.kysely,
		config: testConfig(settings),
		log: pino({ level: 'silent' }),
	});
	t.teardown(async () => {
		await web.close();
		await own.close();
	});
	return {
		url: web.url,
		db,
		databaseUrl,
		rights: web.rights,
		person: (role, name = `the ${role}`) => signIn(db, web.url, role, name),
	};
}

/** Somebody who is signed in at the web service at `url`. */
export async function signIn(db: Db, url: string, role: AccountRole, name: string): Promise<Person> {
	const id = await createAccount(db, { name, role });
	const session = { accountId: id, idleHours: 1, days: 1, address: '127.0.0.1', agent: 'a test' };
	const cookie = `cutsheet=${await openSession(db, session)}`;
	return {
		id,
		name,
		cookie,
		ask: (method, path, body, headers = {}) =>
			fetch(new URL(path, url), {
				method,
				redirect: 'manual',
				headers: {
					cookie,
					origin: url,
					...(body !== undefined && { 'content-type': 'application/json' }),
					...headers,
				},
				...(body !== undefined && { body: JSON.stringify(body) }),
			}),
		token: async (scopes) =>
			(await createToken(db, { accountId: id, name: scopes.join(' '), scopes, expiresAt: null })).token,
	};
}

/** A port that nobody has, for what must know it beforehand. */
export async function freePort(): Promise<number> {
	const server = createServer();
	await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
	const { port } = server.address() as AddressInfo;
	await new Promise((closed) => server.close(closed));
	return port;
}
