import test from 'ava';
import fc from 'fast-check';
import { sql } from 'kysely';
import { publishedText } from '../../db/published-text.ts';
import { claimableEvents, claimFirst } from '../../db/transitions/claim.ts';
import {
	adoptPublished,
	completeEvent,
	finalizeEvent,
	notePublished,
	storeUploadSession,
} from '../../db/transitions/leased.ts';
import { createDatabase } from '../support/database.ts';
import { editedEvent, eventRow, newEvent, runningNode, VIDEO_START } from '../support/events.ts';

const at = (seconds: number) => new Date(VIDEO_START.getTime() + seconds * 1000).toISOString();
const chapters = (...list: [number, string][]) =>
	JSON.stringify(list.map(([seconds, title]) => ({ at: at(seconds), title })));

test('the database and the cutter agree on the description with its chapters', async (t) => {
	const { db } = await createDatabase(t);
	const { id } = await newEvent(db);
	const length = fc.integer({ min: 1_000, max: 5_000_000 });
	const range = fc.record({
		start: fc.integer({ min: 0, max: 9_000_000 }),
		length,
		blend: fc.integer({ min: 0, max: 400 }),
	});
	const places = fc.array(fc.integer({ min: 0, max: 14_000_000 }), { minLength: 1, maxLength: 6 });
	const description = fc.constantFrom('', 'By Ada.', 'By Ada.\n\n', '  Zeile  ');
	await fc.assert(
		fc.asyncProperty(
			fc.array(range, { minLength: 1, maxLength: 4 }),
			places,
			description,
			async (ranges, marks, text) => {
				const bounds = ranges.map(({ start, length: ms }) => ({
					start: at(start / 1000),
					end: at((start + ms) / 1000),
				}));
				const row = await db
					.updateTable('events')
					.set({
						video_start: bounds.map(({ start }) => start).sort()[0]!,
						video_end: bounds
							.map(({ end }) => end)
							.sort()
							.at(-1)!,
						video_ranges: JSON.stringify(bounds),
						video_transitions: JSON.stringify(
							ranges
								.slice(1)
								.map(({ blend }) => (blend === 0 ? null : { kind: 'fade', seconds: blend / 1000 })),
						),
						video_description: text,
						video_chapters: chapters(
							...marks.map((ms, index): [number, string] => [ms / 1000, `Part ${index}`]),
						),
					})
					.where('id', '=', id)
					.returningAll()
					.executeTakeFirstOrThrow();
				const { rows } = await sql<{ text: string }>`
				select published_description(video_description, video_chapters, video_ranges, video_transitions, video_start, video_end) as text
				from events where id = ${id}`.execute(db);
				t.is(publishedText(row).description, rows[0]!.text);
			},
		),
		{ numRuns: 150 },
	);
});

test('a video without ranges of its own has its chapters from video_start on', async (t) => {
	const { db } = await createDatabase(t);
	const row = await newEvent(db, {
		video_description: 'By Ada.',
		video_chapters: chapters([0, 'Opening'], [30, 'Talk']),
	});
	t.is(publishedText(row).description, 'By Ada.\n\n0:00 Opening\n0:30 Talk');
});

for (const [what, value, sentence] of [
	['no array', '{}', /not an array of 1 to 100 chapters/],
	['without a title', '[{"at": "2026-05-01T12:00:00Z"}]', /chapter 1 of video_chapters is not of the form/],
	[
		'with two lines',
		'[{"at": "2026-05-01T12:00:00Z", "title": "a\\nb"}]',
		/title of chapter 1 is not one line/,
	],
	['at no time', '[{"at": "2026-02-30T12:00:00Z", "title": "a"}]', /at a time that does not exist/],
] as const) {
	test(`chapters that are ${what} are refused with a sentence`, async (t) => {
		const { db } = await createDatabase(t);
		const { id } = await newEvent(db);
		await t.throwsAsync(
			db.updateTable('events').set({ video_chapters: value }).where('id', '=', id).execute(),
			{
				message: sentence,
			},
		);
	});
}

test('an event with a chapter that no range shows cannot be submitted', async (t) => {
	const { db } = await createDatabase(t);
	const { id } = await newEvent(db, { video_chapters: chapters([90, 'Too late']) });
	await t.throwsAsync(db.updateTable('events').set({ state: 'EDITED' }).where('id', '=', id).execute(), {
		message: /no range shows the place of the chapter "Too late"/,
	});
});

test('chapters count into the length of the description', async (t) => {
	const { db } = await createDatabase(t);
	await db
		.insertInto('locations')
		.values({
			name: 'tube',
			kind: 'youtube',
			config_hash: '',
			registered_by: 'n',
			limits: JSON.stringify({ description_max_bytes: 20 }),
		})
		.execute();
	const { id } = await newEvent(db, { upload_location: 'tube', video_description: 'x'.repeat(20) });
	const submit = (video_chapters: string | null) =>
		db.updateTable('events').set({ state: 'EDITED', video_chapters }).where('id', '=', id).execute();
	await t.throwsAsync(submit(chapters([0, 'Opening'])), {
		message: /34 bytes with its chapters, but upload location "tube" takes 20/,
	});
	await submit(null);
	t.is((await eventRow(db, id)).state, 'EDITED');
});

test('chapters and unlisted cannot change while the event waits for its cut, and changing them is a new edit', async (t) => {
	const { db } = await createDatabase(t);
	const waiting = await editedEvent(db);
	await t.throwsAsync(
		db.updateTable('events').set({ video_unlisted: true }).where('id', '=', waiting.id).execute(),
		{
			message: /is EDITED: video_unlisted cannot change now/,
		},
	);
	const { id, edit_version } = await newEvent(db);
	await db.updateTable('events').set({ video_unlisted: true }).where('id', '=', id).execute();
	t.is((await eventRow(db, id)).edit_version, edit_version + 1);
	const history = await db
		.selectFrom('event_history')
		.select('changes')
		.where('event_id', '=', id)
		.orderBy('seq', 'desc')
		.limit(1)
		.executeTakeFirstOrThrow();
	t.deepEqual(history.changes.video_unlisted, [false, true]);
});

test('a location is told of new chapters, tags and visibility of a published video, once each', async (t) => {
	const { db } = await createDatabase(t);
	await runningNode(db, 'north');
	const { id } = await editedEvent(db, { tags: ['talk'] });
	const found = await claimFirst(db, await claimableEvents(db, 'north', []), 'north', 60);
	await storeUploadSession(db, found!.lease, { kind: 'local', attempt: 'a', identity: 'i' });
	await finalizeEvent(db, found!.lease);
	const told = { ...publishedText(await eventRow(db, id)), thumbnail: null };
	await completeEvent(db, found!.lease, { link: 'https://example.org/1', videoId: '1', told });
	const adopt = () => adoptPublished(db, 'north', [''], 60);
	t.is(await adopt(), undefined);
	for (const change of [
		{ video_chapters: chapters([0, 'Opening']) },
		{ tags: ['talk', 'ada'] },
		{ video_unlisted: true },
	]) {
		await db.updateTable('events').set(change).where('id', '=', id).execute();
		const adopted = await adopt();
		t.is(adopted?.event.id, id);
		await notePublished(db, adopted!.lease, { ...publishedText(adopted!.event), thumbnail: null });
		t.is(await adopt(), undefined);
	}
});
