import test from 'ava';
import { publishedDescription } from '../../db/chapters.ts';

const CHAPTER = { at: 1_000, title: 'Talk' };
const RANGE = { start: 0, end: 10_000, blend: 0 };

test('chapters follow a description without the space at its end, however much stands within it', (t) => {
	const spaces = ' \t\r\n'.repeat(12_500);
	// A regular expression for this took 14 s.
	t.is(
		publishedDescription(`${spaces}By Ada.${spaces}`, [CHAPTER], [RANGE]),
		`${spaces}By Ada.\n\n0:01 Talk`,
	);
	t.is(publishedDescription(spaces, [CHAPTER], [RANGE]), '0:01 Talk');
	t.is(publishedDescription(spaces, [], [RANGE]), spaces);
});
