import test from 'ava';
import { frameRateOf } from '../../../../services/web/segments/frame-rate.ts';

const at = (rate: number, count: number) =>
	Array.from({ length: count }, (_, n) => Math.round((n * 90_000) / rate));

test('the rates of television and film are known through the rounding of their times', (t) => {
	const rates: [number, number, number][] = [
		[24, 24, 1],
		[24_000 / 1001, 24_000, 1001],
		[25, 25, 1],
		[30_000 / 1001, 30_000, 1001],
		[50, 50, 1],
		[60_000 / 1001, 60_000, 1001],
		[60, 60, 1],
	];
	for (const [rate, numerator, denominator] of rates)
		t.deepEqual(frameRateOf(at(rate, 120)), { rate: { numerator, denominator }, constant: true });
});

test('an odd rate is told as it is', (t) => {
	const { rate, constant } = frameRateOf(at(17.5, 40))!;
	t.true(Math.abs(rate.numerator / rate.denominator - 17.5) < 0.001);
	t.true(constant);
});

test('pictures that are shown for different times have no constant rate', (t) => {
	t.false(frameRateOf([0, 3600, 7200, 14_400, 18_000])!.constant);
});

test('one picture has no rate', (t) => {
	t.is(frameRateOf([0]), undefined);
	t.is(frameRateOf([]), undefined);
});
