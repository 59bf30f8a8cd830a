import { sql } from 'kysely';
import { Gauge, type Registry } from 'prom-client';
import type { Db } from '../../db/connect.ts';
import { standsStill } from '../../db/standstill.ts';
import { readWork } from '../status/standstill.ts';
import { cached } from './cached.ts';
import { inTime } from './in-time.ts';

/** The database is asked this often at most (ms), however many scrape. */
const ASK_MS = 10_000;

interface Picture {
	events: { state: string; error: boolean; count: number }[];
	waiting: { count: number; oldest: number };
	owned: { live: number; abandoned: number };
	nodes: { name: string; seconds: number; doubled: boolean }[];
	disagreements: number;
	/** Of each node that does something: how much of it stands still. */
	standing: Map<string, number>;
}

/**
 * What the database knows of the whole installation. Several services tell the same; whoever adds up takes the maximum.
 * While the database does not answer, nothing of it is told.
 */
export function addEventMetrics(metrics: Registry, db: Db): void {
	const ask = cached(ASK_MS, () => inTime(() => readPicture(db)).catch(() => undefined));
	const gauge = (
		name: string,
		help: string,
		labelNames: string[],
		tell: (picture: Picture, set: (labels: Record<string, string>, value: number) => void) => void,
	) =>
		new Gauge({
			name,
			help,
			labelNames,
			registers: [metrics],
			async collect() {
				this.reset();
				const picture = await ask();
				if (picture) tell(picture, (labels, value) => this.set(labels, value));
				// Without labels a reset gauge says 0, which would be a lie.
				else if (labelNames.length === 0) this.remove();
			},
		});
	gauge(
		'cutsheet_events',
		'Events by state; error yes: with a sentence that says what is wrong or waited for.',
		['state', 'error'],
		({ events }, set) => {
			for (const { state, error, count } of events) set({ state, error: error ? 'yes' : 'no' }, count);
		},
	);
	gauge('cutsheet_queue_events', 'Events that could be claimed now.', [], ({ waiting }, set) =>
		set({}, waiting.count),
	);
	gauge(
		'cutsheet_queue_oldest_seconds',
		'For how long the one that waits longest could have been claimed; 0 when none waits.',
		[],
		({ waiting }, set) => set({}, waiting.oldest),
	);
	gauge('cutsheet_leases_live', 'Events on which a cutter holds a live lease.', [], ({ owned }, set) =>
		set({}, owned.live),
	);
	gauge(
		'cutsheet_leases_abandoned',
		'Events in CLAIMED or FINALIZING without a live lease: to be taken back, or resolved.',
		[],
		({ owned }, set) => set({}, owned.abandoned),
	);
	gauge(
		'cutsheet_work_standing_still',
		'Events with which a node has got no further for longer than that ever rightly takes.',
		['node'],
		({ standing }, set) => {
			for (const [node, count] of standing) set({ node }, count);
		},
	);
	gauge(
		'cutsheet_node_last_seen_seconds',
		'Seconds since a cutter node was last heard of, by the clock of the database.',
		['node'],
		({ nodes }, set) => {
			for (const { name, seconds } of nodes) set({ node: name }, seconds);
		},
	);
	gauge(
		'cutsheet_node_doubled',
		'1 while two processes run under the name of a node, else 0.',
		['node'],
		({ nodes }, set) => {
			for (const { name, doubled } of nodes) set({ node: name }, doubled ? 1 : 0);
		},
	);
	gauge(
		'cutsheet_location_disagreements',
		'Upload locations that two running nodes configure differently.',
		[],
		({ disagreements }, set) => set({}, disagreements),
	);
}

const STATES = ['UNEDITED', 'EDITED', 'CLAIMED', 'FINALIZING', 'UPLOADED'];

async function readPicture(db: Db): Promise<Picture> {
	const counted = await sql<{ state: string; error: boolean; count: number }>`
		select state::text, error is not null as error, count(*)::float8 as count from events group by 1, 2`.execute(
		db,
	);
	const waiting = await sql<{ count: number; oldest: number }>`
		select count(*)::float8 as count,
			coalesce(extract(epoch from clock_timestamp() - min(greatest(edited_at, next_try_at))), 0)::float8 as oldest
		from events
		where state = 'EDITED' and removed_from_sheet_at is null
			and (next_try_at is null or next_try_at <= clock_timestamp())`.execute(db);
	const owned = await sql<{ live: number; abandoned: number }>`
		select count(l.id)::float8 as live, (count(*) - count(l.id))::float8 as abandoned
		from events e
		left join lease_items i on i.kind = 'event' and i.item = e.id::text and i.released_at is null
		left join leases l on l.id = i.lease_id and l.released_at is null
			and (l.expires_at is null or l.expires_at > clock_timestamp())
		where e.state in ('CLAIMED', 'FINALIZING')`.execute(db);
	const nodes = await sql<Picture['nodes'][number]>`
		select name, extract(epoch from clock_timestamp() - last_seen_at)::float8 as seconds,
			coalesce(doubled_at > clock_timestamp() - interval '60 seconds', false) as doubled
		from nodes
		where last_seen_at > clock_timestamp() - interval '7 days'`.execute(db);
	const { rows } = await sql<{ count: number }>`
		select count(*)::float8 as count from locations where disagreement is not null`.execute(db);
	const standing = new Map<string, number>();
	for (const { node, progress, seconds_since_moved } of await readWork(db))
		standing.set(node, (standing.get(node) ?? 0) + Number(standsStill(progress, seconds_since_moved)));
	// A state that no event has is told as 0, so that a graph of it begins.
	const events = STATES.flatMap((state) =>
		[false, true].map(
			(error) =>
				counted.rows.find((row) => row.state === state && row.error === error) ?? { state, error, count: 0 },
		),
	);
	return {
		events,
		waiting: waiting.rows[0]!,
		owned: owned.rows[0]!,
		nodes: nodes.rows,
		disagreements: rows[0]!.count,
		standing,
	};
}
