import { spawn } from 'node:child_process';
import path from 'node:path';
import type { ExecutionContext } from 'ava';
import test from 'ava';
import { createDatabase } from '../../../support/database.ts';

const MAIN = path.join(import.meta.dirname, '../../../../services/main.ts');
const PASSWORD = 'seven brown foxes';

interface Ended {
	code: number | null;
	out: string;
	complaints: string;
}

/** Runs a program to its end, with that text on its standard input, or with an answer to each question it asks. */
function run(
	program: string,
	words: string[],
	input: string | { question: string; answer: string }[],
	url: string,
): Promise<Ended> {
	const child = spawn(program, words, {
		env: { ...process.env, DATABASE_URL: url, CUTSHEET_LOG_LEVEL: 'silent' },
	});
	const ended: Ended = { code: null, out: '', complaints: '' };
	const answers = typeof input === 'string' ? [] : [...input];
	child.stdout.on('data', (chunk) => {
		ended.out += chunk;
		if (answers[0] && ended.out.endsWith(answers[0].question)) child.stdin.write(answers.shift()!.answer);
	});
	child.stderr.on('data', (chunk) => {
		ended.complaints += chunk;
	});
	if (typeof input === 'string') child.stdin.end(input);
	return new Promise((resolve) => child.once('close', (code) => resolve({ ...ended, code })));
}

async function world(t: ExecutionContext) {
	const { db, url } = await createDatabase(t);
	return {
		db,
		url,
		cutsheet: (words: string[], input = '') => run(process.execPath, [MAIN, ...words], input, url),
	};
}

test('an account is made with a password from standard input, changed, and shown without its hash', async (t) => {
	const { db, cutsheet } = await world(t);
	t.like(await cutsheet(['user', 'add', 'Ada', '--role', 'admin'], `${PASSWORD}\n`), {
		code: 0,
		out: 'Ada can sign in now, with the role admin.\n',
	});
	const { password_hash } = await db.selectFrom('accounts').selectAll().executeTakeFirstOrThrow();
	t.regex(password_hash ?? '', /^\$argon2id\$v=19\$m=47104,t=1,p=1\$/);
	t.is((await cutsheet(['user', 'add', 'Bo', '--role', 'viewer', '--no-password'])).code, 0);
	t.is((await cutsheet(['user', 'role', 'bo', 'editor'])).code, 0);
	const { out } = await cutsheet(['user', 'list']);
	t.is(out, 'Ada  admin  never signed in\nBo  editor  never signed in\n');
	t.false((await cutsheet(['user', 'list', '--json'])).out.includes('argon2'));
	const told = await db.selectFrom('account_history').select(['account', 'what']).orderBy('id').execute();
	t.deepEqual(told, [
		{ account: 'Ada', what: 'created with the role admin' },
		{ account: 'Bo', what: 'created with the role viewer' },
		{ account: 'Bo', what: 'role viewer → editor' },
	]);
});

test('what is not sound about an account is refused with a sentence', async (t) => {
	const { cutsheet } = await world(t);
	t.like(await cutsheet(['user', 'add', 'Ada', '--role', 'admin'], 'short\n'), { code: 2 });
	t.like(await cutsheet(['user', 'add', 'Ada', '--role', 'admin'], ''), { code: 2 });
	await cutsheet(['user', 'add', 'Ada', '--role', 'admin', '--no-password']);
	const refused: [string[], string][] = [
		[['user', 'add', 'ada', '--role', 'editor', '--no-password'], 'there already is an account "ada"'],
		[
			['user', 'role', 'Ada', 'editor'],
			'"Ada" is the only admin who is left. Make another account an admin first.',
		],
		[['user', 'disable', 'Ada'], '"Ada" is the only admin who is left. Make another account an admin first.'],
		[['user', 'remove', 'Ada'], '"Ada" is the only admin who is left. Make another account an admin first.'],
		[['user', 'disable', 'Eve'], 'There is no account “Eve”. Type: cutsheet user list'],
		[['token', 'revoke', 'Ada', 'x'], 'Ada has no token “x”.'],
	];
	for (const [words, sentence] of refused) {
		t.deepEqual(await cutsheet(words), { code: 3, out: '', complaints: `cutsheet: ${sentence}\n` });
	}
});

test('at a terminal the password is asked for twice, and not shown', async (t) => {
	const { db, url } = await world(t);
	const command = `${process.execPath} ${MAIN} user add Ada --role admin`;
	const { code, out } = await run(
		'script',
		['-qec', command, '/dev/null'],
		`${PASSWORD}\n${PASSWORD}\n`,
		url,
	);
	t.is(code, 0, out);
	t.regex(out, /New password: \s+Once more: \s+Ada can sign in now/);
	t.is((await db.selectFrom('accounts').select('name').execute()).length, 1);
});

test('a token is printed once, and listed without itself', async (t) => {
	const { db, cutsheet } = await world(t);
	await cutsheet(['user', 'add', 'Ada', '--role', 'admin', '--no-password']);
	const made = await cutsheet(['token', 'add', 'Ada', '--name', 'backup', '--scope', 'read', '--days', '30']);
	t.regex(made.out, /^cutsheet_[\w-]{43}\n$/);
	const token = await db.selectFrom('api_tokens').selectAll().executeTakeFirstOrThrow();
	t.false(JSON.stringify(token).includes(made.out.trim()));
	t.regex((await cutsheet(['token', 'list'])).out, /^Ada {2}backup {2}read {2}until .*Z {2}never used\n$/);
	t.is((await cutsheet(['token', 'revoke', 'Ada', 'backup'])).out, 'The token “backup” of Ada is revoked.\n');
	t.is((await cutsheet(['token', 'list'])).out, 'There are no tokens.\n');
});
