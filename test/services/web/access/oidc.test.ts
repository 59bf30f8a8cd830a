import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { ExecutionContext } from 'ava';
import test from 'ava';
import got from 'got';
import { createAccount } from '../../../../db/access/accounts.ts';
import { type ProviderPerson, startProvider, type TestProvider } from '../../../support/oidc-provider.ts';
import { freePort, startTestWeb, type TestWeb } from '../../../support/web.ts';

const PEOPLE: Record<string, ProviderPerson> = {
	ada: { email: 'Ada@Example.org', email_verified: true, name: 'Ada Lovelace' },
	ada2: { email: 'ada2@example.org', email_verified: true, name: 'Ada Lovelace' },
	eve: { email: 'eve@evil.example', email_verified: true, name: 'Eve' },
	mallory: { email: 'ada@example.org', email_verified: false, name: 'Mallory' },
	trudy: { email: 'boss@example.org', email_verified: true, name: 'Trudy' },
};

interface World {
	web: TestWeb;
	provider: TestProvider;
	/** From the button to where the person ends, with the cookies that the browser then has. */
	signIn(subject: string): Promise<{ place: string; cookie: string }>;
	/** Follows the button: where the provider is asked, and what the browser keeps. */
	begin(next?: string): Promise<{ address: string; cookie: string }>;
	/** Comes back with what the browser keeps. */
	comeBack(address: string, cookie: string): Promise<{ place: string; cookie: string }>;
}

async function world(t: ExecutionContext, settings: Record<string, unknown> = {}): Promise<World> {
	const folder = await mkdtemp(path.join(os.tmpdir(), 'cutsheet-oidc-'));
	t.teardown(() => rm(folder, { recursive: true }));
	const secretFile = path.join(folder, 'secret');
	const port = await freePort();
	const ours = `http://127.0.0.1:${port}`;
	const provider = await startProvider(t, PEOPLE, `${ours}/api/sign-in/test/callback`);
	await writeFile(secretFile, `${provider.clientSecret}\n`);
	const web = await startTestWeb(t, {
		web: {
			port,
			signIn: {
				test: {
					title: 'the test',
					issuer: provider.issuer,
					clientId: provider.clientId,
					clientSecretFile: secretFile,
					...settings,
				},
			},
		},
	});
	const begin = async (next = '/') => {
		const answer = await fetch(`${ours}/api/sign-in/test?next=${encodeURIComponent(next)}`, {
			redirect: 'manual',
		});
		return { address: answer.headers.get('location') ?? '', cookie: kept(answer.headers.getSetCookie()) };
	};
	const comeBack = async (address: string, cookie: string) => {
		const headers = { cookie, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' };
		// Not fetch, which sets these headers itself.
		const answer = await got(address, {
			headers,
			followRedirect: false,
			throwHttpErrors: false,
			retry: { limit: 0 },
		});
		return {
			place: answer.headers.location ?? String(answer.statusCode),
			cookie: kept(answer.headers['set-cookie'] ?? []),
		};
	};
	return {
		web,
		provider,
		begin,
		comeBack,
		signIn: async (subject) => {
			const { address, cookie } = await begin('/somewhere?a=b');
			return comeBack(await provider.visit(address, subject), cookie);
		},
	};
}

/** The cookies that a browser keeps of those that it is given. */
function kept(given: string[]): string {
	const cookies = given.map((cookie) => cookie.split(';')[0]!);
	return cookies.filter((cookie) => !cookie.endsWith('=')).join('; ');
}

async function whoIs(web: TestWeb, cookie: string): Promise<unknown> {
	const answer = await fetch(`${web.url}/api/session`, { headers: { cookie } });
	return ((await answer.json()) as { account: unknown }).account;
}

test('who was invited by address comes in, and goes on being known when the address changes', async (t) => {
	const { web, signIn } = await world(t);
	await createAccount(web.db, { name: 'Ada', role: 'operator', email: 'ada@example.org' });
	const { place, cookie } = await signIn('ada');
	t.is(place, '/somewhere?a=b');
	t.like(await whoIs(web, cookie), { name: 'Ada', role: 'operator' });
	await web.db.updateTable('accounts').set({ email: null }).execute();
	t.like(await whoIs(web, (await signIn('ada')).cookie), { name: 'Ada' });
	const { what, actor } = await web.db
		.selectFrom('account_history')
		.select(['what', 'actor'])
		.where('what', 'like', 'linked%')
		.executeTakeFirstOrThrow();
	t.deepEqual([what, actor], ['linked to a sign-in provider', 'sign-in with test']);
});

test('people of an allowed domain get an account by themselves, with a name of their own', async (t) => {
	const { web, signIn } = await world(t, { domains: ['example.org'], role: 'editor' });
	t.like(await whoIs(web, (await signIn('ada')).cookie), { name: 'Ada Lovelace', role: 'editor' });
	t.like(await whoIs(web, (await signIn('ada2')).cookie), { name: 'Ada Lovelace 2', role: 'editor' });
	t.is((await signIn('eve')).place, '/sign-in?refused=unknown');
});

test('an address that the provider has not confirmed lets nobody into an account', async (t) => {
	const { web, signIn } = await world(t, { domains: ['example.org'] });
	await createAccount(web.db, { name: 'Ada', role: 'admin', email: 'ada@example.org' });
	t.deepEqual(await signIn('mallory'), { place: '/sign-in?refused=unconfirmed', cookie: '' });
});

test('an account that is linked to one person is not given to another with its address', async (t) => {
	const { web, signIn } = await world(t);
	await createAccount(web.db, {
		name: 'Boss',
		role: 'admin',
		email: 'boss@example.org',
		identity: { issuer: 'https://elsewhere.example', subject: 'boss' },
	});
	t.is((await signIn('trudy')).place, '/sign-in?refused=unknown');
});

test('a disabled account stays out', async (t) => {
	const { web, signIn } = await world(t);
	await createAccount(web.db, { name: 'Ada', role: 'viewer', email: 'ada@example.org' });
	await web.db.updateTable('accounts').set({ disabled_at: new Date() }).execute();
	t.is((await signIn('ada')).place, '/sign-in?refused=disabled');
});

test('an answer of the provider counts once, in the browser that asked, as it was asked for', async (t) => {
	const { web, provider, begin, comeBack } = await world(t, { domains: ['example.org'] });
	const first = await begin();
	const url = new URL(first.address);
	t.is(url.searchParams.get('code_challenge_method'), 'S256');
	t.truthy(url.searchParams.get('nonce'));
	const answer = await provider.visit(first.address, 'ada');
	const other = await begin();
	t.is((await comeBack(answer, '')).place, '/sign-in?refused=expired');
	t.is((await comeBack(answer, other.cookie)).place, '/sign-in?refused=failed');
	t.is(
		(await comeBack(`${answer}x`.replace(/code=/, 'code=x'), first.cookie)).place,
		'/sign-in?refused=failed',
	);
	t.is((await comeBack(answer, first.cookie)).place, '/');
	t.is((await comeBack(answer, first.cookie)).place, '/sign-in?refused=failed');
	t.is(
		(await comeBack(await provider.decline(other.address), other.cookie)).place,
		'/sign-in?refused=denied',
	);
	t.is((await web.db.selectFrom('sessions').select('id').execute()).length, 1);
});

test('after the sign-in nobody is led to another site', async (t) => {
	const { provider, begin, comeBack } = await world(t, { domains: ['example.org'] });
	for (const next of [
		'//evil.example/',
		'https://evil.example/',
		'/\\evil.example/',
		'javascript:alert(1)',
	]) {
		const { address, cookie } = await begin(next);
		t.is((await comeBack(await provider.visit(address, 'ada'), cookie)).place, '/', next);
	}
});
