import { Counter, Gauge, Histogram } from 'prom-client';
import type { SyncObserver } from '../../sheet-sync/sync-observer.ts';
import type { Health } from './health.ts';

/** After this long without a cycle that ended well, the sync is not ready: some of Google's outages last a minute. */
const SILENT_SECONDS = 90;

/** Counts what a sync does. `limits`: requests per minute that it keeps to. */
export function syncMetrics(health: Health, limits: { read: number; write: number }): Required<SyncObserver> {
	const registers = [health.metrics];
	const requests = new Counter({
		name: 'cutsheet_sheet_requests_total',
		help: 'Requests to the Sheets API, by HTTP status; status none: without an answer. 429: the quota is used up.',
		labelNames: ['kind', 'status'],
		registers,
	});
	const limit = new Gauge({
		name: 'cutsheet_sheet_requests_per_minute_limit',
		help: 'How many requests per minute this process may make.',
		labelNames: ['kind'],
		registers,
	});
	for (const kind of ['read', 'write'] as const) {
		requests.inc({ kind, status: '200' }, 0);
		limit.set({ kind }, limits[kind]);
	}
	const durations = new Histogram({
		name: 'cutsheet_sync_cycle_duration_seconds',
		help: 'How long cycles took that ended well.',
		buckets: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
		registers,
	});
	const failures = new Counter({
		name: 'cutsheet_sync_cycle_failures_total',
		help: 'Cycles that failed; the next one makes up for them.',
		registers,
	});
	const setAsides = new Gauge({
		name: 'cutsheet_sync_rows_set_aside',
		help: 'Rows of the sheet that are not in full sync and say why.',
		registers,
	});
	const lead = new Gauge({
		name: 'cutsheet_sync_leading',
		help: '1 in the process that syncs, 0 in those that stand by.',
		registers,
	});
	const since: { taken?: number; shown?: number } = {};
	const lag = (which: 'taken' | 'shown', name: string, help: string) =>
		new Gauge({
			name,
			help,
			registers,
			collect() {
				// Absent while another process leads: this one knows nothing of it.
				if (!leads || since[which] === undefined) this.remove();
				else this.set((performance.now() - since[which]) / 1000);
			},
		});
	lag(
		'taken',
		'cutsheet_sheet_to_database_lag_seconds',
		'Age of the last look at the sheet of which all is in the database: no change waits for longer.',
	);
	lag(
		'shown',
		'cutsheet_database_to_sheet_lag_seconds',
		'Age of the last look at the database of which all stands in the sheet: no change waits for longer.',
	);
	let leads = true;
	/** Who holds the leader's lock and does not lead. */
	let stranger: string | undefined;
	let problem: string | undefined;
	let endedWell: number | undefined;
	health.needs('sheet', () => {
		if (stranger !== undefined) throw new Error(stranger);
		if (!leads) return 'Another sheet-sync leads; this one takes over when it is gone.';
		if (endedWell === undefined) throw new Error(`No cycle has ended well yet. ${problem ?? ''}`.trim());
		const seconds = Math.round((performance.now() - endedWell) / 1000);
		if (seconds > SILENT_SECONDS) {
			throw new Error(`No cycle has ended well for ${seconds} s. ${problem ?? ''}`.trim());
		}
		return problem === undefined ? 'The sheet is in sync.' : `The last cycle failed: ${problem}`;
	});
	return {
		requested: (kind, status) => requests.inc({ kind, status: String(status ?? 'none') }),
		leading: (is, heldBy) => {
			stranger = heldBy;
			if (is && !leads) endedWell = undefined;
			leads = is;
			lead.set(is ? 1 : 0);
		},
		taken: (lookedAt) => {
			since.taken = lookedAt;
		},
		shown: (lookedAt) => {
			since.shown = lookedAt;
		},
		cycled: (seconds, setAside) => {
			problem = undefined;
			endedWell = performance.now();
			durations.observe(seconds);
			setAsides.set(setAside);
		},
		failed: (sentence) => {
			problem = sentence;
			failures.inc();
		},
	};
}
