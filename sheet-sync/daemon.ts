/** The sheet-sync daemon: cycle after cycle, until it is told to stop. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { nextDelay } from './back-off.ts';
import type { SheetSyncOptions, SyncContext } from './options.ts';
import { SheetSync } from './sheet-sync.ts';
import { SheetsError } from './sheets-error.ts';

export type { SheetSyncOptions } from './options.ts';

/** How often Postgres is asked for changes between two looks at the sheet. */
const FEED_SECONDS = 1;

/**
 * Sync one spreadsheet with Postgres until `signal` aborts. A cycle that fails loses nothing: nothing is remembered that
 * did not happen, and the next one looks at everything anew.
 *
 * @throws only what no waiting mends: unreadable credentials, a configuration that cannot be
 */
export async function runSheetSync(
	options: SheetSyncOptions,
	{ db, log, signal }: Required<SyncContext>,
): Promise<void> {
	const sync = await SheetSync.open(options, { db, log, signal });
	const pollSeconds = options.pollSeconds ?? 2.5;
	let failures = 0;
	log.info(
		{ spreadsheet: options.spreadsheetId, endpoint: options.endpoint ?? 'Google' },
		'sheet-sync is running',
	);
	while (!signal.aborted) {
		let delay = pollSeconds * 1000;
		try {
			const report = await sync.cycle();
			if (failures > 0) log.info({ failures }, 'the sheet is in sync again');
			failures = 0;
			// The rows that got an id become events as soon as their ids are seen on them.
			if (report.idsGiven > 0) delay = 0;
		} catch (error) {
			if (signal.aborted) break;
			failures++;
			delay = nextDelay(failures, error instanceof SheetsError ? error.retryAfterMs : undefined);
			const message = error instanceof Error ? error.message : String(error);
			log.warn(
				{
					...(error instanceof SheetsError ? {} : { err: error }),
					failures,
					retryInSeconds: Math.round(delay / 1000),
				},
				`a sync cycle failed: ${message}`,
			);
			await pause(delay, signal);
			continue;
		}
		await waitForWork(sync, delay, signal, log);
	}
	log.info('sheet-sync has stopped');
}

/** Until the next look at the sheet is due, or something changed in Postgres. */
async function waitForWork(sync: SheetSync, ms: number, signal: AbortSignal, log: Logger): Promise<void> {
	const due = Date.now() + ms;
	for (let left = ms; left > 0 && !signal.aborted; left = due - Date.now()) {
		await pause(Math.min(left, FEED_SECONDS * 1000), signal);
		try {
			if (!signal.aborted && Date.now() < due && (await sync.hasChanges())) return;
		} catch (error) {
			// The cycle will meet the same trouble and deal with it.
			log.debug({ err: error }, 'cannot read the change feed');
		}
	}
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
	await sleep(ms, undefined, { signal }).catch(() => undefined);
}
