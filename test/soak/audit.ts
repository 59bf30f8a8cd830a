import { createHash } from 'node:crypto';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from 'kysely';
import type { EventRow } from '../../db/tables.ts';
import { testFrameNumber } from '../../services/record/test-picture.ts';
import { historyProblems } from '../faults/history-problems.ts';
import { frameNumbers, numbers } from '../support/recording.ts';
import type { TypedRows } from './organizers.ts';
import type { SoakWorld } from './world.ts';

/** So many videos are decoded, and their pictures compared with what was asked for. */
const DECODED = 30;

/** What was looked at, and everything that is wrong with it, as sentences. */
export interface Finding {
	/** What holds when there is no problem. */
	fact: string;
	problems: string[];
}

/** Whether every event is accounted for, uploaded once per claim that says so, on the right row, and everybody told. */
export async function audit(world: SoakWorld, typed: TypedRows, folder: string): Promise<Finding[]> {
	const events = await world.db.selectFrom('events').selectAll().execute();
	const uploads = await uploadsOf(world);
	return [
		{
			fact: `each of the ${typed.good.size + typed.bad.size} rows that were typed is one event`,
			problems: eventPerRow(events, typed),
		},
		{
			fact: `all ${typed.good.size} events that could be cut are UPLOADED, without an error`,
			problems: events.flatMap((event) => stateProblem(event, typed) ?? []),
		},
		{
			fact: `the locations hold ${uploads.length} videos, one for each upload that history tells of, and no other`,
			problems: await publishedOnce(world, uploads),
		},
		{
			fact: 'the sheet shows each event’s state, link and error beside its description',
			problems: await toldInSheet(world, events, typed),
		},
		{ fact: 'history is the whole truth about every event', problems: await wholeHistory(world) },
		{ fact: 'no event is held, and no lease is open', problems: await nothingHeld(world) },
		{
			fact: `${Math.min(DECODED, typed.good.size)} videos at most, taken at random, hold exactly the pictures that were asked for`,
			problems: await rightPictures(world, events, folder),
		},
		{ fact: 'nothing is left in the spool folder', problems: await readdir(world.spoolFolder) },
	];
}

function eventPerRow(events: readonly EventRow[], { good, bad }: TypedRows): string[] {
	const counts = new Map<string, number>();
	for (const { description } of events) counts.set(description, (counts.get(description) ?? 0) + 1);
	const all = new Set([...good, ...bad]);
	return [
		...[...all]
			.filter((one) => counts.get(one) !== 1)
			.map((one) => `“${one}” is ${counts.get(one) ?? 0} events`),
		...[...counts.keys()].filter((one) => !all.has(one)).map((one) => `nobody typed “${one}”`),
	];
}

function stateProblem(
	{ id, description, state, error, ...row }: EventRow,
	typed: TypedRows,
): string | undefined {
	const wanted = typed.bad.has(description) ? 'UNEDITED' : 'UPLOADED';
	const removed = row.removed_from_sheet_at !== null;
	if (state !== wanted || (wanted === 'UPLOADED' && (error !== null || row.video_link === null)))
		return `“${description}” (${id}) is ${state}, with the error ${error} and the link ${row.video_link}`;
	if (removed !== typed.deleted.has(description))
		return `“${description}” (${id}) is ${removed ? '' : 'not '}marked as removed from its sheet`;
	return undefined;
}

interface Upload {
	location: string;
	video_id: string;
}

/** Every upload of every event, the ones before a re-edit too. */
async function uploadsOf({ db }: SoakWorld): Promise<Upload[]> {
	const { rows } = await sql<Upload>`
		select e.upload_location as location, h.changes -> 'video_id' ->> 1 as video_id
		from event_history h join events e on e.id = h.event_id
		where h.to_state = 'UPLOADED' and h.from_state is distinct from 'UPLOADED'`.execute(db);
	return rows;
}

async function publishedOnce({ places }: SoakWorld, uploads: readonly Upload[]): Promise<string[]> {
	const problems: string[] = [];
	const told = new Set(uploads.map(({ location, video_id }) => `${location}: ${video_id}`));
	if (told.size < uploads.length) problems.push(`${uploads.length - told.size} uploads share a video`);
	const there = new Set<string>();
	for (const [name, place] of places) {
		for (const { videoId, bytes } of await place.published()) {
			there.add(`${name}: ${videoId}`);
			if (bytes.length === 0) problems.push(`${name}: ${videoId} is empty`);
		}
		if (place.kind === 'local' || place.kind === 'http')
			problems.push(...(await place.remains()).map((one) => `${name}: ${one} is left over`));
		problems.push(...(place.server?.complaints ?? []).map((one) => `${name} did not understand ${one}`));
	}
	for (const one of told) if (!there.has(one)) problems.push(`${one} is not there`);
	for (const one of there) if (!told.has(one)) problems.push(`${one} is there, and no event knows it`);
	return problems;
}

/** What is wrong with the sheet, as people see it at the moment. */
export async function toldInSheet(
	{ sheet }: SoakWorld,
	events: readonly EventRow[],
	typed: TypedRows,
): Promise<string[]> {
	const rows = new Map((await sheet.rows()).map((row) => [row.Description, row]));
	return events.flatMap(({ id, description, state, video_link }) => {
		const row = rows.get(description);
		if (typed.deleted.has(description)) return row ? [`“${description}” is still in the sheet`] : [];
		if (!row) return [`“${description}” is not in the sheet`];
		const error = typed.bad.has(description) ? /^Start: cannot read/ : /^$/;
		const right =
			row.ID === id && row.State === state && row.Video === (video_link ?? '') && error.test(row.Error!);
		return right ? [] : [`the row of “${description}” says ${JSON.stringify(row)}`];
	});
}

async function wholeHistory({ db }: SoakWorld): Promise<string[]> {
	const { rows } = await sql<{ id: string; row: Record<string, unknown> }>`
		select id, public_columns(e) as row from events e`.execute(db);
	const problems: string[] = [];
	for (const { id, row } of rows) {
		const history = await db
			.selectFrom('event_history')
			.select(['from_state', 'to_state', 'changes'])
			.where('event_id', '=', id)
			.orderBy('seq')
			.execute();
		problems.push(...historyProblems(history, row).map((problem) => `${id}: ${problem}`));
	}
	return problems;
}

async function nothingHeld({ db }: SoakWorld): Promise<string[]> {
	const { rows } = await sql<{ item: string; holder: string }>`
		select i.item, l.holder from leases l join lease_items i on i.lease_id = l.id
		where i.released_at is null or l.released_at is null`.execute(db);
	return rows.map(({ item, holder }) => `${holder} holds ${item}`);
}

/** Of ranges without a cross-fade the frame numbers in the pictures say which pictures they are. */
async function rightPictures(
	{ places }: SoakWorld,
	events: readonly EventRow[],
	folder: string,
): Promise<string[]> {
	const plain = events
		.filter(({ state, video_transitions }) => state === 'UPLOADED' && !video_transitions?.some(Boolean))
		// An order that has nothing to do with anything, the same in each run.
		.toSorted((a, b) => digest(a.description).localeCompare(digest(b.description)))
		.slice(0, DECODED);
	const published = new Map<string, Map<string, Buffer>>();
	for (const [name, place] of places)
		published.set(name, new Map((await place.published()).map(({ videoId, bytes }) => [videoId, bytes])));
	const problems: string[] = [];
	for (const { description, upload_location, video_id, video_start, video_end, video_ranges } of plain) {
		const file = join(folder, 'decoded');
		const bytes = published.get(upload_location)?.get(video_id!);
		// What is not there is told elsewhere.
		if (!bytes) continue;
		await writeFile(file, bytes);
		const ranges = video_ranges ?? [{ start: video_start!.toISOString(), end: video_end!.toISOString() }];
		const asked = ranges.flatMap(({ start, end }) =>
			numbers(testFrameNumber(Date.parse(start)), testFrameNumber(Date.parse(end))),
		);
		const got = await frameNumbers(file);
		if (got.join() !== asked.join())
			problems.push(`“${description}” has the pictures ${got.join(' ')} and should have ${asked.join(' ')}`);
	}
	return problems;
}

function digest(text: string): string {
	return createHash('sha256').update(text).digest('hex');
}
