import { sql } from 'kysely';
import type { Db } from '../../db/connect.ts';
import type { EventState, Progress } from '../../db/tables.ts';
import { readSurroundings, type Surroundings } from './attention.ts';
import { lastFailure } from './last-failure.ts';

export interface EventStatus {
	id: string;
	state: EventState;
	/** The video's title, else the row's description. */
	title: string;
	error: string | null;
	uploader: string | null;
	attempts: number;
	/** Why the last of these attempts failed. */
	last_failure: string | null;
	edited_at: Date | null;
	next_try_at: Date | null;
	progress: Progress | null;
	/** Of the lease that is held, be it live or expired; null also when it never expires. */
	expires_at: Date | null;
	/** Whether the holder of the lease still extends it; null when nobody holds one. */
	lease_is_live: boolean | null;
	/** Since the holder of the lease got further; null when nobody holds one. */
	seconds_since_moved: number | null;
	upload_location: string;
	uploader_whitelist: string[] | null;
	removed_from_sheet_at: Date | null;
}

/** What an operator asks first. */
export interface Status extends Surroundings {
	counts: Record<EventState, number>;
	/** CLAIMED and FINALIZING. */
	working: EventStatus[];
	/** EDITED, in the order in which they are claimed. */
	waiting: EventStatus[];
	/** UNEDITED with an error: somebody must act. */
	failed: EventStatus[];
	/** How many of those there are. */
	failed_count: number;
}

/** So many events of a kind are listed; the counts are of all. */
const MOST = 50;

/** Reads the status, by the database's clock. */
export async function readStatus(db: Db): Promise<Status> {
	const counted = await db
		.selectFrom('events')
		.select([
			'state',
			(eb) => eb.fn.countAll<string>().as('count'),
			(eb) => eb.fn.count<string>('error').as('with_error'),
		])
		.groupBy('state')
		.execute();
	const counts = { UNEDITED: 0, EDITED: 0, CLAIMED: 0, FINALIZING: 0, UPLOADED: 0 };
	for (const { state, count } of counted) counts[state] = Number(count);
	const unedited = counted.find(({ state }) => state === 'UNEDITED');
	return {
		counts,
		working: await events(db, ['CLAIMED', 'FINALIZING']),
		waiting: await events(db, ['EDITED']),
		failed: await events(db, ['UNEDITED'], true),
		failed_count: Number(unedited?.with_error ?? 0),
		...(await readSurroundings(db)),
	};
}

/** The first of a kind, and then their leases: not the leases of all. */
function events(db: Db, states: EventState[], onlyFailed = false): Promise<EventStatus[]> {
	return db
		.with('listed', (cte) =>
			cte
				.selectFrom('events')
				.select(['id', 'state', 'error', 'uploader', 'video_title', 'description', 'attempts', 'priority'])
				.select([
					'edited_at',
					'next_try_at',
					'upload_location',
					'uploader_whitelist',
					'removed_from_sheet_at',
				])
				.where('state', 'in', states)
				.$if(onlyFailed, (query) => query.where('error', 'is not', null))
				.orderBy('priority', 'desc')
				.orderBy('edited_at')
				.orderBy('id')
				.limit(MOST),
		)
		.selectFrom('listed as e')
		.leftJoin('lease_items', (join) =>
			join
				.on('lease_items.kind', '=', 'event')
				.on('lease_items.item', '=', sql<string>`e.id::text`)
				.on('lease_items.released_at', 'is', null),
		)
		.leftJoin('leases', 'leases.id', 'lease_items.lease_id')
		.select([
			'e.id',
			'state',
			sql<string>`coalesce(nullif(video_title, ''), nullif(description, ''), '(no description)')`.as('title'),
			'error',
			'uploader',
			'attempts',
			lastFailure('e').as('last_failure'),
			'edited_at',
			'next_try_at',
			'progress',
			'leases.expires_at',
			sql<boolean | null>`case when leases.id is not null then
				leases.expires_at is null or leases.expires_at > clock_timestamp() end`.as('lease_is_live'),
			sql<number | null>`extract(epoch from clock_timestamp() - leases.moved_at)::float8`.as(
				'seconds_since_moved',
			),
			'upload_location',
			'uploader_whitelist',
			'removed_from_sheet_at',
		])
		.orderBy('priority', 'desc')
		.orderBy('edited_at')
		.orderBy('e.id')
		.execute();
}
