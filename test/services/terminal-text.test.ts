import { spawnSync } from 'node:child_process';
import path from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { printable, printableOnceDecoded } from '../../services/terminal-text.ts';
import { haveTool } from '../support/tool.ts';

const HARMFUL = /[\p{Cc}\u2028-\u202e\u2066-\u2069]/u;
const HOSTILE = 'a\u001b[31mred\u001b]0;title\u0007\u009b2J\u202egnp.exe\u202c\r\b\f\u007f\u0085\\u001b z';
const SHOWN =
	'a\\u001b[31mred\\u001b]0;title\\u0007\\u009b2J\\u202egnp.exe\\u202c\\u000d\\u0008\\u000c\\u007f\\u0085\\u001b z';

test('what a terminal would act on is shown, words of any script and emoji stay', (t) => {
	t.is(printable(HOSTILE), SHOWN);
	for (const text of ['日本語 عربي עברית', '👩‍👩‍👧‍👦 é ✔️', 'two\nlines\tand a tab'])
		t.is(printable(text), text);
});

test('JSON stays the same JSON', (t) => {
	fc.assert(
		fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
			const text = printable(JSON.stringify(value));
			t.notRegex(text, HARMFUL);
			t.deepEqual(JSON.parse(text), JSON.parse(JSON.stringify(value)));
		}),
	);
	t.deepEqual(JSON.parse(printable(JSON.stringify([HOSTILE]))), [HOSTILE]);
});

test('what is decoded from a log line is printable, but for tabs and line ends', (t) => {
	const decode = (text: string) =>
		(JSON.parse(printableOnceDecoded(JSON.stringify({ text }))) as { text: string }).text;
	t.is(decode(HOSTILE), printable(HOSTILE).replace('\\u000d\\u0008\\u000c', '\\r\\b\\f'));
	t.is(decode('at a\n\tat b "quoted" \\n'), 'at a\n\tat b "quoted" \\n');
	fc.assert(
		fc.property(fc.string({ unit: 'binary' }), (text) =>
			t.notRegex(decode(text).replace(/[\n\t]/g, ''), HARMFUL),
		),
	);
});

/** A log of one line, on a pipe or, through script(1), on a terminal. */
function logged(onTerminal: boolean): string {
	const logging = path.join(import.meta.dirname, '../../services/logging.ts');
	const program = `
		const { openLog } = await import(${JSON.stringify(logging)});
		(await openLog('test')).info({ title: process.env.HOSTILE, inner: { err: new Error(process.env.HOSTILE) } }, process.env.HOSTILE);`;
	const words = [process.execPath, '--input-type=module', '--eval', program];
	const env = {
		...process.env,
		HOSTILE,
		NO_COLOR: '1',
		WORDS: words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' '),
	};
	const ran = onTerminal
		? spawnSync('script', ['-qec', env.WORDS, '/dev/null'], { encoding: 'utf8', env })
		: spawnSync(words[0]!, words.slice(1), { encoding: 'utf8', env });
	return ran.stdout + ran.stderr;
}

test('a log on a pipe passes no control character on, and says the same', (t) => {
	const line = logged(false);
	t.notRegex(line.trimEnd(), HARMFUL);
	t.like(JSON.parse(line), { title: HOSTILE, msg: HOSTILE });
});

(haveTool('script', 'bsdutils') ? test : test.skip)(
	'a log on a terminal passes no control character of a text on',
	(t) => {
		const shown = logged(true);
		t.true(shown.includes('red\\u001b]0;title\\u0007\\u009b2J\\u202egnp.exe'), JSON.stringify(shown));
		t.notRegex(shown.replaceAll(/\r?\n/g, ''), HARMFUL);
	},
);
