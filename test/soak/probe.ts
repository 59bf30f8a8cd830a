import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from 'kysely';
import type { Measure, Series } from './trend.ts';
import type { SoakWorld } from './world.ts';

const MIB = 2 ** 20;

/** Measures every process of a world again and again, as the kernel (Linux: /proc), /metrics and PostgreSQL tell it. */
export class Probe {
	readonly #world: SoakWorld;
	readonly #begin = performance.now();
	readonly #series = new Map<string, Series>();
	/** Bytes of each table with its indices, as it was at first and last. */
	readonly tables = new Map<string, { first: number; last: number }>();

	constructor(world: SoakWorld) {
		this.#world = world;
	}

	/** Seconds since the begin. */
	get seconds(): number {
		return (performance.now() - this.#begin) / 1000;
	}

	get series(): Series[] {
		return [...this.#series.values()];
	}

	/** Measures everything once. */
	async take(): Promise<void> {
		const parents = await parentsOfAll();
		const services = [...this.#world.processes.ids].map(async ([name, pid]) => {
			this.#note(name, 'descriptors', (await readdir(`/proc/${pid}/fd`)).length);
			this.#note(name, 'children', parents.filter(({ parent }) => parent === pid).length);
			const text = await fetch(`${this.#world.health.get(name)}/metrics`).then((answer) => answer.text());
			const young = sample(text, 'nodejs_heap_space_size_total_bytes', 'space="new"') / MIB;
			this.#note(name, 'memory', (await statusKib(pid, 'VmRSS')) / 1024 - young);
			this.#note(name, 'heap', sample(text, 'nodejs_heap_size_used_bytes') / MIB);
			this.#note(name, 'event loop', sample(text, 'nodejs_eventloop_lag_p99_seconds') * 1000);
		});
		await Promise.all([...services, this.#takePostgres(parents)]);
	}

	async #takePostgres(parents: readonly Running[]): Promise<void> {
		const file = join(this.#world.serverFolder, 'data/postmaster.pid');
		const postmaster = Number((await readFile(file, 'utf8')).split('\n')[0]);
		const pids = parents.flatMap(({ pid, parent }) => (parent === postmaster ? [pid] : []));
		// One that ended meanwhile has nothing any more.
		const own = await Promise.all(
			[postmaster, ...pids].map((pid) => statusKib(pid, 'RssAnon').catch(() => 0)),
		);
		this.#note('postgres', 'memory', own.reduce((sum, kib) => sum + kib, 0) / 1024);
		this.#note('postgres', 'largest backend', Math.max(...own) / 1024);
		const { rows } = await sql<{ count: number }>`
			select count(*)::int as count from pg_stat_activity
			where backend_type = 'client backend' and application_name <> 'soak'`.execute(this.#world.db);
		this.#note('postgres', 'connections', rows[0]!.count);
		const tables = await sql<{ name: string; bytes: number }>`
			select relname as name, pg_total_relation_size(oid)::float8 as bytes from pg_class
			where relkind = 'r' and relnamespace = 'public'::regnamespace`.execute(this.#world.db);
		for (const { name, bytes } of tables.rows) {
			this.tables.set(name, { first: this.tables.get(name)?.first ?? bytes, last: bytes });
		}
	}

	#note(process: string, measure: Measure, value: number): void {
		const key = `${process} ${measure}`;
		const series = this.#series.get(key) ?? { process, measure, points: [] };
		this.#series.set(key, series);
		series.points.push([this.seconds, value]);
	}
}

interface Running {
	pid: number;
	parent: number;
}

/** All processes of this machine with their parents (proc(5), the fourth field of stat). */
async function parentsOfAll(): Promise<Running[]> {
	const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
	const stats = await Promise.all(
		pids.map((pid) => readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)),
	);
	return stats.flatMap((stat, index) => {
		// The name, in brackets, may hold anything.
		const parent = /^.*\) \S (\d+)/s.exec(stat ?? '')?.[1];
		return parent === undefined ? [] : [{ pid: Number(pids[index]), parent: Number(parent) }];
	});
}

/** A field of /proc/PID/status in KiB. */
async function statusKib(pid: number, field: string): Promise<number> {
	const status = await readFile(`/proc/${pid}/status`, 'utf8');
	return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0);
}

/** The value of a sample in Prometheus' text format; of one with labels, the one that has `label`. */
function sample(metrics: string, name: string, label?: string): number {
	const labels = label === undefined ? '' : `\\{[^}]*${label}[^}]*\\}`;
	return Number(new RegExp(`^${name}${labels} (\\S+)$`, 'm').exec(metrics)?.[1] ?? Number.NaN);
}
