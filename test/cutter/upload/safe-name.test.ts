import test from 'ava';
import fc from 'fast-check';
import { safeName } from '../../../cutter/upload/safe-name.ts';

const NAMES: [string, string][] = [
	['Opening talk', 'Opening talk.ts'],
	['../../etc/passwd', 'etc passwd.ts'],
	['Größe: 日本語 — ok?', 'Größe 日本語 ok.ts'],
	['a\u0000b\nc\td', 'a b c d.ts'],
	['\u202Egnp.exe', 'gnp.exe.ts'],
	['.hidden', 'hidden.ts'],
	['-rf', 'rf.ts'],
	['', 'video.ts'],
	['???', 'video.ts'],
	['trailing. ', 'trailing.ts'],
];
for (const [title, name] of NAMES) {
	test(`${JSON.stringify(title)} becomes ${name}`, (t) => {
		t.is(safeName(title, '.ts'), name);
	});
}

test('any title gives a visible name of at most 255 bytes with its ending and nothing that separates folders', (t) => {
	fc.assert(
		fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (title) => {
			const name = safeName(title, ' 12345678.ts');
			t.true(Buffer.byteLength(name) <= 255);
			t.regex(name, /^[^./\\\p{C}-][^/\\\p{C}]* 12345678\.ts$/u);
		}),
	);
});
