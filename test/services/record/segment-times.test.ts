import test from 'ava';
import { recordedTimes } from '../../../services/record/segment-times.ts';

test('at a constant rate a file ends one interval after its last picture is shown', (t) => {
	// In decoding order: I, P, B, B.
	t.deepEqual(recordedTimes(pictures([3600, 14_400, 7200, 10_800])), {
		first: 3600,
		end: 18_000,
		constantRate: true,
	});
});

test('23.976 pictures a second are a constant rate although ticks are whole', (t) => {
	const pts = Array.from({ length: 48 }, (_, number) => Math.round(number * 3753.75));
	t.like(recordedTimes(pictures(pts)), { constantRate: true, end: 48 * 3753.75 });
});

test('at a varying rate only the next file can tell the end', (t) => {
	t.false(recordedTimes(pictures([0, 3600, 18_000])).constantRate);
	t.false(recordedTimes(pictures([0])).constantRate);
});

test('PTS that began again at 0 go on from the file before', (t) => {
	const near = 2 ** 33 - 100;
	t.like(recordedTimes(pictures([50, 3650]), near), { first: 2 ** 33 + 50, end: 2 ** 33 + 7250 });
});

function pictures(pts: number[]) {
	return {
		pictures: pts.map((one) => ({ pts: one })),
		smallestPts: Math.min(...pts),
		largestPts: Math.max(...pts),
	};
}
