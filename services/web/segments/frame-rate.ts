import { TICKS_PER_SECOND } from '../../../cutter/segments/ticks.ts';

/** Pictures per second, as a fraction. */
export interface FrameRate {
	numerator: number;
	denominator: number;
}

/** The rates of television and film, which clocks only come near to. */
const KNOWN: readonly FrameRate[] = [
	...[24, 30, 48, 60, 120].flatMap((rate) => [
		{ numerator: rate, denominator: 1 },
		{ numerator: rate * 1000, denominator: 1001 },
	]),
	...[5, 10, 12, 15, 20, 25, 50, 100].map((rate) => ({ numerator: rate, denominator: 1 })),
	{ numerator: 15_000, denominator: 1001 },
];

/**
 * The rate of a segment whose pictures are shown at these times (ticks, in order), and whether it is constant: whether all
 * pictures are shown equally long, to a tick or two. Undefined with fewer than two pictures.
 */
export function frameRateOf(pictures: ArrayLike<number>): { rate: FrameRate; constant: boolean } | undefined {
	const count = pictures.length - 1;
	if (count < 1) return undefined;
	const length = pictures[count]! - pictures[0]!;
	if (length <= 0) return undefined;
	const mean = length / count;
	let largest = 0;
	for (let n = 1; n <= count; n++)
		largest = Math.max(largest, Math.abs(pictures[n]! - pictures[n - 1]! - mean));
	return { rate: nearest(mean, count), constant: largest <= 2 };
}

/** The known rate that these pictures can have; else the mean itself. Each time may be a tick beside the true one. */
function nearest(mean: number, count: number): FrameRate {
	const distance = ({ numerator, denominator }: FrameRate) =>
		Math.abs((TICKS_PER_SECOND * denominator) / numerator - mean);
	const best = KNOWN.reduce((a, b) => (distance(b) < distance(a) ? b : a));
	if (distance(best) <= 2 / count) return best;
	return { numerator: TICKS_PER_SECOND * 1000, denominator: Math.round(mean * 1000) };
}
