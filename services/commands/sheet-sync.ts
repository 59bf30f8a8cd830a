import type { Command } from 'commander';
import { runSheetSync, type SheetSyncOptions } from '../../sheet-sync/daemon.ts';
import type { Config } from '../config.ts';
import { leaseExpiries } from '../health/cutter-metrics.ts';
import { addEventMetrics } from '../health/event-metrics.ts';
import { syncMetrics } from '../health/sync-metrics.ts';
import { keepHouse } from '../housekeeping.ts';
import { withConfig } from './arguments.ts';
import { runService } from './run-service.ts';

/** `cutsheet sheet-sync`: the daemon between sheet and database. */
export function define(command: Command): void {
	withConfig(command)
		.description('Keep the sheet and the database in step, until stopped. Run one per spreadsheet.')
		.action((options: { config?: string }) =>
			runService('sheet-sync', options, async ({ config, db, log, signal, health, started }) => {
				const over = new AbortController();
				const expiries = leaseExpiries(health.metrics);
				const house = keepHouse(db, config.database.keepHistoryDays, {
					log,
					signal: AbortSignal.any([signal, over.signal]),
					onExpired: (count) => expiries.inc(count),
				});
				addEventMetrics(health.metrics, db);
				const { readsPerMinute: read = 60, writesPerMinute: write = 60 } = config.sheet;
				const observer = syncMetrics(health, { read, write });
				started();
				try {
					await runSheetSync(sheetSyncOptions(config), { db, log, signal, observer });
				} finally {
					over.abort();
					await house;
				}
			}),
		);
}

/** Without Google's credentials and without an endpoint, the sheet is the local one. */
export function sheetSyncOptions({ sheet, localSheet }: Config): SheetSyncOptions {
	const { spreadsheet, credentials, columns, start, worksheetStarts, endpoint, ...rest } = sheet;
	const local = `http://${localSheet.host}:${localSheet.port}`;
	const address = endpoint ?? (credentials === undefined ? local : undefined);
	return {
		...rest,
		spreadsheetId: spreadsheet,
		headers: columns,
		worksheetStarts: Object.fromEntries(
			Object.entries(worksheetStarts).map(([title, time]) => [title, new Date(time)]),
		),
		...(credentials !== undefined && { credentialsFile: credentials }),
		...(start !== undefined && { start: new Date(start) }),
		...(address !== undefined && { endpoint: address }),
	};
}
