import test from 'ava';
import fc from 'fast-check';
import { bestSequence, JOIN_TOLERANCE } from '../../../cutter/segments/best-sequence.ts';
import type { Segment, SegmentType } from '../../../cutter/segments/name.ts';

/** A segment in seconds: [start, end, type, size]; full and without a size unless given. */
type Sketch = [start: number, end: number, type?: SegmentType, size?: number];

interface Case {
	says: string;
	segments: Sketch[];
	range: [number, number];
	/** [from, to] of the parts that play, in seconds; with the index of the segment where it is not plain. */
	plays: [from: number, to: number, index?: number][];
	holes: [number, number][];
}

const cases: Case[] = [
	{
		says: 'segments that join play whole, also where they reach over the range',
		segments: [
			[0, 2],
			[2, 4],
			[4, 6],
			[6, 8],
		],
		range: [3, 5],
		plays: [
			[2, 4],
			[4, 6],
		],
		holes: [],
	},
	{ says: 'nothing recorded is one hole', segments: [], range: [3, 5], plays: [], holes: [[3, 5]] },
	{
		says: 'holes before, between and after are clipped to the range',
		segments: [
			[2, 4],
			[6, 8],
		],
		range: [1, 9],
		plays: [
			[2, 4],
			[6, 8],
		],
		holes: [
			[1, 2],
			[4, 6],
			[8, 9],
		],
	},
	{
		says: 'a gap of 10 ms joins',
		segments: [
			[0, 2],
			[2.01, 4],
		],
		range: [0, 4],
		plays: [
			[0, 2],
			[2.01, 4],
		],
		holes: [],
	},
	{
		says: 'a gap of 11 ms is a hole',
		segments: [
			[0, 2],
			[2.011, 4],
		],
		range: [0, 4],
		plays: [
			[0, 2],
			[2.011, 4],
		],
		holes: [[2, 2.011]],
	},
	{
		says: 'an overlap of 10 ms joins, and both play whole',
		segments: [
			[0, 2.01],
			[2, 4],
		],
		range: [0, 4],
		plays: [
			[0, 2.01],
			[2, 4],
		],
		holes: [],
	},
	{
		says: 'with a greater overlap the later full segment takes over at its start',
		segments: [
			[0, 2],
			[1.5, 3.5],
		],
		range: [0, 3],
		plays: [
			[0, 1.5],
			[1.5, 3.5],
		],
		holes: [],
	},
	{
		says: 'of two recorders one is kept as long as its segments join',
		segments: [
			[0, 2],
			[1, 3],
			[2, 4],
			[3, 5],
		],
		range: [0.5, 4],
		plays: [
			[0, 2, 0],
			[2, 4, 2],
		],
		holes: [],
	},
	{
		says: 'where one of two recorders ends, the other goes on without a hole',
		segments: [
			[0, 2],
			[1, 3],
			[2, 4],
			[3, 5],
			[5, 7],
		],
		range: [0.5, 7],
		plays: [
			[0, 2, 0],
			[2, 3, 2],
			[3, 5, 3],
			[5, 7, 4],
		],
		holes: [],
	},
	{
		says: 'full is better than suspect and partial, whatever their length and size',
		segments: [
			[0, 4, 'suspect', 900],
			[0, 2, 'full', 1],
			[0, 5, 'partial', 999],
		],
		range: [0, 2],
		plays: [[0, 2, 1]],
		holes: [],
	},
	{
		says: 'of full segments the longest is best',
		segments: [
			[0, 2, 'full', 900],
			[0, 2.04, 'full', 100],
		],
		range: [0, 2],
		plays: [[0, 2.04, 1]],
		holes: [],
	},
	{
		says: 'of full segments of the same length the largest is best',
		segments: [
			[0, 2, 'full', 100],
			[0, 2, 'full', 900],
			[0, 2, 'full', 500],
		],
		range: [0, 2],
		plays: [[0, 2, 1]],
		holes: [],
	},
	{
		says: 'suspect is better than a larger partial, and is followed by a hole although the next one joins',
		segments: [
			[0, 2, 'partial', 900],
			[0, 2, 'suspect', 100],
			[2, 4],
		],
		range: [0, 4],
		plays: [
			[0, 2, 1],
			[2, 4, 2],
		],
		holes: [[2, 2]],
	},
	{
		says: 'of partial segments the largest is best, even if it claims less time',
		segments: [
			[0, 2, 'partial', 100],
			[0, 1, 'partial', 900],
		],
		range: [0, 2],
		plays: [[0, 1, 1]],
		holes: [[1, 2]],
	},
	{
		says: 'a range that ends inside a partial segment has a hole at its end',
		segments: [[0, 2, 'partial']],
		range: [0, 1],
		plays: [[0, 2]],
		holes: [[1, 1]],
	},
	{
		says: 'a full segment that begins inside a partial one takes over there',
		segments: [
			[0, 4, 'partial'],
			[3, 5],
		],
		range: [0, 5],
		plays: [
			[0, 3],
			[3, 5],
		],
		holes: [[3, 3]],
	},
	{
		says: 'a partial one shows only what no full one covers',
		segments: [
			[0, 4],
			[2, 6, 'partial'],
		],
		range: [0, 6],
		plays: [
			[0, 4],
			[4, 6],
		],
		holes: [[6, 6]],
	},
	{
		says: 'a partial one may appear before and after a full one',
		segments: [
			[0, 8, 'partial'],
			[2, 4],
		],
		range: [0, 8],
		plays: [
			[0, 2, 0],
			[2, 4, 1],
			[4, 8, 0],
		],
		holes: [
			[2, 2],
			[8, 8],
		],
	},
	{
		says: 'a segment inside a longer one is not needed',
		segments: [
			[0, 6],
			[2, 4],
			[6, 8],
		],
		range: [0, 8],
		plays: [
			[0, 6, 0],
			[6, 8, 2],
		],
		holes: [],
	},
	{
		says: 'only what has a part in the half-open range is chosen',
		segments: [
			[0, 2],
			[2, 4],
			[4, 6],
		],
		range: [2, 4],
		plays: [[2, 4, 1]],
		holes: [],
	},
];

for (const { says, segments, range, plays, holes } of cases) {
	test(says, (t) => {
		const candidates = segments.map(segment);
		const [start, end] = [ticks(range[0]), ticks(range[1])];
		const found = bestSequence(candidates.toReversed(), start, end);
		t.deepEqual(
			found.segments.map(({ from, to }) => [from, to]),
			plays.map(([from, to]) => [ticks(from), ticks(to)]),
		);
		for (const [position, [, , index]] of plays.entries()) {
			if (index !== undefined) t.is(found.segments[position]?.path, candidates[index]?.path);
		}
		t.deepEqual(
			found.holes,
			holes.map(([from, to]) => ({ start: ticks(from), end: ticks(to) })),
		);
	});
}

test('what is best of its start but covered by others is named as unused', (t) => {
	const candidates = [
		segment([0, 6], 0),
		segment([2, 4], 1),
		segment([6, 8], 2),
		segment([5, 7, 'partial'], 3),
	];
	const { unused } = bestSequence(candidates, 0, ticks(8));
	t.deepEqual(unused.map((one) => one.path).toSorted(), ['1.ts', '3.ts']);
});

const sketches = fc.array(
	fc.record({
		start: fc.oneof(
			fc.integer({ min: 0, max: 40_000 }),
			fc.integer({ min: 0, max: 20 }).map((n) => n * 1800),
		),
		duration: fc.oneof(fc.integer({ min: 1, max: 9_000 }), fc.constant(1800)),
		type: fc.constantFrom<SegmentType>('full', 'full', 'full', 'suspect', 'partial'),
		size: fc.nat(5),
	}),
	{ maxLength: 30 },
);
const range = fc.tuple(fc.integer({ min: 0, max: 30_000 }), fc.integer({ min: 1, max: 20_000 }));

test('the parts and holes of any sequence make up the range in order, joined within the tolerance', (t) => {
	fc.assert(
		fc.property(sketches, range, (sketch, [start, length]) => {
			const end = start + length;
			const { segments, holes } = bestSequence(named(sketch), start, end);
			for (const one of segments)
				t.true(one.from < one.to && one.from >= one.start && one.to <= one.start + one.duration);
			for (const [index, one] of segments.slice(1).entries()) {
				t.true(one.from >= segments[index]!.to - JOIN_TOLERANCE);
			}
			for (const hole of holes) t.true(hole.start >= start && hole.start <= hole.end && hole.end <= end);
			const pieces = [...segments.map((one) => ({ start: one.from, end: one.to })), ...holes];
			let reached = start;
			for (const piece of pieces.toSorted((a, b) => a.start - b.start)) {
				t.true(piece.start - reached <= JOIN_TOLERANCE);
				reached = Math.max(reached, piece.end);
			}
			t.true(end - reached <= JOIN_TOLERANCE);
		}),
		{ numRuns: 2000 },
	);
});

test('a time that a segment covers is never in a hole, and one that a full segment covers is shown by a full one', (t) => {
	fc.assert(
		fc.property(sketches, range, (sketch, [start, length]) => {
			const end = start + length;
			const { segments, holes } = bestSequence(named(sketch), start, end);
			// Of one start only the best counts: a full one may be shorter than a partial one of the same start.
			const best = bestOfEachStart(named(sketch));
			for (const one of best) {
				const [from, to] = [Math.max(one.start, start), Math.min(one.start + one.duration, end)];
				if (from >= to) continue;
				for (const hole of holes) t.true(Math.min(hole.end, to) <= Math.max(hole.start, from));
				if (one.type !== 'full') continue;
				for (const shown of segments) {
					if (shown.type === 'full') continue;
					t.true(Math.min(shown.to, to) - Math.max(shown.from, from) <= JOIN_TOLERANCE);
				}
			}
		}),
		{ numRuns: 2000 },
	);
});

test('every suspect or partial part is followed by a hole', (t) => {
	fc.assert(
		fc.property(sketches, range, (sketch, [start, length]) => {
			const end = start + length;
			const { segments, holes } = bestSequence(named(sketch), start, end);
			for (const one of segments) {
				if (one.type === 'full') continue;
				const stop = Math.min(one.to, end);
				t.true(holes.some((hole) => hole.start === stop));
			}
		}),
		{ numRuns: 1000 },
	);
});

test('the order in which segments are found does not matter', (t) => {
	fc.assert(
		fc.property(sketches, range, fc.infiniteStream(fc.nat()), (sketch, [start, length], random) => {
			const candidates = named(sketch);
			const shuffled = candidates
				.map((one) => ({ one, key: random.next().value }))
				.toSorted((a, b) => a.key - b.key)
				.map(({ one }) => one);
			t.deepEqual(
				bestSequence(shuffled, start, start + length),
				bestSequence(candidates, start, start + length),
			);
		}),
	);
});

function bestOfEachStart(segments: Segment[]): Segment[] {
	const rank = (one: Segment) =>
		one.type === 'full'
			? [2, one.duration, one.size ?? 0]
			: [one.type === 'suspect' ? 1 : 0, one.size ?? 0, 0];
	const better = (a: Segment, b: Segment) => {
		const [ranksA, ranksB] = [rank(a), rank(b)];
		const place = ranksA.findIndex((value, index) => value !== ranksB[index]);
		return place < 0 ? a.path > b.path : ranksA[place]! > ranksB[place]!;
	};
	return segments.filter(
		(one) => !segments.some((other) => other.start === one.start && other !== one && better(other, one)),
	);
}

function named(sketch: Omit<Segment, 'path'>[]): Segment[] {
	return sketch.map((one, index) => ({ ...one, path: `${index}.ts` }));
}

function segment([start, end, type = 'full', size]: Sketch, index: number): Segment {
	const one = { path: `${index}.ts`, start: ticks(start), duration: ticks(end) - ticks(start), type };
	return size === undefined ? one : { ...one, size };
}

function ticks(seconds: number): number {
	return Math.round(seconds * 90_000);
}
