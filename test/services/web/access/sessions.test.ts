import test from 'ava';
import { createAccount } from '../../../../db/access/accounts.ts';
import { hashPassword } from '../../../../services/web/access/passwords.ts';
import { startTestWeb, type TestWeb } from '../../../support/web.ts';

const PASSWORD = 'seven brown foxes';

async function signIn(web: TestWeb, name: string, password: string, headers: Record<string, string> = {}) {
	return fetch(`${web.url}/api/session`, {
		method: 'POST',
		headers: { 'content-type': 'application/json', origin: web.url, ...headers },
		body: JSON.stringify({ name, password }),
	});
}

async function addPerson(web: TestWeb, name: string): Promise<string> {
	return createAccount(web.db, { name, role: 'editor', passwordHash: await hashPassword(PASSWORD) });
}

test('name and password open a session, and signing out ends it', async (t) => {
	const web = await startTestWeb(t);
	await addPerson(web, 'Ada');
	const answer = await signIn(web, 'ada', PASSWORD);
	t.is(answer.status, 200);
	const setCookie = answer.headers.get('set-cookie') ?? '';
	t.regex(setCookie, /^cutsheet=[\w-]{43}; Max-Age=2592000; Path=\/; HttpOnly; SameSite=Lax$/);
	const cookie = setCookie.split(';')[0]!;
	const whoAmI = async () => (await fetch(`${web.url}/api/session`, { headers: { cookie } })).json();
	t.like(await whoAmI(), { account: { name: 'Ada', role: 'editor' } });
	await fetch(`${web.url}/api/session`, { method: 'DELETE', headers: { cookie, origin: web.url } });
	t.like(await whoAmI(), { account: null });
});

test('behind TLS the cookie is Secure, and for this host only', async (t) => {
	const web = await startTestWeb(t);
	await addPerson(web, 'Ada');
	const answer = await signIn(web, 'Ada', PASSWORD, { 'x-forwarded-proto': 'https' });
	t.regex(answer.headers.get('set-cookie') ?? '', /^__Host-cutsheet=.*; HttpOnly; Secure; SameSite=Lax$/);
});

test('a wrong password and an unknown name are refused with the same words', async (t) => {
	const web = await startTestWeb(t);
	await addPerson(web, 'Ada');
	const answers = [await signIn(web, 'Ada', 'another one'), await signIn(web, 'Eve', 'another one')];
	for (const answer of answers) {
		t.is(answer.status, 401);
		t.deepEqual(await answer.json(), {
			error: { sentence: 'Name or password is wrong.', field: 'password' },
		});
		t.is(answer.headers.get('set-cookie'), null);
	}
});
