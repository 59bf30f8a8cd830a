/**
 * Measures the queue: jobs per second for 1, 10, 100 and 500 connections on 10,000 and 1,000,000 events, beside a raw
 * `FOR UPDATE SKIP LOCKED` loop of three bare updates and beside graphile-worker, all on one durable server in the same run,
 * and the time from the commit of an edit to its claim. With `--json` the last line is one JSON object.
 */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sql } from 'kysely';
import pg from 'pg';
import { type Db, openDatabase } from '../../db/connect.ts';
import { startEmbeddedPostgres } from '../../db/embedded.ts';
import { migrate } from '../../db/migrate.ts';
import { graphile, latencies, ours, raw, warmUpJobs } from './claim-contenders.ts';

const SIZES = [10_000, 1_000_000];
/** Connections, and jobs that are measured with so many. */
const CONNECTIONS = new Map([
	[1, 500],
	[10, 2_000],
	[100, 2_000],
	[500, 2_000],
]);
/** At ten connections the contenders take turns, and the median of so many turns counts. */
const TURNS = 3;
const SAMPLES = 300;

const folder = await mkdtemp(path.join(tmpdir(), 'cutsheet-bench-claims-'));
// PostgreSQL may run as another user.
await chmod(folder, 0o711);
const server = await startEmbeddedPostgres({ folder: path.join(folder, 'postgres'), connections: 600 });
const database = openDatabase(server.url, { applicationName: 'bench' });
const db = database.kysely;

try {
	await migrate(db);
	const rates: Record<string, number> = {};
	for (const size of SIZES) {
		const began = performance.now();
		await load(size);
		console.log(`${size} uploaded events, loaded in ${((performance.now() - began) / 1000).toFixed(0)} s`);
		for (const [connections, jobs] of CONNECTIONS) {
			const turns = connections === 10 ? TURNS : 1;
			const measured: Record<string, number[]> = { ours: [], raw: [], graphile: [] };
			for (let turn = 0; turn < turns; turn++) {
				await queue(db, 'events', jobs + warmUpJobs(connections));
				measured.ours!.push(await ours(server.url, db, connections, jobs));
				await queue(db, 'raw_events', jobs + warmUpJobs(connections));
				measured.raw!.push(await raw(server.url, connections, jobs));
				measured.graphile!.push(await graphile(server.url, connections, jobs));
			}
			for (const [name, each] of Object.entries(measured))
				rates[`${name} ${connections} ${size}`] = median(each);
			const told = ['ours', 'raw', 'graphile'].map(
				(name) => `${name} ${Math.round(rates[`${name} ${connections} ${size}`]!)}`,
			);
			console.log(`${connections} connections, ${size} events, jobs per second: ${told.join(', ')}`);
		}
	}
	const waits = (await latencies(server.url, db, SAMPLES)).sort((a, b) => a - b);
	const [p50, p99] = [0.5, 0.99].map(
		(share) => Math.round(waits[Math.floor(share * waits.length)]! * 100) / 100,
	);
	const once = await claimedOnce(db);
	console.log(`from the commit of an edit to its claim: ${p50} ms (median), ${p99} ms (99 of 100)`);
	console.log(once ? 'every event was claimed exactly once' : 'AN EVENT WAS CLAIMED TWICE, OR NEVER');
	if (process.argv.includes('--json')) {
		const ratio = (one: string, other: string) => Math.round((rates[one]! / rates[other]!) * 1000) / 1000;
		console.log(
			JSON.stringify({
				jobs_over_raw: ratio('ours 10 10000', 'raw 10 10000'),
				graphile_over_raw: ratio('graphile 10 10000', 'raw 10 10000'),
				latency_p50_ms: p50,
				latency_p99_ms: p99,
				claimed_once: once,
				rate_1m_over_10k: ratio('ours 10 1000000', 'ours 10 10000'),
			}),
		);
	}
} finally {
	await database.close();
	await server.leave({ always: true });
	await rm(folder, { recursive: true, force: true });
}

/**
 * Brings the number of uploaded events to `size`, each with its history and its released lease, past triggers and rules.
 * On a connection of its own: ours give up after a minute.
 */
async function load(size: number): Promise<void> {
	const client = new pg.Client(server.url);
	await client.connect();
	await client.query('set session_replication_role = replica');
	await client.query('alter table events drop constraint row_is_sound');
	await client.query(
		`with fresh as (
			insert into events (state, uploader, description, video_start, video_end, video_title, video_description,
				edit_version, video_link, upload_session, edited_at, uploaded_at)
			select 'UPLOADED', 'bench', 'Talk ' || n, '2026-05-01Z', '2026-05-01T00:01Z', 'Talk ' || n, '', 1, 'https://' || n,
				'{"kind": "local", "attempt": "a"}', now() - interval '1 day', now()
			from generate_series((select count(*) from events) + 1, $1) n returning id
		), history as (
			insert into event_history (event_id, to_state, changes, xid)
			select id, 'UPLOADED', '{"state": ["FINALIZING", "UPLOADED"]}', '3' from fresh
		), opened as (
			insert into leases (id, holder, released_at) select id, 'bench', now() from fresh
		)
		insert into lease_items (lease_id, kind, item, released_at) select id, 'event', id::text, now() from fresh`,
		[size],
	);
	await client.query('alter table events add constraint row_is_sound check (row_is_sound(events)) not valid');
	await client.query('drop table if exists raw_events');
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
	await client.query('vacuum analyze');
	// What the loading left to be written is not the jobs' to wait for.
	await client.query('checkpoint');
	await client.end();
}

/** Puts events into the queue. */
async function queue(db: Db, table: string, count: number): Promise<void> {
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
async function claimedOnce(db: Db): Promise<boolean> {
	const { rows } = await sql<{ once: boolean }>`
		select bool_and(claims = 1 and uploads = 1) and count(*) = (
			select count(*) from events where description in ('bench', 'latency')
		) as once
		from (
			select event_id, count(*) filter (where to_state = 'CLAIMED' and from_state = 'EDITED') as claims,
				count(*) filter (where to_state = 'UPLOADED' and from_state = 'FINALIZING') as uploads
			from event_history join events on id = event_id where description in ('bench', 'latency') group by event_id
		) counted`.execute(db);
	return rows[0]!.once;
}

function median(values: number[]): number {
	return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
