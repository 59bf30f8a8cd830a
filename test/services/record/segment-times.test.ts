import test from 'ava';
import { anchor, recordedTimes } from '../../../services/record/segment-times.ts';

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

const TIMES = { first: 1000, end: 181_000, constantRate: true };
const LATER = { first: 181_000, end: 361_000, constantRate: true };
const MUCH_LATER = { first: 9_000_000, end: 9_180_000, constantRate: true };
const none = { offset: undefined, lastEnd: undefined, begin: undefined, now: 0, notBefore: 0 };
const running = { ...none, offset: 50_000, lastEnd: 181_000 };

test('of a live stream the last picture of the first file is shown when the file is complete', (t) => {
	t.is(anchor(TIMES, { ...none, now: 1_000_000 }), 1_000_000 - 181_000);
});

test('no recording begins before the end of what is stored', (t) => {
	t.is(anchor(TIMES, { ...none, now: 1_000_000, notBefore: 950_000 }), 950_000 - 1000);
	t.is(anchor(TIMES, { ...none, begin: 700_000, notBefore: 950_000 }), 950_000 - 1000);
});

test('later files keep to the first one’s time, however late they are read', (t) => {
	t.is(anchor(LATER, { ...running, now: 99_000_000 }), 50_000);
});

test('PTS of a live stream that jump are judged by the time of day anew', (t) => {
	const restarted = { ...running, lastEnd: 5_000_000, now: 8_000_000, notBefore: 5_050_000 };
	t.is(anchor(TIMES, restarted), 8_000_000 - 181_000);
	t.is(anchor(MUCH_LATER, { ...running, now: 8_000_000 }), 8_000_000 - 9_180_000);
});

test('in a dated file a gap in the PTS is a gap in time, and PTS that jump back go on', (t) => {
	t.is(anchor(MUCH_LATER, { ...running, begin: 51_000 }), 50_000);
	t.is(anchor(TIMES, { ...running, begin: 51_000, lastEnd: 5_000_000 }), 5_000_000 + 50_000 - 1000);
});

function pictures(pts: number[]) {
	return {
		pictures: pts.map((one) => ({ pts: one })),
		smallestPts: Math.min(...pts),
		largestPts: Math.max(...pts),
	};
}
