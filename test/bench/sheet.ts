/**
 * Measures the sync over 100, 1,000, 10,000 and 50,000 rows: what an idle cycle costs in which one unwatched cell changed,
 * what a cycle with 100 changed rows and 100 changed events costs, and how long changes take from one side to the other
 * with the daemon's own pace. The sheet is served by another process; CPU is this process's, all threads, without what
 * JSON.parse takes. With `--json` the last line is one JSON object.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { sheets_v4 } from 'googleapis/build/src/apis/sheets/index.js';
import { sheets } from 'googleapis/build/src/apis/sheets/index.js';
import { sql } from 'kysely';
import pg from 'pg';
import pino from 'pino';
import { openDatabase } from '../../db/connect.ts';
import { startEmbeddedPostgres } from '../../db/embedded.ts';
import { migrate } from '../../db/migrate.ts';
import { DEFAULT_HEADERS } from '../../sheet-sync/columns.ts';
import { runSheetSync } from '../../sheet-sync/daemon.ts';
import { SheetSync } from '../../sheet-sync/sheet-sync.ts';
import type { CountedRequest } from './sheet-server.ts';

const SIZES = [100, 1_000, 10_000, 50_000];
/** Cycles per measurement; the median counts. */
const CYCLES = 9;
/** Changes in each direction whose latency is taken. */
const CHANGES = 30;
const ROWS_PER_WRITE = 5_000;
/** In the order in which the cells are written below. */
const HEADERS = [...Object.values(DEFAULT_HEADERS).slice(0, 14), 'Mine'];
const MINE = HEADERS.length - 1;
const log = pino({ level: 'silent' });

interface Measured {
	cpu_ms: number;
	reads: number;
	writes: number;
	bytes: number;
	statements: number;
}

let parseMs = 0;
const parse = JSON.parse;
JSON.parse = (text, reviver) => {
	const before = performance.now();
	try {
		return parse(text, reviver);
	} finally {
		parseMs += performance.now() - before;
	}
};

let statements = 0;
const query = pg.Client.prototype.query;
pg.Client.prototype.query = function count(this: pg.Client, ...parameters: unknown[]) {
	statements++;
	return Reflect.apply(query, this, parameters);
} as typeof query;

const folder = await mkdtemp(path.join(tmpdir(), 'cutsheet-bench-sheet-'));
// PostgreSQL may run as another user.
await chmod(folder, 0o711);
const server = await startEmbeddedPostgres({ folder: path.join(folder, 'postgres'), durable: false });
const database = openDatabase(server.url, { applicationName: 'bench' });
const db = database.kysely;
await migrate(db);
const child = fork(path.join(import.meta.dirname, 'sheet-server.ts'), [server.url]);
const [{ address, direct }] = (await once(child, 'message')) as [{ address: string; direct: string }];
const requests: CountedRequest[] = [];
child.on('message', (message) => requests.push(message as CountedRequest));
/** Ours, past the counter. */
const people = sheets({ version: 'v4', rootUrl: `${direct}/`, retry: false });

try {
	const idle: Record<number, Measured> = {};
	const changed: Record<number, Measured> = {};
	for (const size of SIZES) {
		const spreadsheetId = await fill(size);
		const limits = { readsPerMinute: 1_000_000, writesPerMinute: 1_000_000, worksheetsSeconds: 3_600 };
		const sync = await SheetSync.open({ spreadsheetId, endpoint: address, ...limits }, { db, log });
		for (let rest = 0; rest < 3; ) rest = isRest(await sync.cycle()) ? rest + 1 : 0;
		idle[size] = await median(sync, (round) => type(spreadsheetId, [[1, MINE, `unwatched ${round}`]]));
		changed[size] = await median(sync, async (round) => {
			const count = Math.min(100, size / 2);
			await type(
				spreadsheetId,
				Array.from({ length: count }, (_, row) => [row + 1, 4, `note ${round}`] as const),
			);
			await sql`
				update events set error = ${`Look at ${round}.`} where id in (
					select event_id from sheet_rows where spreadsheet = ${spreadsheetId} order by event_id limit ${count}
				)`.execute(db);
		});
		tell(`${size} rows, idle`, idle[size]);
		tell(`${size} rows, 100 changed`, changed[size]);
	}
	const latency = await measureLatency(await fill(1_000));
	console.log(
		`sheet to Postgres ${latency.toDb} ms, Postgres to sheet ${latency.toSheet} ms (95 of 100 changes); ` +
			`at most ${latency.reads} reads and ${latency.writes} writes in a minute`,
	);
	if (process.argv.includes('--json')) {
		console.log(
			JSON.stringify({
				idle_10k_cpu_ms: idle[10_000]?.cpu_ms,
				idle_10k_reads: idle[10_000]?.reads,
				idle_10k_writes: idle[10_000]?.writes,
				changed100_10k_cpu_ms: changed[10_000]?.cpu_ms,
				changed100_10k_reads: changed[10_000]?.reads,
				changed100_10k_writes: changed[10_000]?.writes,
				changed100_10k_statements: changed[10_000]?.statements,
				sheet_to_db_ms_p95: latency.toDb,
				db_to_sheet_ms_p95: latency.toSheet,
				max_reads_per_minute: latency.reads,
				max_writes_per_minute: latency.writes,
			}),
		);
	}
} finally {
	child.kill();
	await database.close();
	await server.leave({ always: true });
	await rm(folder, { recursive: true, force: true });
}

/** A spreadsheet with so many rows that have ids already. @returns its id */
async function fill(size: number): Promise<string> {
	const { data } = await people.spreadsheets.create({
		requestBody: { properties: { title: `${size} rows` } },
	});
	const spreadsheetId = data.spreadsheetId ?? '';
	await people.spreadsheets.batchUpdate({
		spreadsheetId,
		requestBody: { requests: [{ appendDimension: { sheetId: 0, dimension: 'ROWS', length: size } }] },
	});
	const rows = Array.from({ length: size }, (_, index) => {
		const at = new Date(Date.UTC(2026, 6, 4) + index * 60_000).toISOString();
		const inputs = [at, at, 'Talk', `Talk number ${index}, about something`, '', false, '', '', 'a, b', ''];
		return [...inputs, '', '', '', crypto.randomUUID(), 'my own note'];
	});
	for (let start = 0; start < size; start += ROWS_PER_WRITE) {
		await people.spreadsheets.values.update({
			spreadsheetId,
			range: `A${start + 2}`,
			valueInputOption: 'RAW',
			requestBody: { values: rows.slice(start, start + ROWS_PER_WRITE) },
		});
	}
	await people.spreadsheets.values.update({
		spreadsheetId,
		range: 'A1',
		valueInputOption: 'RAW',
		requestBody: { values: [HEADERS] },
	});
	return spreadsheetId;
}

/** Cells by row and column, from 0, in one request. */
async function type(
	spreadsheetId: string,
	cells: readonly (readonly [number, number, string])[],
): Promise<void> {
	const data = cells.map(([row, column, value]): sheets_v4.Schema$DataFilterValueRange => {
		const gridRange = {
			sheetId: 0,
			startRowIndex: row,
			endRowIndex: row + 1,
			startColumnIndex: column,
			endColumnIndex: column + 1,
		};
		return { dataFilter: { gridRange }, values: [[value]] };
	});
	await people.spreadsheets.values.batchUpdateByDataFilter({
		spreadsheetId,
		requestBody: { valueInputOption: 'RAW', data },
	});
}

function isRest({ setAside, ...work }: Awaited<ReturnType<SheetSync['cycle']>>): boolean {
	return Object.values(work).every((count) => count === 0);
}

async function median(sync: SheetSync, change: (round: number) => Promise<void>): Promise<Measured> {
	const measured: Measured[] = [];
	for (let round = 0; round < CYCLES; round++) {
		await change(round);
		// Until the feed tells it, and the garbage of the change is gone.
		await sleep(100);
		requests.length = 0;
		statements = 0;
		parseMs = 0;
		const before = process.cpuUsage();
		await sync.cycle();
		const { user, system } = process.cpuUsage(before);
		const parsed = parseMs;
		const count = statements;
		await sleep(50);
		measured.push({
			cpu_ms: Math.round(((user + system) / 1000 - parsed) * 10) / 10,
			reads: requests.filter(({ kind }) => kind === 'read').length,
			writes: requests.filter(({ kind }) => kind === 'write').length,
			bytes: requests.reduce((sum, { bytes }) => sum + bytes, 0),
			statements: count,
		});
		// What the change left behind is not the next round's.
		await sync.cycle();
	}
	measured.sort((a, b) => a.cpu_ms - b.cpu_ms);
	return measured[Math.floor(CYCLES / 2)] as Measured;
}

function tell(what: string, { cpu_ms, reads, writes, bytes, statements: count }: Measured): void {
	console.log(
		`${what}: ${cpu_ms} ms CPU, ${reads} reads, ${writes} writes, ${Math.round(bytes / 1024)} KiB, ${count} SQL statements`,
	);
}

/** The daemon at its own pace, within Google's quota. */
async function measureLatency(spreadsheetId: string) {
	const stop = new AbortController();
	const running = runSheetSync({ spreadsheetId, endpoint: address }, { db, log, signal: stop.signal });
	const events = () =>
		db
			.selectFrom('sheet_rows')
			.innerJoin('events', 'id', 'event_id')
			.where('spreadsheet', '=', spreadsheetId);
	while ((await events().select('id').execute()).length < 1_000) await sleep(200);
	await sleep(10_000);
	requests.length = 0;
	const toDb: number[] = [];
	const toSheet: number[] = [];
	for (let change = 0; change < CHANGES; change++) {
		// At any moment of the daemon's turn.
		await sleep(Math.random() * 3_000);
		const note = `change ${change}`;
		await type(spreadsheetId, [[change + 1, 4, note]]);
		toDb.push(
			await timeUntil(
				async () => (await events().select('id').where('notes', '=', note).execute()).length > 0,
			),
		);
		await sleep(Math.random() * 3_000);
		const error = `Look at ${change}.`;
		const { id } = await events()
			.select('id')
			.orderBy('id')
			.limit(1)
			.offset(change)
			.executeTakeFirstOrThrow();
		await db.updateTable('events').set({ error }).where('id', '=', id).execute();
		toSheet.push(await timeUntil(async () => (await errors(spreadsheetId)).includes(error)));
	}
	stop.abort();
	await running;
	return {
		toDb: percentile95(toDb),
		toSheet: percentile95(toSheet),
		reads: mostPerMinute('read'),
		writes: mostPerMinute('write'),
	};
}

async function errors(spreadsheetId: string): Promise<unknown[]> {
	const range = `M2:M1001`;
	const { data } = await people.spreadsheets.values.get({ spreadsheetId, range });
	return (data.values ?? []).flat();
}

async function timeUntil(condition: () => Promise<boolean>): Promise<number> {
	const began = performance.now();
	while (!(await condition())) await sleep(20);
	return Math.round(performance.now() - began);
}

function percentile95(times: number[]): number {
	return times.toSorted((a, b) => a - b)[Math.ceil(times.length * 0.95) - 1] ?? 0;
}

function mostPerMinute(kind: CountedRequest['kind']): number {
	const times = requests.filter((request) => request.kind === kind).map(({ at }) => at);
	return Math.max(0, ...times.map((from) => times.filter((at) => at >= from && at < from + 60_000).length));
}
