import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import test from 'ava';
import fastify from 'fastify';
import { answerProblems } from '../../../services/web/problem.ts';
import { silent } from '../../support/recording.ts';

test('what the operating system refuses is said with its code and what to do, without a path', async (t) => {
	const app = fastify();
	answerProblems(app, silent);
	app.get('/file', () => readFile(tmpdir()));
	const { statusCode, json, body } = await app.inject('/file');
	t.is(statusCode, 503);
	t.regex(
		json<{ error: { sentence: string } }>().error.sentence,
		/refuses something \(EISDIR\)\. Try again; if it stays so, tell/,
	);
	t.notRegex(body, /tmp/);
	await app.close();
});

test('a mistake of ours is no fault of the machine', async (t) => {
	const app = fastify();
	answerProblems(app, silent);
	app.get('/', () => {
		throw new TypeError('undefined is not a function');
	});
	const { statusCode, json } = await app.inject('/');
	t.is(statusCode, 500);
	t.deepEqual(json(), {
		error: { sentence: 'Something went wrong here. The log of the web service says more.' },
	});
	await app.close();
});
