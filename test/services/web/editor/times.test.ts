import test from 'ava';
import fc from 'fast-check';
import type { EditRange } from '../../../../services/web/pages/editor/edit.ts';
import { loadWindow, padStretch, stretchProblem } from '../../../../services/web/pages/editor/load-window.ts';
import {
	frameStep,
	type MediaSpan,
	mediaAt,
	pictureAt,
	timeInHoles,
	wallAt,
} from '../../../../services/web/pages/editor/media-clock.ts';
import {
	beginResult,
	nextInResult,
	outputLength,
	outputPieces,
	outputTime,
} from '../../../../services/web/pages/editor/output-line.ts';
import {
	formatLength,
	formatTime,
	parseTimeEntry,
	type TimeContext,
} from '../../../../services/web/pages/editor/time-entry.ts';
import {
	fitView,
	followTime,
	panView,
	peakTiles,
	rulerTicks,
	SHORTEST_VIEW,
	timeAt,
	xOf,
	zoomView,
} from '../../../../services/web/pages/editor/timeline-view.ts';

const START = Date.parse('2026-05-01T12:00:00.000Z');
const utc: TimeContext = { style: 'utc', origin: START, current: START + 5_000 };
const since: TimeContext = { ...utc, style: 'since' };

/** What a typed time gives, as ISO 8601; a sentence as it is. */
function typed(text: string, context: TimeContext): string {
	const time = parseTimeEntry(text, context);
	return typeof time === 'string' ? time : new Date(time).toISOString();
}

for (const text of [
	'2026-05-01T12:00:03.200Z',
	'2026-05-01 12:00:03.2',
	' 2026-05-01  12:00:03,2 UTC ',
	'12:00:03.2',
	'-1.8',
	'- 0:01.8',
]) {
	test(`“${text}” is read as 2026-05-01 12:00:03.200 where times are UTC`, (t) => {
		t.is(typed(text, utc), '2026-05-01T12:00:03.200Z');
	});
}

for (const [text, expected] of [
	['90', '12:01:30.000'],
	['1:30', '12:01:30.000'],
	['75:00', '13:15:00.000'],
	['1:02:03.4', '13:02:03.400'],
	['\u22120:12.5', '11:59:47.500'],
	['+1.5', '12:00:06.500'],
	['-0:10', '11:59:55.000'],
	['2026-05-01 12:34', '12:34:00.000'],
] as const) {
	test(`“${text}” is read as ${expected} where times are since the start`, (t) => {
		t.is(typed(text, since), `2026-05-01T${expected}Z`);
	});
}

test('a time of day is of the day that brings it nearest', (t) => {
	const midnight = Date.parse('2026-05-02T00:00:00.000Z');
	t.is(typed('23:59:59', { ...utc, current: midnight + 60_000 }), '2026-05-01T23:59:59.000Z');
	t.is(typed('00:00:01', { ...utc, current: midnight - 60_000 }), '2026-05-02T00:00:01.000Z');
});

for (const [text, sentence] of [
	['2026-02-30 12:00', 'There is no day 2026-02-30.'],
	['25:00', 'There is no time 25:00:0; a day goes from 00:00:00 to 23:59:59.'],
	['soon', 'Type a time such as 12:00:03.200 (UTC), or +1.5 or -0:10 to move it.'],
	['+1:75', '75 seconds are more than a minute.'],
	['', 'Type a time such as 12:00:03.200 (UTC), or +1.5 or -0:10 to move it.'],
] as const) {
	test(`“${text}” is refused with what can be typed`, (t) => t.is(typed(text, utc), sentence));
}

test('an empty field cannot be moved', (t) => {
	t.regex(typed('+1', { ...utc, current: undefined }), /no time yet/);
});

test('every time reads back as it is shown, in both styles', (t) => {
	fc.assert(
		fc.property(fc.integer({ min: -40_000_000, max: 40_000_000 }), (offset) => {
			const time = START + offset;
			for (const style of ['utc', 'since'] as const) {
				const context = { style, origin: START, current: time };
				t.is(parseTimeEntry(formatTime(time, style, START), context), time);
			}
		}),
	);
});

test('a time with a fraction of a millisecond is shown as the nearest one', (t) => {
	t.is(formatTime(START + 159.9996, 'utc', START), '12:00:00.160');
	t.is(formatTime(START + 159.9996, 'since', START), '0:00.160');
});

test('lengths are shown with hours only from an hour on', (t) => {
	t.is(formatLength(0), '0:00.000');
	t.is(formatLength(61_005), '1:01.005');
	t.is(formatLength(3_600_000), '1:00:00.000');
	t.is(formatLength(-1_500), '\u22120:01.500');
});

function ranges(...list: [number, number, number?][]): EditRange[] {
	return list.map(([start, end, seconds], key) => ({
		...{ key, start, end },
		join: seconds === undefined ? null : { kind: 'fade', seconds },
	}));
}

test('the finished video is as long as its ranges without what transitions show twice', (t) => {
	t.is(outputLength(ranges([0, 10_000], [20_000, 25_000])), 15_000);
	t.is(outputLength(ranges([0, 10_000], [20_000, 25_000, 2])), 13_000);
	t.is(outputLength(ranges()), 0);
	t.is(outputLength([{ key: 1, start: 5, end: null, join: null }]), 0);
});

test('a place of the stream has its time in the finished video, and what is cut out has none', (t) => {
	const cut = ranges([60_000, 70_000], [20_000, 25_000]);
	t.is(outputTime(cut, 60_000), 0);
	t.is(outputTime(cut, 21_000), 11_000);
	t.is(outputTime(cut, 25_000), undefined);
	t.is(outputTime(cut, 40_000), undefined);
});

test('playing the result skips what is cut out, in playing order, and stops at its end', (t) => {
	const pieces = outputPieces(ranges([60_000, 70_000], [20_000, 25_000]));
	t.deepEqual(beginResult(pieces, 65_000), { do: 'play', piece: 0 });
	t.deepEqual(beginResult(pieces, 0), { do: 'jump', piece: 0, to: 60_000 });
	t.deepEqual(beginResult(pieces, 99_000), { do: 'jump', piece: 0, to: 60_000 });
	t.deepEqual(nextInResult(pieces, 0, 69_900, 40), { do: 'play', piece: 0 });
	t.deepEqual(nextInResult(pieces, 0, 69_980, 40), { do: 'jump', piece: 1, to: 20_000 });
	t.deepEqual(nextInResult(pieces, 1, 24_990, 40), { do: 'play', piece: 1 });
	t.deepEqual(nextInResult(pieces, 1, 25_000, 40), { do: 'stop' });
	t.deepEqual(beginResult([], 0), { do: 'stop' });
});

test('ranges that touch play on without a jump', (t) => {
	const pieces = outputPieces(ranges([0, 10_000], [10_000, 20_000]));
	t.deepEqual(nextInResult(pieces, 0, 9_990, 40), { do: 'play', piece: 0 });
	t.deepEqual(nextInResult(pieces, 0, 10_020, 40), { do: 'play', piece: 1 });
});

/** Two recordings with a hole from 8 s to 20 s. */
const SPANS: MediaSpan[] = [
	{ media: 0, length: 4, wall: START },
	{ media: 4, length: 4, wall: START + 4_000 },
	{ media: 8, length: 4, wall: START + 20_000 },
];

test('a time of the player is a wall time, also behind a hole', (t) => {
	t.is(wallAt(SPANS, 5.5), START + 5_500);
	t.is(wallAt(SPANS, 9), START + 21_000);
	t.is(wallAt([], 9), undefined);
});

test('a wall time is where the player shows it; one in a hole is at the hole’s later side', (t) => {
	t.deepEqual(mediaAt(SPANS, START + 7_000), { media: 7, shown: true });
	t.deepEqual(mediaAt(SPANS, START + 21_000), { media: 9, shown: true });
	t.deepEqual(mediaAt(SPANS, START + 9_000), { media: 8, shown: false });
	t.deepEqual(mediaAt(SPANS, START - 1), { media: 0, shown: false });
	t.deepEqual(mediaAt(SPANS, START + 60_000), { media: 12, shown: false });
});

test('in long lists of segments the same place is found as by going through all of them', (t) => {
	const gaps = fc.array(fc.tuple(fc.integer({ min: 1, max: 9 }), fc.constantFrom(0, 0, 0, 5_000)), {
		minLength: 1,
		maxLength: 40,
	});
	fc.assert(
		fc.property(gaps, fc.double({ min: -5, max: 400, noNaN: true }), (lengths, seconds) => {
			const spans: MediaSpan[] = [];
			let [media, wall] = [0, START];
			for (const [length, hole] of lengths) {
				spans.push({ media, length, wall });
				media += length;
				wall += length * 1000 + hole;
			}
			const played = spans.findLast((one) => one.media <= seconds + 1e-6) ?? spans[0]!;
			t.is(wallAt(spans, seconds), played.wall + (seconds - played.media) * 1000);
			const shown = spans.find((one) => {
				const offset = START + seconds * 1000 - one.wall;
				return offset >= 0 && offset < one.length * 1000;
			});
			t.is(mediaAt(spans, START + seconds * 1000)?.shown, shown !== undefined);
		}),
	);
});

test('a picture has its time of the segment’s grid, wherever the player moved it a little', (t) => {
	fc.assert(
		fc.property(
			fc.integer({ min: 0, max: 99 }),
			fc.double({ min: -0.015, max: 0.015, noNaN: true }),
			(picture, moved) => {
				const media = SPANS[2]!.media + picture / 25 + (picture === 0 ? 0 : moved);
				t.is(pictureAt(SPANS, media, [25, 1]), SPANS[2]!.wall + picture * 40);
			},
		),
	);
	t.is(pictureAt([], 1, [25, 1]), undefined);
	t.is(
		timeInHoles(
			[
				{ from: 0, to: 10 },
				{ from: 20, to: 40 },
			],
			5,
			30,
		),
		15,
	);
});

test('a step of pictures lands in the middle of the one that is meant, at any rate', (t) => {
	const rates: [number, number][] = [
		[25, 1],
		[50, 1],
		[30_000, 1_001],
		[24_000, 1_001],
		[60, 1],
	];
	fc.assert(
		fc.property(
			fc.constantFrom(...rates),
			fc.integer({ min: 0, max: 200_000 }),
			fc.integer({ min: -100, max: 100 }),
			(rate, picture, steps) => {
				const frame = rate[1] / rate[0];
				// As the player says it: rounded to ticks of 90 kHz.
				const shown = Math.round(picture * frame * 90_000) / 90_000;
				t.is(Math.floor(frameStep(shown, steps, rate) / frame), picture + steps);
			},
		),
	);
});

test('a minute before the start to two minutes after the end is loaded, widened to what is marked', (t) => {
	const now = START + 86_400_000;
	const event = { start: START, end: START + 600_000 };
	const empty = ranges();
	t.deepEqual(loadWindow(event, empty, now), { from: START - 60_000, to: START + 720_000 });
	t.deepEqual(loadWindow(event, ranges([START - 300_000, START + 900_000]), now), {
		from: START - 360_000,
		to: START + 1_020_000,
	});
	t.deepEqual(loadWindow({ start: null, end: null }, empty, now), undefined);
	t.deepEqual(loadWindow({ start: START, end: null }, empty, START + 30_000), {
		from: START - 60_000,
		to: START + 30_000,
	});
});

test('padding never asks for more than twelve hours, nor for the future', (t) => {
	const all = padStretch({ from: START, to: START + 3_600_000 }, 86_400_000, 0, START + 3_600_000);
	t.is(all.to - all.from, 12 * 3_600_000);
	t.is(all.to, START + 3_600_000);
	t.is(padStretch({ from: START, to: START + 1_000 }, 0, 60_000, START + 5_000).to, START + 5_000);
	t.is(stretchProblem({ from: START, to: START + 12 * 3_600_000 }), undefined);
	t.regex(stretchProblem({ from: START, to: START })!, /must end after it begins/);
	t.regex(stretchProblem({ from: START, to: START + 13 * 3_600_000 })!, /twelve hours/);
});

test('zooming keeps the time under the pointer in its place, down to a tenth of a second', (t) => {
	const all = { from: 0, to: 3_600_000 };
	fc.assert(
		fc.property(
			fc.double({ min: 1.01, max: 4, noNaN: true }),
			fc.double({ min: 0.3, max: 0.7, noNaN: true }),
			(factor, share) => {
				const view = { from: 1_000_000, to: 1_060_000 };
				const anchor = timeAt(view, 1000, share * 1000);
				const closer = zoomView(view, all, factor, anchor);
				t.true(Math.abs(xOf(closer, 1000, anchor) - share * 1000) < 1e-3);
			},
		),
	);
	let view = all;
	for (let n = 0; n < 100; n++) view = zoomView(view, all, 2, 1_234_567);
	t.true(Math.abs(view.to - view.from - SHORTEST_VIEW) < 1e-6);
	for (let n = 0; n < 100; n++) view = zoomView(view, all, 0.5, 1_234_567);
	t.deepEqual(view, all);
});

test('a view never leaves what is loaded, and follows the playhead a page at a time', (t) => {
	const all = { from: 0, to: 100_000 };
	t.deepEqual(panView({ from: 90_000, to: 100_000 }, all, 5_000), { from: 90_000, to: 100_000 });
	const view = { from: 10_000, to: 20_000 };
	t.is(followTime(view, all, 15_000), view);
	t.deepEqual(followTime(view, all, 21_000), { from: 20_000, to: 30_000 });
	t.deepEqual(fitView({ from: 50_000, to: 60_000 }, all), { from: 49_000, to: 61_000 });
});

test('the ruler has round times that are far enough apart to be read', (t) => {
	const { step, times } = rulerTicks({ from: START - 500, to: START + 60_000 }, 1_000, START);
	t.is(step, 10_000);
	t.deepEqual(times.slice(0, 2), [START, START + 10_000]);
});

test('peaks are asked for in tiles that stay the same while people pan', (t) => {
	const tiles = peakTiles({ from: START + 100, to: START + 10_100 });
	t.true(tiles[0]!.from <= START + 100 && tiles.at(-1)!.to > START + 10_100);
	t.deepEqual(peakTiles({ from: START + 101, to: START + 10_101 }), tiles);
	t.true(tiles.length <= 4);
});
