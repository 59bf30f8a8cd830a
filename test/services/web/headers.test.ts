import test from 'ava';
import { startTestWeb } from '../../support/web.ts';

test('nothing inline, nothing of others, and no frame around a page', async (t) => {
	const web = await startTestWeb(t);
	const viewer = await web.person('viewer');
	for (const place of ['/sign-in', '/account', '/api/session', '/nowhere']) {
		const { headers } = await viewer.ask('GET', place);
		const policy = headers.get('content-security-policy') ?? '';
		t.regex(policy, /default-src 'none'/, place);
		t.regex(policy, /script-src 'self';/, place);
		t.regex(policy, /style-src 'self';/, place);
		t.regex(policy, /frame-ancestors 'none'/, place);
		t.false(/unsafe|data:/.test(policy), place);
		t.is(headers.get('x-content-type-options'), 'nosniff');
		t.is(headers.get('x-frame-options'), 'DENY');
		t.is(headers.get('strict-transport-security'), null);
	}
});

test('where people use TLS, browsers are told to go on doing so', async (t) => {
	const web = await startTestWeb(t, { web: { publicUrl: 'https://cut.example.org' } });
	const { headers } = await fetch(`${web.url}/sign-in`);
	t.is(headers.get('strict-transport-security'), 'max-age=31536000');
});

test('files under a hashed name are kept for ever, and come compressed', async (t) => {
	const web = await startTestWeb(t);
	const html = await (await fetch(`${web.url}/sign-in`)).text();
	const script = /src="(\/assets\/[^"]+\.js)"/.exec(html)?.[1] ?? '';
	const answer = await fetch(web.url + script, { headers: { 'accept-encoding': 'br' } });
	t.is(answer.status, 200);
	t.is(answer.headers.get('cache-control'), 'public, max-age=31536000, immutable');
	t.is(answer.headers.get('content-encoding'), 'br');
	for (const outside of ['/assets/../built', '/assets/%2e%2e/built', '/assets/nothing.js']) {
		t.is((await fetch(web.url + outside)).status, 404, outside);
	}
});

test('who is refused gets a sentence, and of our own mistakes nothing but that', async (t) => {
	const web = await startTestWeb(t);
	const admin = await web.person('admin');
	const wrong = await admin.ask('POST', '/api/accounts', { name: '', role: 'editor' });
	t.is(wrong.status, 400);
	t.like(await wrong.json(), { error: { field: 'name' } });
	const missing = await admin.ask('DELETE', '/api/accounts/00000000-0000-4000-8000-000000000000');
	t.deepEqual(await missing.json(), { error: { sentence: 'That account is not there any more.' } });
	const nowhere = await fetch(`${web.url}/nowhere?code=secret`);
	t.deepEqual(await nowhere.json(), { error: { sentence: 'There is nothing at GET /nowhere.' } });
	await web.db.schema.alterTable('accounts').renameTo('lost').execute();
	const broken = await admin.ask('GET', '/api/sign-in');
	t.is(broken.status, 503);
	t.false((await broken.text()).includes('relation'));
});

test('the API describes itself, with who may what', async (t) => {
	const web = await startTestWeb(t);
	const viewer = await web.person('viewer');
	const document = (await (await viewer.ask('GET', '/api/openapi.json')).json()) as {
		openapi: string;
		paths: Record<string, Record<string, { description?: string }>>;
	};
	t.is(document.openapi, '3.1.0');
	t.is(document.paths['/api/accounts']?.get?.description, 'For the role admin and above.');
	t.is(document.paths['/sign-in'], undefined);
});
