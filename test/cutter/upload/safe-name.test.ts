import test from 'ava';
import fc from 'fast-check';
import { thumbnailName } from '../../../cutter/upload/container.ts';
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

test('a title as long as a cell may be has a name that a disk takes', (t) => {
	for (const [title, name] of [
		['x'.repeat(50_000), `${'x'.repeat(248)}.ts`],
		['ö'.repeat(50_000), `${'ö'.repeat(124)}.ts`],
		[`${'. '.repeat(25_000)}x`, 'video.ts'],
		['👩‍👩‍👧‍👦'.repeat(2_000), 'video.ts'],
	] as const)
		t.is(safeName(title, '.ts'), name);
});

test('any title gives a visible name of at most 255 bytes, its picture’s too, and nothing that separates folders', (t) => {
	fc.assert(
		fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (title) => {
			const name = safeName(title, ' 12345678.ts');
			t.true(Buffer.byteLength(thumbnailName(name)) <= 255);
			t.true(Buffer.byteLength(thumbnailName(safeName(title, ' 12345678'))) <= 255);
			t.regex(name, /^[^./\\\p{C}-][^/\\\p{C}]* 12345678\.ts$/u);
		}),
	);
});
