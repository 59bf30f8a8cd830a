import test from 'ava';
import fc from 'fast-check';
import {
	BUCKET_TICKS,
	bucketsOf,
	drawPeaks,
	peaksOfSamples,
} from '../../../../services/web/segments/peaks.ts';

const SECOND = 90_000;
const samples = (length: number, value: (n: number) => number) =>
	Int16Array.from({ length }, (_, n) => value(n));

test('a bucket of 10 ms has the least and the greatest of its 80 samples', (t) => {
	const { min, max, step } = bucketsOf(
		peaksOfSamples(
			0,
			samples(200, (n) => (n === 85 ? -9 : n)),
		),
	);
	t.is(step, 900);
	t.deepEqual([...min], [0, -9, 160]);
	t.deepEqual([...max], [79, 159, 199]);
});

test('where there is no sound the peaks say so', (t) => {
	const part = peaksOfSamples(
		SECOND,
		samples(8000, () => 16_384),
	);
	t.deepEqual(drawPeaks([part], 0, 3 * SECOND, 3), { min: [null, 0.5, null], max: [null, 0.5, null] });
	t.deepEqual(drawPeaks([], 0, SECOND, 2), { min: [null, null], max: [null, null] });
});

test('finer than what is known, each place shows what is there', (t) => {
	const part = {
		start: 0,
		step: BUCKET_TICKS,
		min: Int16Array.of(-8192, -16_384),
		max: Int16Array.of(8192, 16_384),
	};
	t.deepEqual(drawPeaks([part], 0, 2 * BUCKET_TICKS, 4).max, [0.25, 0.25, 0.5, 0.5]);
});

test('whatever the range and the number of parts, no sample is outside of the peaks and every peak is a sample', (t) => {
	const integer = fc.integer({ min: -32_768, max: 32_767 });
	fc.assert(
		fc.property(
			fc.array(integer, { minLength: 1, maxLength: 400 }),
			fc.integer({ min: 1, max: 50 }),
			fc.integer({ min: 0, max: 300 }),
			(values, count, skipped) => {
				const part = peaksOfSamples(1_000_000, Int16Array.from(values));
				const start = 1_000_000 + Math.min(skipped, values.length - 1) * part.step;
				const end = 1_000_000 + values.length * part.step;
				const { min, max } = drawPeaks([part], start, end, count);
				const inRange = values.slice(Math.min(skipped, values.length - 1));
				const rounded = (value: number) => Math.round((value / 32_768) * 1000) / 1000;
				t.is(Math.max(...max.map((peak) => peak ?? -2)), rounded(Math.max(...inRange)));
				t.is(Math.min(...min.map((peak) => peak ?? 2)), rounded(Math.min(...inRange)));
				t.false(max.includes(null));
			},
		),
		{ numRuns: 300 },
	);
});
