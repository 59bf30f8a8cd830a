import test from 'ava';
import fc from 'fast-check';
import {
	paintTestPicture,
	readTestFrameNumber,
	testFrameNumber,
} from '../../../services/record/test-picture.ts';

test('a picture carries the number of its frame, counted from midnight', (t) => {
	fc.assert(
		fc.property(fc.integer({ min: 0, max: 4_000_000_000_000 }), (milliseconds) => {
			const [width, height] = [320, 180];
			const luma = paintTestPicture(milliseconds, width, height).subarray(0, width * height);
			t.is(readTestFrameNumber(luma, width, height), testFrameNumber(milliseconds));
		}),
		{ numRuns: 50 },
	);
});

test('frame numbers go up by one every 40 ms and begin again at midnight UTC', (t) => {
	const noon = Date.UTC(2026, 4, 1, 12);
	t.is(testFrameNumber(noon), 12 * 3600 * 25);
	t.is(testFrameNumber(noon + 39), 12 * 3600 * 25);
	t.is(testFrameNumber(noon + 40), 12 * 3600 * 25 + 1);
	t.is(testFrameNumber(Date.UTC(2026, 4, 2)), 0);
});

test('a picture without a row of blocks has no number', (t) => {
	t.is(readTestFrameNumber(new Uint8Array(320 * 180).fill(128), 320, 180), undefined);
});
