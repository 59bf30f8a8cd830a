import test from 'ava';
import { wallTime } from '../../../cutter/segments/wall-time.ts';

test("the picture with the segment's smallest PTS is shown at the segment's start", (t) => {
	t.is(wallTime({ start: 1_000_000 }, 126_000, 126_000), 1_000_000);
});

test('a later picture is shown as much later as its PTS is', (t) => {
	t.is(wallTime({ start: 1_000_000 }, 129_600, 126_000), 1_003_600);
});

test('PTS that begin again at 0 within a segment go on', (t) => {
	t.is(wallTime({ start: 1_000_000 }, 1800, 2 ** 33 - 1800), 1_003_600);
});
