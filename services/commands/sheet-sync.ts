import type { Command } from 'commander';
import { runSheetSync, type SheetSyncOptions } from '../../sheet-sync/daemon.ts';
import type { Config } from '../config.ts';
import { leaseExpiries } from '../health/cutter-metrics.ts';
import { addEventMetrics } from '../health/event-metrics.ts';
import { syncMetrics } from '../health/sync-metrics.ts';
import { keepHouse } from '../housekeeping.ts';
import { localSheetUrl } from '../sheet-addresses.ts';
import { SyncTeller } from '../status/sync-teller.ts';
import { withConfig } from './arguments.ts';
import { runService } from './run-service.ts';
import { sheetQuotas } from './sheet-quota.ts';

/** `cutsheet sheet-sync`: the daemon between sheet and database. */
export function define(command: Command): void {
	withConfig(command)
		.description('Keep the sheet and the database in step, until stopped. Run one per spreadsheet.')
		.action((options: { config?: string }) =>
			runService('sheet-sync', options, async ({ config, db, lasting, log, signal, health, started }) => {
				const over = new AbortController();
				const ending = AbortSignal.any([signal, over.signal]);
				const expiries = leaseExpiries(health.metrics);
				const house = keepHouse(db, config.database.keepHistoryDays, {
					log,
					signal: ending,
					onExpired: (count) => expiries.inc(count),
				});
				addEventMetrics(health.metrics, db);
				const { readsPerMinute: read, writesPerMinute: write } = sheetQuotas(config).sync;
				const { spreadsheet } = config.sheet;
				const metrics = syncMetrics(health, { read, write });
				const teller = new SyncTeller({ service: 'sheet-sync', spreadsheet }, metrics, { db, log });
				const telling = teller.run(ending);
				started();
				try {
					await runSheetSync(sheetSyncOptions(config), {
						...{ db, leaderDb: lasting, log, signal, observer: teller.observer },
					});
				} finally {
					over.abort();
					await Promise.all([house, telling]);
				}
			}),
		);
}

/** Without Google's credentials and without an endpoint, the sheet is the local one. */
export function sheetSyncOptions(config: Config): SheetSyncOptions {
	const { sheet, localSheet, web } = config;
	const {
		spreadsheet,
		credentials,
		columns,
		start,
		worksheetStarts,
		endpoint,
		tokenFile: _,
		...rest
	} = sheet;
	const local = localSheetUrl(config);
	const address = endpoint ?? (credentials === undefined ? local : undefined);
	const token = sheet.token ?? (address === local ? localSheet.token : undefined);
	const editUrl = sheet.editUrl ?? web.publicUrl;
	return {
		...rest,
		...sheetQuotas(config).sync,
		spreadsheetId: spreadsheet,
		headers: columns,
		worksheetStarts: Object.fromEntries(
			Object.entries(worksheetStarts).map(([title, time]) => [title, new Date(time)]),
		),
		...(credentials !== undefined && { credentialsFile: credentials }),
		...(start !== undefined && { start: new Date(start) }),
		...(address !== undefined && { endpoint: address }),
		...(token !== undefined && { token }),
		...(editUrl !== undefined && { editUrl }),
	};
}
