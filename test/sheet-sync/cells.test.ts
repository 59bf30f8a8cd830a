import test from 'ava';
import fc from 'fast-check';
import { readBoolean, readInteger, readList, readText } from '../../sheet-sync/plain-cells.ts';
import { readTime } from '../../sheet-sync/time-cells.ts';

const UTC = { timeZone: 'UTC', countFrom: Date.UTC(2026, 6, 4, 10) };
const BERLIN = { timeZone: 'Europe/Berlin', countFrom: null };

function time(cell: unknown, context: { timeZone: string; countFrom: number | null } = UTC): string | null {
	const reading = readTime(cell, context);
	if ('unreadable' in reading) return `unreadable: ${reading.unreadable}`;
	return reading.value === null ? null : new Date(reading.value).toISOString();
}

/** What `12:34` and a date and time are in a spreadsheet. */
const fraction = (hours: number, minutes = 0, seconds = 0) =>
	(hours * 3600 + minutes * 60 + seconds) / 86_400;
const serial = (iso: string) => (Date.parse(iso) - Date.UTC(1899, 11, 30)) / 86_400_000;

const TIMES: [cell: unknown, utc: string | null][] = [
	['', null],
	['   ', null],
	[null, null],
	['2026-07-04T18:30:00Z', '2026-07-04T18:30:00.000Z'],
	['2026-07-04 18:30', '2026-07-04T18:30:00.000Z'],
	[' 2026-07-04T18:30:00.1234Z ', '2026-07-04T18:30:00.123Z'],
	['2026-07-04T18:30:00.9996', '2026-07-04T18:30:01.000Z'],
	['2026-07-04T18:30:00+02:00', '2026-07-04T16:30:00.000Z'],
	['2026-07-04 18:30:00,5 -0330', '2026-07-04T22:00:00.500Z'],
	['2026-07-04', '2026-07-04T00:00:00.000Z'],
	['2024-02-29 00:00', '2024-02-29T00:00:00.000Z'],
	['1:30', '2026-07-04T11:30:00.000Z'],
	['01:30:15.250', '2026-07-04T11:30:15.250Z'],
	['-0:10', '2026-07-04T09:50:00.000Z'],
	['−0:10', '2026-07-04T09:50:00.000Z'],
	['49:00:00', '2026-07-06T11:00:00.000Z'],
	[fraction(12, 34), '2026-07-04T22:34:00.000Z'],
	[fraction(0, 0, 0.001), '2026-07-04T10:00:00.001Z'],
	[-fraction(1), '2026-07-04T09:00:00.000Z'],
	[0, '2026-07-04T10:00:00.000Z'],
	[1.5, '2026-07-05T22:00:00.000Z'],
	[2_999, '2034-09-19T10:00:00.000Z'],
	[serial('2026-07-04T18:30:00.123Z'), '2026-07-04T18:30:00.123Z'],
	[46_207, '2026-07-04T00:00:00.000Z'],
];

for (const [cell, utc] of TIMES) {
	test(`the time cell ${JSON.stringify(cell)} is read as ${utc}`, (t) => {
		t.is(time(cell), utc);
	});
}

const NO_TIMES = [
	'tomorrow',
	'2026-02-30',
	'2026-07-04 24:00',
	'2026-07-04T18:60',
	'12',
	'12:60',
	'1:2:3:4',
	true,
	'04.07.2026',
	'NaN',
	1e9,
	'9999999:00',
	'0000-01-01',
];

for (const cell of NO_TIMES) {
	test(`the time cell ${JSON.stringify(cell)} is not read, and the sentence says what would be right`, (t) => {
		t.regex(time(cell) ?? '', /^unreadable: .*\d{4}-\d{2}-\d{2}/);
	});
}

test('a time of day without a configured start asks for a full date', (t) => {
	for (const cell of ['1:30', 0.5, -0.5])
		t.regex(time(cell, BERLIN) ?? '', /^unreadable: it is a time of day, and no start/);
});

test('dates without a zone are meant in the spreadsheet’s time zone', (t) => {
	t.is(time('2026-07-04 18:30', BERLIN), '2026-07-04T16:30:00.000Z');
	t.is(time('2026-01-04 18:30', BERLIN), '2026-01-04T17:30:00.000Z');
	t.is(time(serial('2026-07-04T18:30:00Z'), BERLIN), '2026-07-04T16:30:00.000Z');
	t.is(time('2026-07-04T18:30Z', BERLIN), '2026-07-04T18:30:00.000Z');
});

test('a time that summer time skips or doubles is an error that says so', (t) => {
	t.regex(time('2026-03-29 02:30', BERLIN) ?? '', /skip that time/);
	t.regex(time('2026-10-25 02:30', BERLIN) ?? '', /show that time twice/);
	t.is(time('2026-03-29 03:00', BERLIN), '2026-03-29T01:00:00.000Z');
	t.is(time('2026-10-25 03:00', BERLIN), '2026-10-25T02:00:00.000Z');
	t.is(time('2026-10-25T02:30+01:00', BERLIN), '2026-10-25T01:30:00.000Z');
});

test('every instant to the millisecond is read back from its ISO text, its serial and its day fraction', (t) => {
	const instant = fc.date({ min: new Date(0), max: new Date('2200-01-01'), noInvalidDate: true });
	fc.assert(
		fc.property(instant, (date) => {
			t.is(time(date.toISOString()), date.toISOString());
			const local = new Date(Math.max(date.getTime(), Date.UTC(1970, 0, 2))).toISOString();
			t.is(time(serial(local)), local);
			const days = ((date.getTime() % (2_999 * 86_400_000)) + 0) / 86_400_000;
			t.is(time(days), new Date(UTC.countFrom + Math.round(days * 86_400_000)).toISOString());
		}),
	);
});

test('no cell whatever makes the reading of a time fail or give a time that Postgres cannot hold', (t) => {
	const zones = fc.constantFrom(
		'UTC',
		'Europe/Berlin',
		'America/St_Johns',
		'Pacific/Apia',
		'Antarctica/Troll',
	);
	const cell = fc.oneof(
		fc.string(),
		fc.double(),
		fc.boolean(),
		fc.integer(),
		fc.stringMatching(/^\d{4}-\d\d-\d\d[T ]\d\d:\d\d$/),
	);
	fc.assert(
		fc.property(cell, zones, (value, timeZone) => {
			const reading = readTime(value, { timeZone, countFrom: UTC.countFrom });
			if ('unreadable' in reading) t.true(reading.unreadable.length > 0);
			else if (reading.value !== null) t.regex(new Date(reading.value).toISOString(), /^\d{4}-/);
		}),
		{ numRuns: 1000 },
	);
});

test('checkboxes and the usual words are yes or no, and anything else is neither', (t) => {
	for (const cell of [true, 'TRUE', ' yes ', 'Y', 'x', 1, '1', '✓', 'on'])
		t.deepEqual(readBoolean(cell), { value: true });
	for (const cell of [false, 'FALSE', '', null, 'No', 'n', 0, '-', 'off'])
		t.deepEqual(readBoolean(cell), { value: false });
	for (const cell of ['maybe', 2, 'truee']) t.true('unreadable' in readBoolean(cell));
});

test('lists are separated by commas, trimmed, each entry once', (t) => {
	t.deepEqual(readList(' a, b ,,a,\nc'), { value: ['a', 'b', 'c'] });
	t.deepEqual(readList(''), { value: [] });
	t.deepEqual(readList(7), { value: ['7'] });
});

test('priorities are whole numbers that the database can hold', (t) => {
	for (const [cell, value] of [
		['', 0],
		[5, 5],
		['-3', -3],
		['+4', 4],
		['−2', -2],
		['7.0', 7],
		[-0, 0],
	] as const) {
		t.deepEqual(readInteger(cell), { value });
	}
	for (const cell of ['high', 1.5, 2 ** 31, '1e3', true]) t.true('unreadable' in readInteger(cell));
});

test('text is taken as it stands, without what Postgres cannot hold, and a failed formula is no text', (t) => {
	t.deepEqual(readText('  a\nb '), { value: '  a\nb ' });
	t.deepEqual(readText('a\0b\ud800'), { value: 'ab\ufffd' });
	t.deepEqual(readText(2026), { value: '2026' });
	t.deepEqual(readText(true), { value: 'TRUE' });
	t.true('unreadable' in readText('#REF!'));
});
