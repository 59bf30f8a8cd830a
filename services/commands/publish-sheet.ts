import type { Command } from 'commander';
import type { PublishedColumn } from '../../sheet-sync/published-rows.ts';
import { type ReverseSyncOptions, runReverseSync } from '../../sheet-sync/reverse-sync.ts';
import type { Config } from '../config.ts';
import { UsageError } from '../exit-codes.ts';
import { syncMetrics } from '../health/sync-metrics.ts';
import { copyAddress, localSheetUrl } from '../sheet-addresses.ts';
import { SyncTeller } from '../status/sync-teller.ts';
import { withConfig } from './arguments.ts';
import { runService } from './run-service.ts';
import { sheetQuotas } from './sheet-quota.ts';

/** `cutsheet publish-sheet`: another spreadsheet, written from the database. */
export function define(command: Command): void {
	withConfig(command)
		.description(
			'Keep another spreadsheet as a copy of chosen columns of the events, until stopped: a public schedule, say. ' +
				'Settings: publishSheet. Nothing that is written into the copy comes back.',
		)
		.action((options: { config?: string }) =>
			runService('publish-sheet', options, async ({ config, db, log, signal, health, started }) => {
				const { readsPerMinute: read, writesPerMinute: write } = sheetQuotas(config).publishing;
				const settings = reverseSyncOptions(config);
				const spreadsheet = settings.spreadsheetId;
				const metrics = syncMetrics(health, { read, write });
				const teller = new SyncTeller({ service: 'publish-sheet', spreadsheet }, metrics, { db, log });
				const over = new AbortController();
				const telling = teller.run(AbortSignal.any([signal, over.signal]));
				started();
				try {
					await runReverseSync(settings, { db, log, signal, observer: teller.observer });
				} finally {
					over.abort();
					await telling;
				}
			}),
		);
}

/** Without Google's credentials and without an endpoint, the copy is on the local sheet. */
function reverseSyncOptions(config: Config): ReverseSyncOptions {
	const { publishSheet, sheet, localSheet } = config;
	const local = localSheetUrl(config);
	const address = copyAddress(config);
	if (publishSheet === undefined) {
		throw new UsageError('publishSheet is not configured: at least publishSheet.spreadsheet is needed.');
	}
	const { spreadsheet, columns, credentials, endpoint: _endpoint, tokenFile: _, ...rest } = publishSheet;
	const file = credentials ?? sheet.credentials;
	if (spreadsheet === sheet.spreadsheet && address === (sheet.endpoint ?? address)) {
		throw new UsageError(
			'publishSheet.spreadsheet is the sheet that is synced, which the copy would write over; make another one.',
		);
	}
	const token = publishSheet.token ?? (address === local ? (localSheet.token ?? sheet.token) : undefined);
	return {
		...rest,
		...sheetQuotas(config).publishing,
		...(token !== undefined && { token }),
		spreadsheetId: spreadsheet,
		columns: Object.entries(columns).map(([header, field]): PublishedColumn => ({ header, field })),
		...(file !== undefined && { credentialsFile: file }),
		...(address !== undefined && { endpoint: address }),
	};
}
