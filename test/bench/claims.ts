/**
 * Measures the queue: jobs per second for 1, 10, 100 and 500 connections on 10,000 and 1,000,000 events, beside a raw
 * `FOR UPDATE SKIP LOCKED` loop of three bare updates and beside graphile-worker, all on one durable server in the same run,
 * and the time from the commit of an edit to its claim. With `--json` the last line is one JSON object.
 *
 * Both sizes are databases of that server. Sizes and contenders take turns, and a ratio is the median of those of each
 * turn, so that what else the machine does hits all of them alike.
 */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sql } from 'kysely';
import { type Database, openDatabase } from '../../db/connect.ts';
import { startEmbeddedPostgres } from '../../db/embedded.ts';
import { migrate } from '../../db/migrate.ts';
import { graphile, latencies, ours, raw, warmUpJobs } from './claim-contenders.ts';
import { claimedOnce, loadUploaded, queueEvents } from './claim-load.ts';

const SMALL = 10_000;
const LARGE = 1_000_000;
/** With so many connections, how many jobs are measured per turn, and how many turns. */
const PLAN = [
	{ connections: 1, jobs: 300, turns: 1 },
	{ connections: 10, jobs: 600, turns: 5 },
	{ connections: 100, jobs: 600, turns: 1 },
	{ connections: 500, jobs: 500, turns: 1 },
];
const SAMPLES = 300;

/** Jobs per second in one turn. */
type Turn = Record<'ours' | 'raw' | 'graphile', number>;
interface Loaded {
	size: number;
	url: string;
	database: Database;
}

const folder = await mkdtemp(path.join(tmpdir(), 'cutsheet-bench-claims-'));
// PostgreSQL may run as another user.
await chmod(folder, 0o711);
const server = await startEmbeddedPostgres({ folder: path.join(folder, 'postgres'), connections: 600 });
const opened: Database[] = [];

try {
	const small = await loaded(server.url, SMALL);
	await sql`create database million`.execute(small.database.kysely);
	const large = await loaded(server.url.replace(/\/cutsheet$/, '/million'), LARGE);
	// What the loading left to be written is not the jobs' to wait for.
	await sql`checkpoint`.execute(large.database.kysely);

	let atTen: [Turn, Turn][] = [];
	for (const { connections, jobs, turns } of PLAN) {
		const taken: [Turn, Turn][] = [];
		for (let number = 0; number < turns; number++)
			taken.push([await turn(small, connections, jobs), await turn(large, connections, jobs)]);
		for (const [place, { size }] of [small, large].entries()) {
			const told = (['ours', 'raw', 'graphile'] as const).map(
				(name) => `${name} ${Math.round(median(taken.map((both) => both[place]![name])))}`,
			);
			console.log(`${connections} connections, ${size} events, jobs per second: ${told.join(', ')}`);
		}
		if (connections === 10) atTen = taken;
	}
	const waits = await latencies(small.url, small.database.kysely, SAMPLES);
	const [p50, p99] = [0.5, 0.99].map((share) => rounded(quantile(waits, share)));
	const once = (await claimedOnce(small.database.kysely)) && (await claimedOnce(large.database.kysely));
	console.log(`from the commit of an edit to its claim: ${p50} ms (median), ${p99} ms (99 of 100)`);
	console.log(once ? 'every event was claimed exactly once' : 'AN EVENT WAS CLAIMED TWICE, OR NEVER');
	if (process.argv.includes('--json')) {
		console.log(
			JSON.stringify({
				jobs_over_raw: rounded(median(atTen.map(([{ ours, raw }]) => ours / raw))),
				graphile_over_raw: rounded(median(atTen.map(([{ graphile, raw }]) => graphile / raw))),
				latency_p50_ms: p50,
				latency_p99_ms: p99,
				claimed_once: once,
				rate_1m_over_10k: rounded(median(atTen.map(([few, many]) => many.ours / few.ours))),
			}),
		);
	}
} finally {
	for (const database of opened) await database.close();
	await server.leave({ always: true });
	await rm(folder, { recursive: true, force: true });
}

/** A migrated database with `size` uploaded events. */
async function loaded(url: string, size: number): Promise<Loaded> {
	const began = performance.now();
	const database = openDatabase(url, { applicationName: 'bench' });
	opened.push(database);
	await migrate(database.kysely);
	await loadUploaded(url, size);
	console.log(`${size} uploaded events, loaded in ${((performance.now() - began) / 1000).toFixed(0)} s`);
	return { size, url, database };
}

/** Lets each contender do `jobs`, one after the other. */
async function turn({ url, database }: Loaded, connections: number, jobs: number): Promise<Turn> {
	const db = database.kysely;
	await queueEvents(db, 'events', jobs + warmUpJobs(connections));
	const own = await ours(url, db, connections, jobs);
	await queueEvents(db, 'raw_events', jobs + warmUpJobs(connections));
	return {
		ours: own,
		raw: await raw(url, connections, jobs),
		graphile: await graphile(url, connections, jobs),
	};
}

function median(values: number[]): number {
	return quantile(values, 0.5);
}

function quantile(values: number[], share: number): number {
	return values.toSorted((a, b) => a - b)[Math.floor(share * values.length)]!;
}

function rounded(value: number): number {
	return Math.round(value * 1000) / 1000;
}
