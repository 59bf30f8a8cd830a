import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import test from 'ava';
import { authorize, readCredentials } from '../../sheet-sync/sheets-credentials.ts';

async function file(t: ExecutionContext, content: string): Promise<string> {
	const folder = await mkdtemp(join(tmpdir(), 'cutsheet-credentials-'));
	t.teardown(() => rm(folder, { recursive: true }));
	const path = join(folder, 'credentials.json');
	await writeFile(path, content);
	return path;
}

const KEY = generateKeyPairSync('rsa', {
	modulusLength: 2048,
	publicKeyEncoding: { type: 'spki', format: 'pem' },
	privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
}).privateKey;

test('the key of a service account names the address to share the spreadsheet with', async (t) => {
	const key = { type: 'service_account', client_email: 'bot@project.example', private_key: KEY };
	const { account, headers } = await readCredentials(await file(t, JSON.stringify(key)));
	t.is(account, 'bot@project.example');
	t.truthy(headers);
});

test('an OAuth client with a refresh token is taken too', async (t) => {
	const client = { client_id: 'id', client_secret: 'hidden', refresh_token: 'token' };
	const { account, headers } = await readCredentials(await file(t, JSON.stringify(client)));
	t.is(account, undefined);
	t.truthy(headers);
});

test('a token goes along as it is, and there is no other one to be had', async (t) => {
	const { headers, renew } = await authorize({ token: 'abc', credentialsFile: '/nowhere' }, false);
	t.deepEqual(await headers?.(), { authorization: 'Bearer abc' });
	t.is(renew, undefined);
});

test('a local sheet may be open, Google’s is not', async (t) => {
	t.deepEqual(await authorize({}, true), {});
	await t.throwsAsync(authorize({}, false), { message: /^Google Sheets needs credentials/ });
});

test('a file that is of no use is named, and its content never told', async (t) => {
	for (const content of [
		'hunter2',
		'null',
		'"hunter2"',
		'{"private_key": "hunter2"}',
		'{"client_email": "bot@project.example", "private_key": "hunter2"}',
		'{"client_id": "hunter2", "client_secret": 5}',
		'{"client_id": "hunter2", "client_secret": "hunter2", "refresh_token": "hunter2", "token_uri": "hunter2"}',
	]) {
		const path = await file(t, content);
		const error = await t.throwsAsync(readCredentials(path));
		t.true(error?.message.includes(path), content);
		t.false(error?.message.includes('hunter2'), content);
	}
	await t.throwsAsync(readCredentials('/nowhere/credentials.json'), {
		message: /\/nowhere\/credentials\.json \(ENOENT\)/,
	});
});
