/** What claims.ts measures upon: databases with old events, events in the queue, and the count of what became of them. */
import { sql } from 'kysely';
import pg from 'pg';
import type { Db } from '../../db/connect.ts';

/**
 * Gives a database `size` uploaded events, each with its history and its released lease, past triggers and rules, and
 * raw_events: a copy of that table with the same indices. Ids are sorted before they are written, which is several times
 * faster and leaves the same indices; two connections write, as many as the smallest machine has cores.
 */
export async function loadUploaded(url: string, size: number): Promise<void> {
	const [one, other] = await Promise.all([loader(url), loader(url)]);
	await one.query(
		`create unlogged table old_events as
			select id, lpad(to_hex(row_number() over ()), 32, '0')::uuid as lease
			from (select gen_random_uuid() as id from generate_series(1, $1::int) order by 1) sorted`,
		[size],
	);
	await one.query('alter table events drop constraint row_is_sound');
	await Promise.all([loadEvents(one), loadHistory(other)]);
	await one.query('alter table events add constraint row_is_sound check (row_is_sound(events)) not valid');
	await one.query('drop table old_events');
	await one.query('vacuum analyze');
	await Promise.all([one.end(), other.end()]);
}

/** A connection past triggers. Without limit of time: those of openDatabase give up after a minute. */
async function loader(url: string): Promise<pg.Client> {
	const client = new pg.Client(url);
	await client.connect();
	await client.query('set session_replication_role = replica');
	return client;
}

async function loadEvents(client: pg.Client): Promise<void> {
	await client.query(
		`insert into events (id, state, uploader, description, video_start, video_end, video_title, video_description,
			edit_version, video_link, upload_session, edited_at, uploaded_at)
		select id, 'UPLOADED', 'bench', 'Talk', '2026-05-01Z', '2026-05-01T00:01Z', 'Talk', '', 1, 'https://example.org/' || id,
			'{"kind": "local", "attempt": "a"}', now() - interval '1 day', now()
		from old_events`,
	);
	await client.query('create table raw_events (like events including defaults)');
	await client.query('insert into raw_events select * from events');
	await client.query('alter table raw_events add primary key (id)');
	const { rows } = await client.query(
		`select pg_get_indexdef(indexrelid) as definition from pg_index
		where indrelid = 'events'::regclass and not indisprimary`,
	);
	for (const { definition } of rows) {
		await client.query(
			definition.replace('INDEX events_', 'INDEX raw_').replace(' ON public.events ', ' ON raw_events '),
		);
	}
}

async function loadHistory(client: pg.Client): Promise<void> {
	await client.query(
		`insert into event_history (event_id, to_state, changes, xid)
		select id, 'UPLOADED', '{"state": ["FINALIZING", "UPLOADED"]}', '3' from old_events`,
	);
	await client.query(
		"insert into leases (id, holder, released_at) select lease, 'bench', now() from old_events",
	);
	await client.query(
		`insert into lease_items (lease_id, kind, item, released_at)
		select lease, 'event', id::text, now() from old_events`,
	);
}

/** Puts events into the queue. */
export async function queueEvents(db: Db, table: 'events' | 'raw_events', count: number): Promise<void> {
	await db.connection().execute(async (connection) => {
		await sql`set session_replication_role = replica`.execute(connection);
		await sql`
			insert into ${sql.id(table)} (state, description, video_start, video_end, video_title, video_description, edit_version, edited_at)
			select 'EDITED', 'bench', '2026-05-01Z', '2026-05-01T00:01Z', 'Talk ' || n, '', 1, now() + n * interval '1 ms'
			from generate_series(1, ${count}) n`.execute(connection);
		await sql`set session_replication_role = origin`.execute(connection);
	});
	await sql`vacuum analyze ${sql.id(table)}`.execute(db);
}

/** Whether each event that was in the queue was claimed once, and published once, and none is left. */
export async function claimedOnce(db: Db): Promise<boolean> {
	const { rows } = await sql<{ once: boolean }>`
		with queued as (select id from events where description in ('bench', 'latency')), counted as (
			select event_id, count(*) filter (where to_state = 'CLAIMED' and from_state = 'EDITED') as claims,
				count(*) filter (where to_state = 'UPLOADED' and from_state = 'FINALIZING') as uploads
			from event_history join queued on id = event_id group by event_id
		)
		select bool_and(claims = 1 and uploads = 1) and count(*) = (select count(*) from queued) as once from counted`.execute(
		db,
	);
	return rows[0]!.once;
}
