import test from 'ava';
import { Pace } from '../../../cutter/claim/pace.ts';

test('a pace is what was done per second, and none before something was', (t) => {
	const pace = new Pace();
	t.is(pace.note(0, 1_000), undefined);
	t.is(pace.note(0, 3_000), undefined);
	t.is(pace.note(600, 4_000), 200);
});

test('a pace forgets what is longer ago than half a minute', (t) => {
	const pace = new Pace();
	for (let second = 0; second <= 100; second += 2) pace.note(second * 1_000, second * 1_000);
	let last: number | undefined;
	for (let second = 102; second <= 140; second += 2)
		last = pace.note(100_000 + (second - 100) * 10, second * 1_000);
	t.is(last, 10);
});

test('after an interruption that cost something a pace is that from then on', (t) => {
	const pace = new Pace();
	pace.note(0, 0);
	t.is(pace.note(5_000, 2_000), 2_500);
	t.is(pace.note(1_000, 4_000), undefined);
	t.is(pace.note(1_400, 6_000), 200);
});
