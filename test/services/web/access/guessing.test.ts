import test from 'ava';
import { sql } from 'kysely';
import { createAccount } from '../../../../db/access/accounts.ts';
import { hashPassword, passwordProblem, verifyPassword } from '../../../../services/web/access/passwords.ts';
import { startTestWeb, type TestWeb } from '../../../support/web.ts';

const PASSWORD = 'seven brown foxes';

async function attempt(web: TestWeb, name: string, password: string, address: string): Promise<number> {
	const answer = await fetch(`${web.url}/api/session`, {
		method: 'POST',
		headers: { 'content-type': 'application/json', origin: web.url, 'x-forwarded-for': address },
		body: JSON.stringify({ name, password }),
	});
	return answer.status;
}

test('who guesses a password must wait after five times, and nobody else does', async (t) => {
	const web = await startTestWeb(t);
	await createAccount(web.db, { name: 'Ada', role: 'editor', passwordHash: await hashPassword(PASSWORD) });
	for (let i = 0; i < 5; i++) t.is(await attempt(web, 'Ada', `guess number ${i}`, '192.0.2.1'), 401);
	t.is(await attempt(web, 'ADA', PASSWORD, '192.0.2.1'), 429);
	t.is(await attempt(web, 'Ada', PASSWORD, '192.0.2.2'), 200);
	t.is(await attempt(web, 'Bo', PASSWORD, '192.0.2.1'), 401);
});

test('guessing from everywhere is slowed down too, but not for where the person was signed in before', async (t) => {
	const web = await startTestWeb(t);
	await createAccount(web.db, { name: 'Ada', role: 'editor', passwordHash: await hashPassword(PASSWORD) });
	t.is(await attempt(web, 'Ada', PASSWORD, '192.0.2.9'), 200);
	const failures = Array.from({ length: 50 }, (_, i) => ({ name: 'ada', address: `198.51.100.${i}` }));
	await web.db.insertInto('sign_in_failures').values(failures).execute();
	t.is(await attempt(web, 'Ada', PASSWORD, '203.0.113.1'), 429);
	t.is(await attempt(web, 'Ada', PASSWORD, '192.0.2.9'), 200);
});

test('after a while whoever guessed may try again', async (t) => {
	const web = await startTestWeb(t);
	await createAccount(web.db, { name: 'Ada', role: 'editor', passwordHash: await hashPassword(PASSWORD) });
	const failures = Array.from({ length: 60 }, () => ({ name: 'ada', address: '192.0.2.1' }));
	await web.db.insertInto('sign_in_failures').values(failures).execute();
	t.is(await attempt(web, 'Ada', PASSWORD, '192.0.2.1'), 429);
	await sql`update sign_in_failures set at = at - interval '11 minutes'`.execute(web.db);
	t.is(await attempt(web, 'Ada', PASSWORD, '192.0.2.1'), 200);
});

test('one address may try thirty names a minute', async (t) => {
	const web = await startTestWeb(t);
	const answers: number[] = [];
	for (let i = 0; i < 31; i++) answers.push(await attempt(web, `somebody ${i}`, 'a guess', '192.0.2.1'));
	t.deepEqual(
		answers.slice(0, 30),
		Array.from({ length: 30 }, () => 401),
	);
	t.is(answers[30], 429);
	t.is(await attempt(web, 'somebody', 'a guess', '192.0.2.2'), 401);
});

test('a hash fits its password only, in whatever way its letters are typed', async (t) => {
	const hash = await hashPassword('caf\u00e9 au lait');
	t.true(await verifyPassword('cafe\u0301 au lait', hash));
	t.false(await verifyPassword('cafe au lait', hash));
	t.false(await verifyPassword('caf\u00e9 au lait', null));
	t.not(await hashPassword('caf\u00e9 au lait'), hash);
});

test('a hash of the reference implementation, at another cost, is understood', async (t) => {
	// https://github.com/P-H-C/phc-winner-argon2, test.c: argon2id, version 19, 64 MiB, two passes.
	const hash = '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc';
	t.true(await verifyPassword('password', hash));
	t.false(await verifyPassword('passwort', hash));
});

test('passwords that are guessed first are refused', (t) => {
	t.is(passwordProblem('four words of mine', 'Ada'), undefined);
	t.regex(passwordProblem('short', 'Ada') ?? '', /10 characters or more/);
	t.regex(passwordProblem('aaaaaaaaaaaa', 'Ada') ?? '', /repeats/);
	t.regex(passwordProblem('adalovelace1', 'AdaLovelace') ?? '', /your name/);
	t.regex(passwordProblem('x'.repeat(201), 'Ada') ?? '', /200 characters or less/);
});
