import { spawnSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { Kysely, PostgresDialect } from 'kysely';
import { parse } from 'yaml';
import type { Db } from '../../../db/connect.ts';
import { cutterMetrics, leaseExpiries } from '../../../services/health/cutter-metrics.ts';
import { addDiskMetrics } from '../../../services/health/disk-metrics.ts';
import { addEventMetrics } from '../../../services/health/event-metrics.ts';
import { Health } from '../../../services/health/health.ts';
import { addProcessMetrics } from '../../../services/health/process-metrics.ts';
import { recordMetrics } from '../../../services/health/record-metrics.ts';
import { addStoreMetrics } from '../../../services/health/store-metrics.ts';
import { syncMetrics } from '../../../services/health/sync-metrics.ts';
import { uploadMetrics } from '../../../services/health/upload-metrics.ts';
import { temporaryFolder } from '../../support/recording.ts';
import { haveTool } from '../../support/tool.ts';

const testWithPromtool = haveTool('promtool', 'prometheus') ? test : test.skip;

const FOLDER = path.join(import.meta.dirname, '../../../services/monitoring');
/** Prometheus' own, of every scrape. */
const ITS_OWN = ['up'];
/** What Prometheus makes of a histogram. */
const PARTS_OF_HISTOGRAMS = /_(bucket|sum|count)$/;

testWithPromtool('Prometheus takes the alerts, and they fire when they should', (t) => {
	t.is(promtool(t, 'check', 'rules', '--lint-fatal', 'prometheus-alerts.yaml'), 0);
	t.is(promtool(t, 'test', 'rules', 'prometheus-alerts-test.yaml'), 0);
});

test('each alert is among those that fire when nothing is well', async (t) => {
	const { groups } = parse(await readFile(path.join(FOLDER, 'prometheus-alerts.yaml'), 'utf8')) as {
		groups: { rules: { alert: string }[] }[];
	};
	const tests = await readFile(path.join(FOLDER, 'prometheus-alerts-test.yaml'), 'utf8');
	for (const { alert } of groups.flatMap(({ rules }) => rules)) {
		t.true(tests.includes(`labels: '{alertname="${alert}",`), alert);
	}
});

test('every metric that an alert or the dashboard names is one that a service tells', async (t) => {
	const exported = new Set([...(await exportedNames()), ...ITS_OWN]);
	const rules = parse(await readFile(path.join(FOLDER, 'prometheus-alerts.yaml'), 'utf8')) as {
		groups: { rules: { alert: string; expr: string }[] }[];
	};
	const dashboard = JSON.parse(await readFile(path.join(FOLDER, 'grafana-dashboard.json'), 'utf8')) as {
		panels: { title: string; targets: { expr: string }[] }[];
	};
	const expressions = [
		...rules.groups.flatMap((group) => group.rules.map(({ alert, expr }) => [alert, expr] as const)),
		...dashboard.panels.flatMap(({ title, targets }) => targets.map(({ expr }) => [title, expr] as const)),
	];
	t.true(expressions.length > 40);
	for (const [where, expr] of expressions) {
		const names = metricsOf(expr);
		t.true(names.length > 0, `${where}: ${expr}`);
		for (const name of names) {
			t.true(exported.has(name) || exported.has(name.replace(PARTS_OF_HISTOGRAMS, '')), `${where}: ${name}`);
		}
	}
});

testWithPromtool('Prometheus can read every expression of the dashboard', async (t) => {
	const { panels } = JSON.parse(await readFile(path.join(FOLDER, 'grafana-dashboard.json'), 'utf8')) as {
		panels: { targets: { expr: string }[] }[];
	};
	const rules = panels.flatMap(({ targets }, panel) =>
		targets.map(({ expr }, target) => ({
			record: `panel:${panel}_${target}`,
			expr: expr.replaceAll('$__rate_interval', '5m'),
		})),
	);
	const file = path.join(await temporaryFolder(t), 'dashboard.yaml');
	await writeFile(file, JSON.stringify({ groups: [{ name: 'dashboard', rules }] }));
	t.is(promtool(t, 'check', 'rules', file), 0);
});

/** Runs promtool among the files; its exit code. */
function promtool(t: ExecutionContext, ...words: string[]): number | null {
	const { status, stdout, stderr } = spawnSync('promtool', words, { cwd: FOLDER, encoding: 'utf8' });
	if (status !== 0) t.log(stdout, stderr);
	return status;
}

/** The metrics that an expression names: words before a brace, a bracket or an operator, but for functions and labels. */
function metricsOf(expr: string): string[] {
	const bare = expr
		.replaceAll(/"[^"]*"/g, '')
		.replaceAll(/\{[^}]*\}/g, '')
		.replaceAll(/\[[^\]]*\]/g, '')
		.replaceAll(/\b(by|on|ignoring|group_left|group_right)\s*\([^)]*\)/g, '');
	const words = [...bare.matchAll(/[a-z_][a-z0-9_]*(?!\s*\()\b/gi)].map(([word]) => word);
	return words
		.filter((word) => word.includes('_') || ITS_OWN.includes(word))
		.filter((word) => !FUNCTIONS.has(word));
}

const FUNCTIONS = new Set(['histogram_quantile', 'count_over_time']);

/** The names of everything that any service exports. */
async function exportedNames(): Promise<string[]> {
	const db: Db = new Kysely({
		dialect: new PostgresDialect({ pool: () => Promise.reject(new Error('none')) }),
	});
	const cutter = new Health('cutter');
	addProcessMetrics(cutter.metrics, 'cutter');
	cutterMetrics(cutter, { concurrency: 1, pollSeconds: 1, locations: [] });
	uploadMetrics(cutter.metrics);
	addDiskMetrics(cutter.metrics, {});
	const record = new Health('record');
	recordMetrics(record);
	addStoreMetrics(record.metrics, { base: '/none', channel: 'none', quality: 'none' });
	const sync = new Health('sheet-sync');
	syncMetrics(sync, { read: 1, write: 1 });
	leaseExpiries(sync.metrics);
	addEventMetrics(sync.metrics, db);
	const all = await Promise.all([cutter, record, sync].map(({ metrics }) => metrics.getMetricsAsJSON()));
	return all.flat().map(({ name }) => name);
}
