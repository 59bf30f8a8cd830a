import { spawnSync } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import ava, { type TestFn } from 'ava';
import { sql } from 'kysely';
import { openDatabase } from '../../../db/connect.ts';
import type { ServiceName } from '../../../services/commands/run-service.ts';
import type { Readiness } from '../../../services/health/health.ts';
import { asRole, createDatabase } from '../../support/database.ts';
import { editedEvent, eventRow } from '../../support/events.ts';
import { temporaryFolder } from '../../support/recording.ts';
import {
	answers,
	freePorts,
	type ServiceProcess,
	startService,
	writeConfig,
} from '../../support/service-process.ts';
import { haveTool } from '../../support/tool.ts';
import { until } from '../../support/until.ts';

const promtoolIsThere = haveTool('promtool', 'prometheus');

const test = ava as TestFn;

const NAMES: readonly ServiceName[] = [
	...(['local-sheet', 'sheet-sync', 'publish-sheet', 'record', 'cutter', 'web'] as const),
];

/** The database role that each is to work under. */
const ROLE_OF = {
	...({ 'local-sheet': 'sheet_sync', 'sheet-sync': 'sheet_sync', 'publish-sheet': 'sheet_sync' } as const),
	...({ cutter: 'cutter', web: 'web', record: 'readonly' } as const),
};

test('each service tells that it is ready, and counts, in a form that Prometheus takes', async (t) => {
	const { url, db } = await createDatabase(t);
	const folder = await temporaryFolder(t);
	const videos = path.join(folder, 'videos');
	await mkdir(videos);
	const [sheetPort, webPort, ...healthPorts] = await freePorts(2 + NAMES.length);
	const ports = Object.fromEntries(NAMES.map((name, index) => [name, healthPorts[index]]));
	const config = await writeConfig(folder, 'all', {
		sheet: { spreadsheet: 'talks', pollSeconds: 0.5 },
		publishSheet: { spreadsheet: 'public' },
		localSheet: { port: sheetPort },
		web: { port: webPort },
		cutter: {
			node: 'north',
			segments: { base: path.join(folder, 'segments') },
			stateFolder: path.join(folder, 'state'),
			spoolFolder: path.join(folder, 'spool'),
			locations: { videos: { kind: 'local', path: videos } },
			pollSeconds: 0.5,
		},
		health: { ports },
	});
	const running = new Map<ServiceName, ServiceProcess>();
	for (const name of NAMES) {
		const words = name === 'record' ? [name, '--test-stream'] : [name];
		const environment = { CUTSHEET_LOG_LEVEL: 'info', DATABASE_URL: asRole(url, ROLE_OF[name]) };
		running.set(name, startService(t, [...words, '--config', config], environment));
	}
	const at = (name: ServiceName, what: string) => `http://127.0.0.1:${ports[name]}/${what}`;
	for (const name of NAMES) {
		const service = running.get(name)!;
		t.like(await (await answers(at(name, 'healthz'), [200], service)).json(), { alive: true });
		const ready = (await (await answers(at(name, 'readyz'), [200], service)).json()) as Readiness;
		t.like(ready, { service: name, ready: true });
		t.true(Object.values(ready.checks).every(({ sentence }) => /\.$/.test(sentence)));
		t.is((await fetch(at(name, 'anything'))).status, 404);
		t.is((await fetch(at(name, 'healthz'), { method: 'POST' })).status, 405);
	}

	const event = await editedEvent(db, await lastSeconds(at('record', 'metrics')));
	await until(async () => (await eventRow(db, event.id)).state === 'UPLOADED', 60);
	const metrics = new Map<ServiceName, string>();
	for (const name of NAMES) {
		const answer = await fetch(at(name, 'metrics'));
		t.regex(answer.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/);
		const text = await answer.text();
		metrics.set(name, text);
		t.is(complaints(text), '', name);
		t.is(value(text, `cutsheet_build_info{service="${name}",version=".*"}`), 1);
	}
	const of = (name: ServiceName, what: string) => value(metrics.get(name)!, what);
	t.is(of('cutter', 'cutsheet_claims_total'), 1);
	t.is(of('cutter', 'cutsheet_jobs_total{outcome="published",location="videos"}'), 1);
	t.is(of('cutter', 'cutsheet_jobs_running'), 0);
	t.is(of('cutter', 'cutsheet_cut_video_seconds_total{mode="smart"}'), 2);
	t.true(of('cutter', 'cutsheet_cut_busy_seconds_total{mode="smart"}') > 0);
	t.true(of('cutter', 'cutsheet_upload_bytes_total{location="videos",kind="local"}') > 1000);
	t.is(of('cutter', 'cutsheet_notifications_connected'), 1);
	t.true(of('cutter', 'cutsheet_disk_free_bytes{purpose="spool"}') > 0);
	for (const name of ['cutter', 'record'] as const) {
		t.true(of(name, 'cutsheet_segment_age_seconds{channel="main",quality="source"}') < 60, name);
		t.is(of(name, 'cutsheet_segment_holes{channel="main",quality="source"}'), 0, name);
	}
	t.true(of('record', 'cutsheet_recorded_segments_total{type="full"}') >= 2);
	for (const name of ['sheet-sync', 'web'] as const) {
		t.is(of(name, 'cutsheet_ready{check="database"}'), 1);
		t.is(of(name, 'cutsheet_events{state="UPLOADED",error="no"}'), 1);
	}
	t.true(of('sheet-sync', 'cutsheet_sheet_requests_total{kind="read",status="200"}') > 0);
	t.true(of('sheet-sync', 'cutsheet_sheet_requests_per_minute_limit{kind="read"}') > 0);
	t.is(of('sheet-sync', 'cutsheet_sync_leading'), 1);
	t.true(of('sheet-sync', 'cutsheet_sheet_to_database_lag_seconds') < 60);
	t.true(of('sheet-sync', 'cutsheet_database_to_sheet_lag_seconds') < 60);

	for (const [name, service] of running) t.is(await service.stop(), 0, `${name}: ${service.log()}`);
});

test('a sheet-sync that a stranger keeps from leading is not ready, and says who holds its lock and how to end that', async (t) => {
	const { url, db } = await createDatabase(t);
	const stranger = openDatabase(asRole(url, 'readonly'), { applicationName: 'psql', connections: 1 });
	t.teardown(() => stranger.close());
	await sql`select pg_advisory_lock(hashtextextended('cutsheet sheet-sync talks', 0))`.execute(
		stranger.kysely,
	);
	const [sheetPort, syncPort, localPort] = await freePorts(3);
	const config = await writeConfig(await temporaryFolder(t), 'sheet', {
		sheet: { spreadsheet: 'talks', pollSeconds: 0.5 },
		localSheet: { port: sheetPort },
		health: { ports: { 'sheet-sync': syncPort, 'local-sheet': localPort } },
	});
	const environment = { CUTSHEET_LOG_LEVEL: 'info', DATABASE_URL: asRole(url, 'sheet_sync') };
	startService(t, ['local-sheet', '--config', config], environment);
	const sync = startService(t, ['sheet-sync', '--config', config], environment);
	const ready = `http://127.0.0.1:${syncPort}/readyz`;
	let told = '';
	await until(async () => {
		told = ((await (await answers(ready, [503], sync)).json()) as Readiness).checks.sheet?.sentence ?? '';
		return /pg_terminate_backend/.test(told);
	}, 60);
	t.regex(told, /^A connection of the role test_readonly \(PID \d+\) holds the lock/);
	t.true(sync.log().includes(told));
	await sql.raw(/select pg_terminate_backend\(\d+\);/.exec(told)![0]).execute(db);
	await answers(ready, [200], sync);
});

/** The edit inputs of two seconds that are surely recorded by now, judged by what the recorder tells. */
async function lastSeconds(metrics: string): Promise<{ video_start: Date; video_end: Date }> {
	let text = '';
	await until(async () => {
		text = await (await fetch(metrics)).text();
		return value(text, 'cutsheet_recorded_segments_total{type="full"}') >= 3;
	}, 60);
	const end =
		Date.now() - value(text, 'cutsheet_segment_age_seconds{channel="main",quality="source"}') * 1000;
	return { video_start: new Date(end - 4_000), video_end: new Date(end - 2_000) };
}

/** The value of a sample, named as Prometheus does, labels in the order in which they are told; NaN when there is none. */
function value(text: string, sample: string): number {
	const [name, labels] = sample.split(/(?=\{)/);
	const pattern = `^${name}${labels ? labels.replace(/[{}]/g, '\\$&') : ''} (\\S+)$`;
	return Number(new RegExp(pattern, 'm').exec(text)?.[1] ?? Number.NaN);
}

/** What Prometheus' own parser and linter say against it, where they are there; nothing when all is well. */
function complaints(text: string): string {
	if (!promtoolIsThere) return '';
	const { stdout, stderr, status } = spawnSync('promtool', ['check', 'metrics'], {
		input: text,
		encoding: 'utf8',
	});
	return status === 0 ? '' : `${stdout}${stderr}`;
}
