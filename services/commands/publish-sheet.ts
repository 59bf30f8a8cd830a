import type { Command } from 'commander';
import type { PublishedColumn } from '../../sheet-sync/published-rows.ts';
import { type ReverseSyncOptions, runReverseSync } from '../../sheet-sync/reverse-sync.ts';
import type { Config } from '../config.ts';
import { UsageError } from '../exit-codes.ts';
import { syncMetrics } from '../health/sync-metrics.ts';
import { withConfig } from './arguments.ts';
import { runService } from './run-service.ts';

/** `cutsheet publish-sheet`: another spreadsheet, written from the database. */
export function define(command: Command): void {
	withConfig(command)
		.description(
			'Keep another spreadsheet as a copy of chosen columns of the events, until stopped: a public schedule, say. ' +
				'Settings: publishSheet. Nothing that is written into the copy comes back.',
		)
		.action((options: { config?: string }) =>
			runService('publish-sheet', options, async ({ config, db, log, signal, health, started }) => {
				// It keeps to no limit of its own: two reads and a write, at most every few seconds.
				const observer = syncMetrics(health, GOOGLE_QUOTA);
				const settings = reverseSyncOptions(config);
				started();
				await runReverseSync(settings, { db, log, signal, observer });
			}),
		);
}

/** Requests per minute and user, unless raised: https://developers.google.com/workspace/sheets/api/limits */
const GOOGLE_QUOTA = { read: 60, write: 60 };

/** Without Google's credentials and without an endpoint, the copy is on the local sheet. */
function reverseSyncOptions({ publishSheet, sheet, localSheet }: Config): ReverseSyncOptions {
	if (publishSheet === undefined) {
		throw new UsageError('publishSheet is not configured: at least publishSheet.spreadsheet is needed.');
	}
	const { spreadsheet, columns, credentials, endpoint, ...rest } = publishSheet;
	const file = credentials ?? sheet.credentials;
	const local = `http://${localSheet.host}:${localSheet.port}`;
	const address = endpoint ?? (file === undefined ? local : undefined);
	if (spreadsheet === sheet.spreadsheet && address === (sheet.endpoint ?? address)) {
		throw new UsageError(
			'publishSheet.spreadsheet is the sheet that is synced, which the copy would write over; make another one.',
		);
	}
	return {
		...rest,
		spreadsheetId: spreadsheet,
		columns: Object.entries(columns).map(([header, field]): PublishedColumn => ({ header, field })),
		...(file !== undefined && { credentialsFile: file }),
		...(address !== undefined && { endpoint: address }),
	};
}
