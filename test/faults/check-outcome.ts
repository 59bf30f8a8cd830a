import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ExecutionContext } from 'ava';
import { sql } from 'kysely';
import type { Db } from '../../db/connect.ts';
import type { EventState } from '../../db/tables.ts';
import type { World } from '../cutter/upload/worlds.ts';
import { eventRow } from '../support/events.ts';
import { historyProblems } from './history-problems.ts';
import type { JobWorld } from './job-world.ts';

/** Holds that these events are UPLOADED, each exactly once, whole, and under the link that its row has. */
export async function checkUploadedOnce(t: ExecutionContext, world: JobWorld, ...ids: string[]) {
	const { db, place, recording } = world;
	const rows = await Promise.all(ids.map((id) => eventRow(db, id)));
	const published = await place.published();
	t.deepEqual(published.map(({ videoId }) => videoId).sort(), rows.map((row) => row.video_id ?? '').sort());
	for (const row of rows) {
		t.like(row, { state: 'UPLOADED', error: null });
		t.is(row.video_link, linkTo(place, row.video_id!));
		const session = row.upload_session as { attempt: string };
		if (place.kind !== 'youtube') t.true(row.video_id!.endsWith(` ${session.attempt.slice(0, 8)}.ts`));
		await checkHistory(t, db, row.id);
	}
	for (const { bytes } of published) t.true(bytes.equals(recording.video));
	// Of S3 and YouTube an upload without a byte may be left, whose id died with its node; no video can come of it.
	if (place.kind === 'local' || place.kind === 'http') t.deepEqual(await place.remains(), []);
	t.deepEqual(place.server?.complaints ?? [], []);
}

/** Holds that one node did all the work: nobody claimed the event a second time. */
export async function checkClaimedOnce(t: ExecutionContext, { db }: JobWorld, id: string) {
	const claims = await db
		.selectFrom('event_history')
		.select('seq')
		.where('event_id', '=', id)
		.where('to_state', '=', 'CLAIMED')
		.where('from_state', '=', 'EDITED')
		.execute();
	t.is(claims.length, 1);
}

/** Where everybody finds a video of a place. Not by the code that is tested. */
function linkTo({ config }: World, videoId: string): string {
	switch (config.kind) {
		case 'local':
			return pathToFileURL(join(config.path, videoId)).href;
		case 'http':
			return config.url + encodeURIComponent(videoId);
		case 's3':
			return `${config.endpoint}${config.bucket}/${videoId.split('/').map(encodeURIComponent).join('/')}`;
		case 'youtube':
			return `https://youtu.be/${videoId}`;
	}
}

/** Without people's steps: in these tests nobody cancels or takes back. */
const LEGAL: Record<EventState, EventState[]> = {
	UNEDITED: ['EDITED'],
	EDITED: ['CLAIMED'],
	CLAIMED: ['FINALIZING', 'EDITED'],
	FINALIZING: ['UPLOADED', 'EDITED'],
	UPLOADED: [],
};

/** Holds that the history of an event is the whole truth, that one claim became one video, and that nobody holds it. */
export async function checkHistory(t: ExecutionContext, db: Db, id: string): Promise<void> {
	const history = await db
		.selectFrom('event_history')
		.select(['from_state', 'to_state', 'changes'])
		.where('event_id', '=', id)
		.orderBy('seq')
		.execute();
	const { rows } = await sql<{ row: Record<string, unknown> }>`
		select public_columns(e) as row from events e where id = ${id}`.execute(db);
	const { row } = rows[0]!;
	t.deepEqual(historyProblems(history, row, LEGAL), []);
	const uploaded = history.filter(
		({ from_state, to_state }) => to_state === 'UPLOADED' && from_state !== to_state,
	);
	t.is(uploaded.length, row.state === 'UPLOADED' ? 1 : 0);
	const held = await sql`
		select l.* from leases l join lease_items i on i.lease_id = l.id
		where i.item = ${id} and (i.released_at is null or l.released_at is null)`.execute(db);
	t.deepEqual(held.rows, []);
}
