/** Who is measured by claims.ts: three ways to take jobs from a queue in PostgreSQL and to finish them. */
import { Logger, run, runMigrations } from 'graphile-worker';
import { sql } from 'kysely';
import pg from 'pg';
import { type Database, type Db, openDatabase } from '../../db/connect.ts';
import { listen } from '../../db/listen.ts';
import { claimableEvents, claimFirst } from '../../db/transitions/claim.ts';
import { completeEvent, finalizeEvent, storeUploadSession } from '../../db/transitions/leased.ts';
import { submitEdit } from '../../db/transitions/submit-edit.ts';
import { runningNode } from '../support/events.ts';

/** Jobs that each connection does before the clock runs: a daemon has its plans, too. */
const WARM_UP = 6;
const silent = new Logger(() => () => undefined);

/** How many warm-up jobs there must be beside the measured ones. */
export function warmUpJobs(connections: number): number {
	return connections * WARM_UP;
}

/** Runs `job` on each connection until `total` have found one. @returns jobs per second */
async function race<C>(
	connections: readonly C[],
	total: number,
	job: (connection: C, index: number) => Promise<boolean>,
): Promise<number> {
	let left = total;
	const began = performance.now();
	await Promise.all(
		connections.map(async (connection, index) => {
			while (left > 0) {
				left--;
				if (!(await job(connection, index))) left++;
			}
		}),
	);
	return (total / (performance.now() - began)) * 1000;
}

/**
 * Our own: each connection is a cutter node, and each job all calls that a cutter makes for it: candidates, claim, session,
 * finalizing, done.
 */
export async function ours(url: string, db: Db, connections: number, jobs: number): Promise<number> {
	const nodes = Array.from({ length: connections }, (_, index) => `bench-${index}`);
	for (const node of nodes) await runningNode(db, node);
	const opened = nodes.map(() => openDatabase(url, { applicationName: 'bench', connections: 1 }));
	const late = new Set<number>();
	const job = async ({ kysely }: Database, index: number) => {
		const candidates = await claimableEvents(kysely, nodes[index]!, [], late.has(index));
		const claimed = await claimFirst(kysely, candidates, nodes[index]!, 60);
		if (!claimed) {
			late.add(index);
			return false;
		}
		late.delete(index);
		const { lease, event } = claimed;
		await storeUploadSession(kysely, lease, { kind: 'local', attempt: lease });
		await finalizeEvent(kysely, lease);
		return completeEvent(kysely, lease, { link: `https://example.org/${event.id}`, told: { title: 'A' } });
	};
	await race(opened, connections * WARM_UP, job);
	const rate = await race(opened, jobs, job);
	await Promise.all(opened.map((one) => one.close()));
	return rate;
}

/**
 * Three bare updates per job of rows that are like ours, with the same indices, and without any rule: raw_events is a copy
 * of the table without triggers and constraints.
 */
export async function raw(url: string, connections: number, jobs: number): Promise<number> {
	const clients = Array.from({ length: connections }, () => new pg.Client(url));
	await Promise.all(clients.map((client) => client.connect()));
	const job = async (client: pg.Client) => {
		const { rows } = await client.query(
			`update raw_events set state = 'CLAIMED', uploader = 'bench' where id = (
				select id from raw_events where state = 'EDITED' order by priority desc, edited_at, id
				limit 1 for update skip locked
			) returning id`,
		);
		if (rows.length === 0) return false;
		await client.query("update raw_events set state = 'FINALIZING' where id = $1", [rows[0].id]);
		await client.query("update raw_events set state = 'UPLOADED', video_link = 'https://' where id = $1", [
			rows[0].id,
		]);
		return true;
	};
	await race(clients, connections * WARM_UP, job);
	const rate = await race(clients, jobs, job);
	await Promise.all(clients.map((client) => client.end()));
	return rate;
}

/** graphile-worker with a job that does nothing, as many at once as there are connections. */
export async function graphile(url: string, connections: number, jobs: number): Promise<number> {
	await runMigrations({ connectionString: url, logger: silent });
	const client = new pg.Client(url);
	await client.connect();
	const all = jobs + connections * WARM_UP;
	await client.query(
		`select graphile_worker.add_job('nothing', json_build_object('n', n)) from generate_series(1, $1) n`,
		[all],
	);
	let done = 0;
	let began = 0;
	let ended = () => {};
	const over = new Promise<void>((resolve) => {
		ended = resolve;
	});
	const runner = await run({
		connectionString: url,
		concurrency: connections,
		// It needs two for itself.
		maxPoolSize: connections + 2,
		noHandleSignals: true,
		logger: silent,
		taskList: {
			nothing: async () => {
				done++;
				if (done === all - jobs) began = performance.now();
				if (done === all) ended();
			},
		},
	});
	await over;
	const rate = (jobs / (performance.now() - began)) * 1000;
	await runner.stop();
	await client.end();
	return rate;
}

/** From the answer to the submitted edit to the claim by a node that waits, in ms, `samples` times one after the other. */
export async function latencies(url: string, db: Db, samples: number): Promise<number[]> {
	const node = openDatabase(url, { applicationName: 'waiting-node', connections: 1 });
	await runningNode(db, 'waiting');
	let claimed: (lease: string) => void = () => undefined;
	let ready: () => void = () => undefined;
	const listening = new Promise<void>((resolve) => {
		ready = resolve;
	});
	const listener = listen(url, {
		channels: ['event_edited'],
		onConnected: () => ready(),
		onNotification: async () => {
			const won = await claimFirst(
				node.kysely,
				await claimableEvents(node.kysely, 'waiting', []),
				'waiting',
				60,
			);
			if (won) claimed(won.lease);
		},
	});
	await listening;
	const { rows } = await sql<{ id: string }>`
		insert into events (description) select 'latency' from generate_series(1, ${samples}) returning id`.execute(
		db,
	);
	const edit = {
		ranges: [{ start: new Date('2026-05-01T12:00:00Z'), end: new Date('2026-05-01T12:01:00Z') }],
		title: 'A',
		description: '',
	};
	const measured: number[] = [];
	for (const { id } of rows) {
		const lease = new Promise<[string, number]>((resolve) => {
			claimed = (one) => resolve([one, performance.now()]);
		});
		await submitEdit(db, id, edit);
		const committed = performance.now();
		const [held, at] = await lease;
		measured.push(at - committed);
		await storeUploadSession(db, held, { kind: 'local', attempt: held });
		await finalizeEvent(db, held);
		await completeEvent(db, held, { link: 'https://example.org/' });
	}
	await listener.close();
	await node.close();
	return measured;
}
