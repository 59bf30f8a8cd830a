import { spawnSync } from 'node:child_process';
import path from 'node:path';
import test from 'ava';
import { withoutPasswords } from '../../services/passwords.ts';

const texts: [text: string, shown: string][] = [
	['postgres://me:secret@host:5432/db', 'postgres://me:***@host:5432/db'],
	['at "https://:secret@host/" now', 'at "https://:***@host/" now'],
	['postgres://me:s@cr@t@host/db', 'postgres://me:***@host/db'],
	['http://host:8013/a', 'http://host:8013/a'],
	['host=a password=secret user=b', 'host=a password=*** user=b'],
	['nothing to hide: a@b', 'nothing to hide: a@b'],
];

for (const [text, shown] of texts) {
	test(`“${text}” is shown as “${shown}”`, (t) => {
		t.is(withoutPasswords(text), shown);
	});
}

test('a log on a pipe is JSON without secrets, in message, fields and errors', (t) => {
	const logging = path.join(import.meta.dirname, '../../services/logging.ts');
	const script = `
		const { openLog } = await import(${JSON.stringify(logging)});
		const log = await openLog('test');
		log.info({ password: 'S3CRET', inner: { token: 'S3CRET' }, url: 'postgres://a:S3CRET@b/c' }, 'to postgres://a:S3CRET@b/c');
		log.error({ err: new Error('cannot reach postgres://a:S3CRET@b/c') }, 'failed');`;
	const { stderr, stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
		encoding: 'utf8',
	});
	t.is(stdout, '');
	t.false(stderr.includes('S3CRET'), stderr);
	const lines = stderr
		.trim()
		.split('\n')
		.map((line) => JSON.parse(line));
	t.like(lines[0], { name: 'test', msg: 'to postgres://a:***@b/c', inner: { token: '***' } });
	t.is(lines.length, 2);
});
