import type { ExecutionContext } from 'ava';
import test from 'ava';
import { sql } from 'kysely';
import type { Db } from '../../../../db/connect.ts';
import type { RouteRight } from '../../../../services/web/access/require-access.ts';
import { ROLES, type Role, SAFE_METHODS, SCOPES } from '../../../../services/web/access/rights.ts';
import { newEvent } from '../../../support/events.ts';
import { startTestWeb, type TestWeb } from '../../../support/web.ts';

/** What may be had without a sign-in. A route that joins these is to be thought about: hence the list. */
const FOR_ANYONE = [
	'DELETE /api/session',
	'GET /api/session',
	'GET /api/sign-in',
	'GET /api/sign-in/:provider',
	'GET /api/sign-in/:provider/callback',
	'GET /assets/*',
	'GET /sign-in',
	'POST /api/session',
	'PUT /api/theme',
];

/** Everything in the database, but when a token was last used. */
async function contents(db: Db): Promise<string[]> {
	const { rows } = await sql<{ name: string }>`
		select relname as name from pg_class
		where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace order by relname`.execute(db);
	return Promise.all(
		rows.map(async ({ name }) => {
			const all = await sql<{ all: string }>`
				select coalesce(string_agg((to_jsonb(t) - 'last_used_at')::text, ' ' order by t::text), '') as all
				from ${sql.table(name)} t`.execute(db);
			return `${name}: ${all.rows[0]!.all}`;
		}),
	);
}

interface World {
	web: TestWeb;
	guarded: RouteRight[];
	/** Asks for a route, with an id of an event that is there. */
	ask(right: RouteRight, headers: Record<string, string>): Promise<Response>;
}

/** The routes that are not for anyone, and what tries them. When the test is over, nothing may have changed. */
async function world(t: ExecutionContext): Promise<World> {
	const web = await startTestWeb(t);
	const { id } = await newEvent(web.db, {});
	return {
		web,
		guarded: web.rights.filter(({ access }) => access !== 'anyone'),
		ask: async ({ method, url }, headers) => {
			const path = url.replace(/:(\w+)/g, (_, name) => (name === 'id' ? id : 'x')).replaceAll('*', 'x');
			const safe = SAFE_METHODS.has(method);
			return fetch(web.url + path, {
				method,
				redirect: 'manual',
				headers: { ...(!safe && { 'content-type': 'application/json' }), ...headers },
				...(!safe && { body: '{}' }),
			});
		},
	};
}

function below(role: Role): Role | undefined {
	return ROLES[ROLES.indexOf(role) - 1];
}

test('what anybody may have without a sign-in is little', async (t) => {
	const { web } = await world(t);
	const open = web.rights.filter(({ access, method }) => access === 'anyone' && method !== 'HEAD');
	t.deepEqual([...new Set(open.map(({ method, url }) => `${method} ${url}`))].sort(), FOR_ANYONE);
	t.true(web.rights.length > open.length * 2);
});

test('no route does anything for somebody who is not signed in, or was', async (t) => {
	const { web, guarded, ask } = await world(t);
	const locked = await web.person('admin', 'Locked');
	await web.person('admin', 'Ada');
	const token = await locked.token([...SCOPES]);
	await web.db
		.updateTable('accounts')
		.set({ disabled_at: new Date() })
		.where('name', '=', 'Locked')
		.execute();
	const before = await contents(web.db);
	const nobodies = [
		{},
		{ cookie: 'cutsheet=AAAA' },
		{ cookie: locked.cookie },
		{ authorization: 'Bearer cutsheet_AAAA' },
		{ authorization: `Bearer ${token}` },
		{ authorization: 'Basic QWRhOkFkYQ==' },
	];
	for (const right of guarded) {
		for (const nobody of nobodies) {
			const answer = await ask(right, { origin: web.url, ...nobody });
			const name = `${right.method} ${right.url}`;
			if (answer.status === 303) t.regex(answer.headers.get('location') ?? '', /^\/sign-in\?next=/, name);
			else t.is(answer.status, 401, name);
		}
	}
	t.deepEqual(await contents(web.db), before);
});

test('no route does anything for a role that is too low', async (t) => {
	const { web, guarded, ask } = await world(t);
	const people = new Map(
		await Promise.all(ROLES.map(async (role) => [role, await web.person(role)] as const)),
	);
	const before = await contents(web.db);
	for (const right of guarded) {
		const role = below(right.access as Role);
		if (role === undefined) continue;
		const answer = await ask(right, { origin: web.url, cookie: people.get(role)!.cookie });
		t.is(answer.status, 403, `${right.method} ${right.url} as ${role}`);
	}
	t.deepEqual(await contents(web.db), before);
});

test('no route does anything for a token without the scope', async (t) => {
	const { web, guarded, ask } = await world(t);
	const admin = await web.person('admin');
	const tokens = new Map<string, string>();
	for (const scope of SCOPES) {
		tokens.set(scope, await admin.token(SCOPES.filter((one) => one !== scope)));
	}
	const before = await contents(web.db);
	for (const right of guarded) {
		const answer = await ask(right, {
			authorization: `Bearer ${tokens.get(right.scope)}`,
			cookie: admin.cookie,
		});
		t.is(answer.status, 403, `${right.method} ${right.url} without ${right.scope}`);
	}
	t.deepEqual(await contents(web.db), before);
});

test('no page of another site can have anything done, whoever is signed in', async (t) => {
	const { web, ask } = await world(t);
	const admin = await web.person('admin');
	const before = await contents(web.db);
	const foreign: Record<string, string>[] = [
		{ origin: 'https://evil.example' },
		{ origin: 'null' },
		{ origin: web.url.replace(/:\d+$/, ':1') },
		{ origin: web.url, 'sec-fetch-site': 'cross-site' },
		{ origin: web.url, 'sec-fetch-site': 'same-site' },
		{ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' },
		{ 'sec-fetch-site': 'none' },
		{ authorization: 'Basic QWRhOkFkYQ==' },
		{},
	];
	for (const right of web.rights) {
		const headers = SAFE_METHODS.has(right.method)
			? [{ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }, { 'sec-fetch-site': 'same-site' }]
			: foreign;
		for (const some of headers) {
			const answer = await ask(right, { cookie: admin.cookie, ...some });
			t.is(answer.status, 403, `${right.method} ${right.url} ${JSON.stringify(some)}`);
		}
	}
	t.deepEqual(await contents(web.db), before);
});
