import test from 'ava';
import fc from 'fast-check';
import {
	formatHourFolder,
	formatSegmentPath,
	parseHourFolder,
	parseSegmentName,
} from '../../../cutter/segments/name.ts';

const HASH = 'LPJNul-wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ';
const HOUR = (Date.UTC(2024, 1, 29, 13) / 1000) * 90_000;

test('a name gives start and duration in ticks, whatever the number of digits of its fractions', (t) => {
	const table: [string, number, number][] = [
		['00:00-2', 0, 180_000],
		['00:00.0-2.0', 0, 180_000],
		['00:01.5-2.04', 135_000, 183_600],
		['59:59.999900-0.020000', 3600 * 90_000 - 9, 1800],
		['10:00.000011-2.000000', 600 * 90_000 + 1, 180_000],
	];
	for (const [times, offset, duration] of table) {
		t.deepEqual(
			parseSegmentName(HOUR, `${times}-full-${HASH}.ts`),
			{ start: HOUR + offset, duration, type: 'full', hash: HASH },
			times,
		);
	}
});

test('every type is read, and a hash may hold dashes', (t) => {
	for (const type of ['full', 'suspect', 'partial', 'temp'] as const) {
		const parsed = parseSegmentName(HOUR, `00:00.0-2.0-${type}--a_b-c.ts`);
		t.is(parsed?.type, type);
		t.is(parsed?.hash, '-a_b-c');
	}
});

test('names of another kind are no segments', (t) => {
	const names = [
		'',
		'.ts',
		`60:00.0-2.0-full-${HASH}.ts`,
		`00:60.0-2.0-full-${HASH}.ts`,
		`0:00.0-2.0-full-${HASH}.ts`,
		`00:00.0000000-2.0-full-${HASH}.ts`,
		`00:00.0-2.0-fuller-${HASH}.ts`,
		`00:00.0-2.0-full-${HASH}.mp4`,
		`00:00.0-2.0-full-${HASH}.ts.tombstone`,
		`00:00.0-2.0-full-${HASH}.tombstone`,
		`00:00.0--2.0-full-${HASH}.ts`,
		`00:00.0-0.0-full-${HASH}.ts`,
		`00:00.0-1e5-full-${HASH}.ts`,
		'00:00.0-2.0-full-.ts',
		'00:00.0-2.0-full-a/b.ts',
		` 00:00.0-2.0-full-${HASH}.ts`,
		`00:00.0-2.0-full-${HASH}.ts\n`,
	];
	for (const name of names) t.is(parseSegmentName(HOUR, name), undefined, name);
});

test('an hour folder is a real hour in UTC', (t) => {
	t.is(parseHourFolder('2024-02-29T13'), HOUR);
	t.is(formatHourFolder(HOUR), '2024-02-29T13');
	t.is(formatHourFolder(HOUR - 1), '2024-02-29T12');
	for (const name of [
		'2023-02-29T13',
		'2024-02-30T00',
		'2024-01-01T24',
		'2024-01-01',
		'2024-1-01T00',
		'chat',
	]) {
		t.is(parseHourFolder(name), undefined, name);
	}
});

test('a name that was written is read back to the tick', (t) => {
	fc.assert(
		fc.property(
			fc.integer({ min: 0, max: 200_000_000_000_000 }),
			fc.integer({ min: 1, max: 99_999 * 90_000 }),
			fc.constantFrom('full' as const, 'suspect' as const, 'partial' as const, 'temp' as const),
			(start, duration, type) => {
				const [hour, name, ...rest] = formatSegmentPath({ start, duration, type, hash: HASH }).split('/');
				t.deepEqual(rest, []);
				const parsed = parseSegmentName(parseHourFolder(hour as string) as number, name as string);
				t.deepEqual(parsed, { start, duration, type, hash: HASH });
			},
		),
	);
});

test('names that join to the microsecond join to the tick', (t) => {
	fc.assert(
		fc.property(
			fc.integer({ min: 0, max: 1_000_000_000 }),
			fc.integer({ min: 1_000, max: 20_000_000 }),
			(start, duration) => {
				const first = parseSegmentName(HOUR, `${clock(start)}-${seconds(duration)}-full-${HASH}.ts`);
				const second = parseSegmentName(HOUR, `${clock(start + duration)}-2.0-full-${HASH}.ts`);
				t.truthy(first);
				t.is(first!.start + first!.duration, second!.start);
			},
		),
	);
});

function clock(microseconds: number): string {
	return (
		new Date(Math.floor(microseconds / 1000)).toISOString().slice(14, 23) +
		String(microseconds % 1000).padStart(3, '0')
	);
}

function seconds(microseconds: number): string {
	return `${Math.floor(microseconds / 1_000_000)}.${String(microseconds % 1_000_000).padStart(6, '0')}`;
}
