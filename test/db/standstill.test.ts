import test from 'ava';
import { standsStill } from '../../db/standstill.ts';
import type { Progress } from '../../db/tables.ts';

const rightly: [progress: Progress | null, seconds: number, why: string][] = [
	[null, 300, 'what has told nothing yet'],
	[{ stage: 'cutting', percent: 42 }, 300, 'a cut'],
	[{ stage: 'checking', percent: 100 }, 300, 'a check'],
	[{ stage: 'uploading' }, 300, 'an upload of which nothing is sent yet'],
	[{ stage: 'packing', percent: 98 }, 1_800, 'an MP4 whose index is moved to the front'],
	[{ stage: 'uploading', percent: 99.99 }, 300, 'an upload'],
	[{ stage: 'uploading', percent: 100 }, 1_800, 'an upload that the disk writes down'],
	[{ stage: 'publishing' }, 600, 'a commit'],
	[{ stage: 'of another version' }, 300, 'a stage of another version'],
];
for (const [progress, seconds, why] of rightly) {
	test(`${why} stands still after ${seconds} s of silence, and not before`, (t) => {
		t.false(standsStill(progress, 0));
		t.false(standsStill(progress, seconds));
		t.true(standsStill(progress, seconds + 1));
	});
}
