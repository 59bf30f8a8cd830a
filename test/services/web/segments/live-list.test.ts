import test from 'ava';
import type { SequenceSegment } from '../../../../cutter/segments/best-sequence.ts';
import { LiveList } from '../../../../services/web/segments/live-list.ts';
import type { PlaylistEntry } from '../../../../services/web/segments/playlist.ts';

const SECOND = 90_000;

/** Segments of 2 s at these seconds. */
function at(...seconds: number[]): PlaylistEntry[] {
	return seconds.map((second, n) => {
		const start = second * SECOND;
		const segment: SequenceSegment = {
			...{ path: `/h/${second}`, start, duration: 2 * SECOND, type: 'full' as const },
			...{ from: start, to: start + 2 * SECOND },
		};
		return { segment, discontinuity: n > 0 && second !== seconds[n - 1]! + 2 };
	});
}

function told(list: LiveList): string {
	return list
		.playlist('live')
		.entries.map(({ segment, discontinuity }) => `${discontinuity ? '|' : ''}${segment.start / SECOND}`)
		.join(' ');
}

test('what is new comes behind, and the numbers stay', (t) => {
	const list = new LiveList();
	list.update(at(0, 2), 0);
	list.update(at(0, 2, 4), 0);
	list.update(at(0, 2, 4), 0);
	t.is(told(list), '0 2 4');
	t.is(list.playlist('EVENT').mediaSequence, 0);
});

test('a segment that comes late, between those that players know, is not put in', (t) => {
	const list = new LiveList();
	list.update(at(0, 2, 6), 0);
	list.update(at(0, 2, 4, 6, 8), 0);
	t.is(told(list), '0 2 |6 8');
});

test('a better segment does not take the place of one that players know', (t) => {
	const list = new LiveList();
	list.update(at(0, 2, 4), 0);
	const better = at(0, 2, 4, 6);
	better[2] = { ...better[2]!, segment: { ...better[2]!.segment, path: '/h/better' } };
	list.update(better, 0);
	t.deepEqual(
		list.playlist('EVENT').entries.map(({ segment }) => segment.path),
		['/h/0', '/h/2', '/h/4', '/h/6'],
	);
});

test('what comes after a hole waits some seconds for what is missing', (t) => {
	const list = new LiveList();
	list.update(at(0, 2), 0);
	list.update(at(0, 2, 6), 1_000);
	t.is(told(list), '0 2');
	list.update(at(0, 2, 4, 6), 3_000);
	t.is(told(list), '0 2 4 6');
	list.update(at(0, 2, 4, 6, 10), 4_000);
	list.update(at(0, 2, 4, 6, 10, 12), 9_999);
	t.is(told(list), '0 2 4 6');
	list.update(at(0, 2, 4, 6, 10, 12), 10_000);
	t.is(told(list), '0 2 4 6 |10 12');
});

test('numbers go on as segments and discontinuities are dropped from the beginning', (t) => {
	const list = new LiveList();
	list.update(at(0, 2, 6, 8), 0, 1000);
	list.dropBefore(2 * SECOND);
	t.is(told(list), '2 |6 8');
	t.like(list.playlist('live'), { mediaSequence: 1001, discontinuitySequence: 0 });
	list.dropBefore(8 * SECOND);
	t.is(told(list), '8');
	t.like(list.playlist('live'), { mediaSequence: 1003, discontinuitySequence: 1 });
	list.dropBefore(100 * SECOND);
	t.like(list.playlist('live'), { mediaSequence: 1004, entries: [] });
	list.update(at(200), 0);
	t.like(list.playlist('live'), { mediaSequence: 1004 });
	t.is(told(list), '200');
});

test('the target duration never shrinks', (t) => {
	const list = new LiveList();
	const long = at(0).map((entry) => ({ ...entry, segment: { ...entry.segment, duration: 5 * SECOND } }));
	list.update(long, 0);
	list.dropBefore(100 * SECOND);
	list.update(at(100), 0);
	t.is(list.playlist('live').targetDuration, 5);
});
