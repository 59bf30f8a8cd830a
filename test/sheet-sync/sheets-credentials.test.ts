import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import test from 'ava';
import { readCredentials } from '../../sheet-sync/sheets-credentials.ts';

async function file(t: ExecutionContext, content: string): Promise<string> {
	const folder = await mkdtemp(join(tmpdir(), 'cutsheet-credentials-'));
	t.teardown(() => rm(folder, { recursive: true }));
	const path = join(folder, 'credentials.json');
	await writeFile(path, content);
	return path;
}

test('the key of a service account names the address to share the spreadsheet with', async (t) => {
	const key = { type: 'service_account', client_email: 'bot@project.example', private_key: 'not a real key' };
	const { account, auth } = await readCredentials(await file(t, JSON.stringify(key)));
	t.is(account, 'bot@project.example');
	t.truthy(auth);
});

test('an OAuth client with a refresh token is taken too', async (t) => {
	const client = { client_id: 'id', client_secret: 'hidden', refresh_token: 'token' };
	const { auth } = await readCredentials(await file(t, JSON.stringify(client)));
	t.is(auth?.credentials.refresh_token, 'token');
});

test('a file that is of no use is named, and its content never told', async (t) => {
	for (const content of [
		'hunter2',
		'{"private_key": "hunter2"}',
		'{"client_id": "hunter2", "client_secret": 5}',
	]) {
		const path = await file(t, content);
		const error = await t.throwsAsync(readCredentials(path));
		t.true(error?.message.includes(path));
		t.false(error?.message.includes('hunter2'));
	}
	await t.throwsAsync(readCredentials('/nowhere/credentials.json'), {
		message: /\/nowhere\/credentials\.json \(ENOENT\)/,
	});
});
