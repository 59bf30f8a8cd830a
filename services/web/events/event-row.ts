import { sql } from 'kysely';
import { z } from 'zod';
import type { Db } from '../../../db/connect.ts';
import { lastFailure } from '../../status/last-failure.ts';
import { type Account, mayActAs } from '../access/rights.ts';

const iso = z.iso.datetime();

/** An event in the list. Compact: what is NULL is left out. */
export const eventRowSchema = z
	.object({
		id: z.uuid(),
		sheet_name: z.string(),
		state: z.enum(['UNEDITED', 'EDITED', 'CLAIMED', 'FINALIZING', 'UPLOADED']),
		error: z.string().optional(),
		video_link: z.string().optional(),
		uploader: z.string().optional(),
		start: iso.optional(),
		end: iso.optional(),
		category: z.string(),
		description: z.string(),
		tags: z.array(z.string()),
		priority: z.number(),
		allow_holes: z.boolean(),
		uploader_whitelist: z.array(z.string()).optional(),
		upload_location: z.string(),
		video_start: iso.optional(),
		video_end: iso.optional(),
		video_title: z.string().optional(),
		editor: z.string().optional().describe('not for viewers'),
		attempts: z.number(),
		last_failure: z
			.string()
			.optional()
			.describe('Why the last attempt ended of one that is tried again. Not for viewers.'),
		next_try_at: iso.optional(),
		edited_at: iso.optional(),
		uploaded_at: iso.optional(),
		removed_from_sheet_at: iso.optional(),
		updated_at: iso,
	})
	.describe('What is NULL is left out. Times are UTC with milliseconds.');

export type EventRowJson = z.output<typeof eventRowSchema>;

/** Whom rows are told: viewers get no names and addresses of people, also not in errors. */
export type Audience = 'viewers' | 'editors';

export function audienceOf(account: Account): Audience {
	return mayActAs(account.role, 'editor') ? 'editors' : 'viewers';
}

/** What the view for viewers does not have. */
const FOR_EDITORS = ['editor', 'last_failure'];

const TIMES = [
	...['start', 'end', 'video_start', 'video_end', 'next_try_at'],
	...['edited_at', 'uploaded_at', 'removed_from_sheet_at', 'updated_at'],
];

/** As `Date.toISOString()` writes it. Postgres writes all of it as JSON, so that 20,000 rows do not stop this process. */
function columns(): ReturnType<typeof sql> {
	const names = Object.keys(eventRowSchema.shape).filter((name) => !FOR_EDITORS.includes(name));
	return sql.join(
		names.map((name) =>
			TIMES.includes(name)
				? sql`to_char(${sql.ref(name)} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as ${sql.ref(name)}`
				: sql.ref(name),
		),
	);
}

/** The rows as a JSON array, newest first by their start: all of them, or those with these ids. */
export async function readEventsJson(db: Db, audience: Audience, ids?: readonly string[]): Promise<string> {
	const from =
		audience === 'editors'
			? sql`(select ${columns()}, editor, ${lastFailure('events')} as last_failure from events`
			: sql`(select ${columns()} from event_overview`;
	const which = ids === undefined ? sql`` : sql` where id = any (${ids})`;
	const { rows } = await sql<{ all: string }>`
		select coalesce(string_agg(json_strip_nulls(row_to_json(e))::text, ',' order by e.start desc nulls first, e.id), '') as all
		from ${from}${which}) e`.execute(db);
	return `[${rows[0]!.all}]`;
}

/** The rows with these ids. */
export async function readEvents(
	db: Db,
	audience: Audience,
	ids: readonly string[],
): Promise<EventRowJson[]> {
	return JSON.parse(await readEventsJson(db, audience, ids)) as EventRowJson[];
}
