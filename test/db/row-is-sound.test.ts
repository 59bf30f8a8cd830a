import test from 'ava';
import { type RawBuilder, sql } from 'kysely';
import type { Db } from '../../db/connect.ts';
import { createDatabase } from '../support/database.ts';
import { editedEvent, newEvent, runningNode } from '../support/events.ts';

// What a row may hold, whoever writes it and in whichever state: a sentence says what is wrong with any other.

const THUMBNAILS: [string, object, RegExp][] = [
	['at a day that does not exist', { kind: 'frame', at: '2026-02-30T12:00:00Z' }, /does not exist/],
	['in a month that does not exist', { kind: 'frame', at: '2026-99-01T12:00:00Z' }, /does not exist/],
	['at a minute that does not exist', { kind: 'frame', at: '2026-02-01T12:60:00Z' }, /needs "at"/],
];
for (const [what, thumbnail, message] of THUMBNAILS) {
	test(`a thumbnail ${what} is refused`, async (t) => {
		const { db } = await createDatabase(t);
		await t.throwsAsync(newEvent(db, { thumbnail: JSON.stringify(thumbnail) }), { message });
	});
}

const BAD_VALUES: [string, RawBuilder<unknown>, RegExp][] = [
	['a whitelist of nobody', sql`uploader_whitelist = '{}'`, /names no node.* set it to NULL/],
	['a whitelist with a NULL', sql`uploader_whitelist = '{a,NULL}'`, /plain list of names/],
	['a whitelist of lists', sql`uploader_whitelist = '{{a},{b}}'`, /plain list of names/],
	['tags with a NULL', sql`tags = '{NULL}'`, /plain list of words/],
	['attempts below 0', sql`attempts = -1`, /attempts must be/],
	['attempts that cannot be counted on', sql`attempts = 2147483647`, /attempts must be/],
	['a start that never comes', sql`"start" = 'infinity'`, /start must lie in the years/],
	['a video from the beginning of time', sql`video_start = '-infinity'`, /video_start must lie in the years/],
	['a video of a year with five digits', sql`video_end = '10000-01-01Z'`, /video_end must lie in the years/],
	['a next try that never comes', sql`next_try_at = 'infinity'`, /next_try_at must lie in the years/],
];
for (const [what, set, message] of BAD_VALUES) {
	test(`${what} is refused with a sentence, in an INSERT too`, async (t) => {
		const { db } = await createDatabase(t);
		const { id } = await newEvent(db);
		await t.throwsAsync(sql`update events set ${set} where id = ${id}`.execute(db), { message });
		const [column, value] = assigned(set, db);
		await t.throwsAsync(sql`insert into events (${sql.raw(column)}) values (${sql.raw(value)})`.execute(db), {
			message,
		});
	});
}

/** The column and the value of an assignment in SQL. */
function assigned(set: RawBuilder<unknown>, db: Db): [string, string] {
	const [column, value] = set.compile(db).sql.split(' = ');
	return [column!, value!];
}

const BAD_RANGES: [string, unknown, RegExp][] = [
	['no array', {}, /not an array/],
	['empty', [], /at least one range/],
	['without an end', [{ start: '2026-05-01T12:00:00Z' }], /range 1 .* not of the form/],
	[
		'with a time that is not UTC',
		[{ start: '2026-05-01T12:00:00+02:00', end: '2026-05-01T12:01:00Z' }],
		/not of the form/,
	],
	[
		'with a day that does not exist',
		[{ start: '2026-02-30T12:00:00Z', end: '2026-05-01T12:01:00Z' }],
		/does not exist/,
	],
	[
		'backwards',
		[{ start: '2026-05-01T12:01:00Z', end: '2026-05-01T12:00:00Z' }],
		/does not end after its start/,
	],
	[
		'that do not span the bounds',
		[{ start: '2026-05-01T12:00:00Z', end: '2026-05-01T12:00:30Z' }],
		/must be the least start/,
	],
	[
		'with a stranger inside',
		[{ start: '2026-05-01T12:00:00Z', end: '2026-05-01T12:01:00Z', x: 1 }],
		/not of the form/,
	],
];
for (const [what, ranges, message] of BAD_RANGES) {
	test(`ranges ${what} are refused`, async (t) => {
		const { db } = await createDatabase(t);
		await t.throwsAsync(newEvent(db, { video_ranges: JSON.stringify(ranges) }), { message });
	});
}

test('ranges in any order with transitions that fit are taken, longer transitions are refused', async (t) => {
	const { db } = await createDatabase(t);
	const video_ranges = JSON.stringify([
		{ start: '2026-05-01T12:00:50.000Z', end: '2026-05-01T12:01:00.000Z' },
		{ start: '2026-05-01T12:00:00.000Z', end: '2026-05-01T12:00:10.5Z' },
	]);
	const fade = (seconds: number) => JSON.stringify([{ kind: 'fade', seconds }]);
	const event = await newEvent(db, { video_ranges, video_transitions: fade(10) });
	t.deepEqual(event.video_transitions, [{ kind: 'fade', seconds: 10 }]);
	await t.throwsAsync(newEvent(db, { video_ranges, video_transitions: fade(10.2) }), {
		message: /range 1 lasts 10 s, less than/,
	});
	await t.throwsAsync(
		newEvent(db, { video_ranges, video_transitions: '[{"kind": "fade", "seconds": 1e400}]' }),
		{
			message: /a transition is null/,
		},
	);
	await t.throwsAsync(newEvent(db, { video_ranges, video_transitions: '[]' }), { message: /array of 1/ });
	await t.throwsAsync(newEvent(db, { video_transitions: fade(1) }), { message: /video_ranges is not/ });
	const kind = JSON.stringify([{ kind: 'starwipe', seconds: 1 }]);
	await t.throwsAsync(newEvent(db, { video_ranges, video_transitions: kind }), {
		message: /no transition of the kind "starwipe"; there are: fade, /,
	});
});

test('the limits of the upload location are kept where the edit is submitted', async (t) => {
	const { db } = await createDatabase(t);
	await runningNode(db, 'node-a');
	const limits = JSON.stringify({
		title_max_characters: 5,
		description_max_bytes: 4,
		forbidden_characters: '<>',
	});
	await db.updateTable('locations').set({ limits }).execute();
	const submit = async (video_title: string, video_description: string) =>
		editedEvent(db, { video_title, video_description });
	await t.throwsAsync(submit('123456', ''), {
		message: /title has 6 characters, but upload location "" takes 5/,
	});
	await t.throwsAsync(submit('12345', 'äää'), { message: /description has 6 bytes/ });
	await t.throwsAsync(submit('a<b', ''), { message: /takes no < in/ });
	t.is((await submit('12345', 'ää')).state, 'EDITED');
});
