import { sql } from 'kysely';
import type { Db } from '../../../db/connect.ts';
import { Problem } from '../problem.ts';

/** What of a row matters to whoever edits it. Progress, attempts and stamps of time change all the while. */
const MATTERS = [
	...['state', 'start', 'end', 'category', 'description', 'notes', 'tags', 'removed_from_sheet_at'],
	...['allow_holes', 'uploader_whitelist', 'upload_location', 'video_start', 'video_end', 'video_ranges'],
	...[
		'video_transitions',
		'video_title',
		'video_description',
		'video_chapters',
		'video_unlisted',
		'thumbnail',
	],
	'video_link',
];

/** One change of a row: by whom, when, and which columns from what to what. */
export interface Change {
	at: string;
	who: string;
	fields: { field: string; from: unknown; to: unknown }[];
}

/** The number of an event's last entry in its history: what somebody who loads it now has seen of it. */
export async function lastSeen(db: Db, eventId: string): Promise<string> {
	const { rows } = await sql<{ seen: string }>`
		select coalesce(max(seq), 0)::text as seen from event_history where event_id = ${eventId}`.execute(db);
	return rows[0]!.seen;
}

/**
 * What changed of an event behind that entry of its history, as far as it matters to an editor. Complete while the row is
 * locked: numbers of one event's entries rise in the order in which they are committed.
 */
export async function changesSince(db: Db, eventId: string, seen: string): Promise<Change[]> {
	const { rows } = await sql<{ at: Date; who: string; changes: Record<string, [unknown, unknown]> }>`
		select at, coalesce(actor, db_user::text) as who, changes from event_history
		where event_id = ${eventId} and seq > ${seen}::bigint order by seq`.execute(db);
	return rows.flatMap(({ at, who, changes }) => {
		const fields = MATTERS.flatMap((field) => {
			const change = changes[field];
			return change ? [{ field, from: change[0], to: change[1] }] : [];
		});
		return fields.length > 0 ? [{ at: at.toISOString(), who, fields }] : [];
	});
}

/**
 * Locks an event for the rest of the transaction and makes sure that it is as the person saw it.
 * @throws Problem 404 without such an event; 409 with `changes` and the `seen` of now when it changed since
 */
export async function lockAsSeen(trx: Db, eventId: string, seen: string | undefined) {
	const event = await trx
		.selectFrom('events')
		.select(['state', 'editor'])
		.where('id', '=', eventId)
		.forUpdate()
		.executeTakeFirst();
	if (event === undefined) throw new Problem(404, `There is no event ${eventId}.`);
	if (seen === undefined) return event;
	const changes = await changesSince(trx, eventId, seen);
	if (changes.length > 0) {
		const who = [...new Set(changes.map((change) => change.who))].join(' and ');
		throw new Problem(
			409,
			`${who} changed this event since you loaded it. Look at what is different, then try again.`,
			{ changes, seen: await lastSeen(trx, eventId) },
		);
	}
	return event;
}
