import test from 'ava';
import fc from 'fast-check';
import { shownValue } from '../../../../services/web/pages/look/history-values.ts';
import { eventsOfDay } from '../../../../services/web/pages/operator/day-lanes.ts';
import {
	EVERYTHING,
	filterEvents,
	parseFilter,
	SORTS,
	STATES,
	sortEvents,
	writeFilter,
} from '../../../../services/web/pages/operator/event-filter.ts';
import { type EventRow, rowOf } from '../../../../services/web/pages/operator/event-row.ts';
import { storyOf } from '../../../../services/web/pages/operator/story.ts';

function event(changes: Partial<EventRow> = {}): EventRow {
	return rowOf({
		id: '6ce0b992-23a4-4d17-ad4f-3e561d9dbecf',
		sheet_name: 'Day 1',
		state: 'UNEDITED',
		category: '',
		description: '',
		tags: [],
		priority: 0,
		allow_holes: false,
		upload_location: '',
		attempts: 0,
		updated_at: '2026-05-01T00:00:00.000Z',
		...changes,
	});
}

test('a filter comes back from the address as it was written', (t) => {
	const word = fc.string({ maxLength: 20 });
	const filters = fc.record({
		states: fc.subarray([...STATES]),
		category: word,
		day: fc.constantFrom('', '2026-05-01'),
		node: word,
		failed: fc.boolean(),
		find: word,
		sort: fc.constantFrom(...SORTS),
		descending: fc.boolean(),
	});
	fc.assert(
		fc.property(filters, (filter) => {
			t.deepEqual(parseFilter(writeFilter(filter)), filter);
		}),
	);
	t.deepEqual(parseFilter('?state=NONSENSE&day=yesterday&sort=nothing'), { ...EVERYTHING });
});

test('events are found by all words together, wherever they stand, and by the beginning of their id', (t) => {
	const rows = [
		event({ video_title: 'Lights', error: 'The disk is full' }),
		event({ description: 'Harbour' }),
	];
	const find = (words: string) => filterEvents(rows, { ...EVERYTHING, find: words }).length;
	t.is(find('LIGHTS full'), 1);
	t.is(find('lights harbour'), 0);
	t.is(find('6ce0b992'), 2);
	t.is(find('6ce0'), 0);
});

test('events are sorted by what is chosen, and equals stay as they were', (t) => {
	const rows = ['b', 'A', 'c', 'a'].map((video_title, n) => event({ video_title, priority: n % 2 }));
	const order = (...how: Parameters<typeof sortEvents> extends [unknown, ...infer How] ? How : never) =>
		sortEvents(rows, ...how)
			.map(({ video_title }) => video_title)
			.join('');
	t.is(order('title', false), 'Aabc');
	t.is(order('title', true), 'cbAa');
	t.is(order('priority', true), 'Aabc');
	t.is(order('start', false), 'bAca');
});

test('events at the same time stand below each other, and those over midnight on both days', (t) => {
	const rows = [
		event({ description: 'a', start: '2026-05-01T10:00:00.000Z', end: '2026-05-01T11:00:00.000Z' }),
		event({ description: 'b', start: '2026-05-01T10:30:00.000Z', end: '2026-05-01T11:30:00.000Z' }),
		event({ description: 'c', start: '2026-05-01T11:00:00.000Z', end: '2026-05-01T12:00:00.000Z' }),
		event({ description: 'd', start: '2026-05-01T23:30:00.000Z', end: '2026-05-02T00:30:00.000Z' }),
	];
	const lanes = eventsOfDay(rows, '2026-05-01', 4).map(({ row, lane }) => `${row.description}${lane}`);
	t.deepEqual(lanes, ['a0', 'b1', 'c0', 'd0']);
	const [next] = eventsOfDay(rows, '2026-05-02', 4);
	t.is(next!.row.description, 'd');
	t.is(new Date(next!.start).toISOString(), '2026-05-02T00:00:00.000Z');
});

test('a story names the person, the database user behind the name, and values before and after', (t) => {
	const entry = { seq: '2', at: '2026-05-01T12:00:00.000Z', db_user: 'cutsheet_web', note: null };
	const [step, created] = storyOf([
		{
			...entry,
			actor: 'Ada',
			from_state: 'UNEDITED',
			to_state: 'UNEDITED',
			changes: { priority: [0, 5], uploader_whitelist: [null, ['north', 'south']] },
		},
		{ ...entry, actor: null, from_state: null, to_state: 'UNEDITED', changes: { category: [null, 'Talks'] } },
	]);
	t.like(step, { who: 'Ada', through: 'cutsheet_web', what: 'changed priority and uploader whitelist' });
	t.deepEqual(step!.changes, [
		{ field: 'priority', before: '0', after: '5' },
		{ field: 'uploader whitelist', before: 'nothing', after: 'north, south' },
	]);
	const ranges = [{ start: '2026-05-01T12:00:03.2Z', end: '2026-05-01T12:00:09.000Z' }];
	t.is(shownValue(ranges), '2026-05-01 12:00:03.2 – 12:00:09.000');
	t.is(shownValue([{ kind: 'fade', seconds: 1.5 }, null]), 'fade 1.5 s, cut');
	t.is(shownValue('2026-05-01T12:00:03+00:00'), '2026-05-01 12:00:03');
	t.deepEqual([shownValue([]), shownValue(null), shownValue(false)], ['nothing', 'nothing', 'no']);
	t.like(created, { who: 'cutsheet_web', through: undefined, what: 'created it' });
});
