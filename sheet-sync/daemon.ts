/** The sheet-sync daemon: cycle after cycle, until it is told to stop. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Db } from '../db/connect.ts';
import { whileLeading } from '../db/leadership.ts';
import { describeStranger, type LockHolder } from '../db/lock-holder.ts';
import { nextDelay } from './back-off.ts';
import type { SheetSyncOptions, SyncContext } from './options.ts';
import type { PaceOptions } from './pace.ts';
import { pauseBetween, shortestPause } from './pace.ts';
import type { CycleReport } from './sheet-sync.ts';
import { SheetSync } from './sheet-sync.ts';
import { SheetsError } from './sheets-error.ts';

export type { SheetSyncOptions } from './options.ts';

/** Only a sheet-sync, and the owner of the tables, may call it. */
export const LEADERS_RIGHT = 'apply_sheet_rows(text, jsonb, jsonb)';

/** The name of the lock that the leading sheet-sync of a spreadsheet holds. */
export function leaderLock(spreadsheetId: string): string {
	return `cutsheet sheet-sync ${spreadsheetId}`;
}

/** How often Postgres is asked for changes between two looks at the sheet. */
const FEED_MS = 500;

/**
 * Sync one spreadsheet with Postgres until `signal` aborts. Of several daemons for one spreadsheet one leads, and another
 * one takes over when it is gone; while two believe to lead, each puts right what the other does, as both plan from the
 * same sheet and the same rows.
 *
 * @param context.leaderDb for the connection that holds the leader's lock, where `db` goes through a pooler
 * @throws only what no waiting mends: unreadable credentials, a configuration that cannot be
 */
export async function runSheetSync(
	options: SheetSyncOptions,
	context: SyncContext & { signal: AbortSignal; leaderDb?: Db },
): Promise<void> {
	const { db, leaderDb = db, log, signal, observer } = context;
	const name = leaderLock(options.spreadsheetId);
	const where = { spreadsheet: options.spreadsheetId, endpoint: options.endpoint ?? 'Google' };
	// Before the wait: a standby with a mistake in its configuration says so at once.
	await SheetSync.open(options, context);
	const onStandby = (holder: LockHolder) => {
		const stranger = holder.isPeer ? undefined : describeStranger(holder, 'sheet-sync');
		observer?.leading?.(false, stranger);
		if (stranger !== undefined) log.warn(where, stranger);
		else log.info(where, 'another sheet-sync leads; this one takes over when it is gone');
	};
	for (let failures = 0; !signal.aborted; ) {
		let mistake: unknown;
		try {
			await whileLeading(leaderDb, { name, signal, right: LEADERS_RIGHT, onStandby }, async (leading) => {
				log.info(where, 'sheet-sync is running');
				failures = 0;
				observer?.leading?.(true);
				const sync = await SheetSync.open(options, { ...context, signal: leading }).catch(
					(error: unknown) => {
						mistake = error;
						throw error;
					},
				);
				await runCycles(sync, options, { ...context, signal: leading });
			});
		} catch (error) {
			if (mistake !== undefined) throw mistake;
			if (signal.aborted) break;
			failures++;
			observer?.leading?.(false);
			log.warn({ err: error, failures }, 'sheet-sync does not lead any more');
			await pause(nextDelay(failures, undefined), signal);
		}
	}
	log.info('sheet-sync has stopped');
}

/** A cycle that fails loses nothing: nothing is remembered that did not happen, and the next one looks anew. */
async function runCycles(
	sync: SheetSync,
	options: SheetSyncOptions,
	{ log, signal, observer }: SyncContext & { signal: AbortSignal },
): Promise<void> {
	const { pollSeconds = 2.5, readsPerMinute = 60, writesPerMinute = 60 } = options;
	const pace: PaceOptions = { pollSeconds, readsPerMinute, writesPerMinute };
	let failures = 0;
	let changedAt = performance.now();
	while (!signal.aborted) {
		const began = performance.now();
		try {
			const report = await sync.cycle();
			observer?.cycled((performance.now() - began) / 1000, report.setAside);
			if (failures > 0) log.info({ failures }, 'the sheet is in sync again');
			failures = 0;
			if (isWork(report)) changedAt = performance.now();
			// The rows that got an id become events as soon as their ids are seen on them.
			if (report.idsGiven > 0) continue;
		} catch (error) {
			if (signal.aborted) break;
			failures++;
			const delay = nextDelay(failures, error instanceof SheetsError ? error.retryAfterMs : undefined);
			const message = error instanceof Error ? error.message : String(error);
			observer?.failed(message);
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
		const due = began + pauseBetween(performance.now() - changedAt, pace);
		await waitForWork(sync, due, began + shortestPause(pace), signal, log);
	}
}

function isWork({ setAside, ...work }: CycleReport): boolean {
	return Object.values(work).some((count) => count > 0);
}

/** Until the next look at the sheet is due, or something changed in Postgres; never before `soonest`. */
async function waitForWork(
	sync: SheetSync,
	due: number,
	soonest: number,
	signal: AbortSignal,
	log: Logger,
): Promise<void> {
	while (!signal.aborted) {
		const now = performance.now();
		if (now >= due) return;
		await pause(Math.min(due - now, Math.max(FEED_MS, soonest - now)), signal);
		try {
			if (!signal.aborted && performance.now() < due && (await sync.hasChanges())) return;
		} catch (error) {
			// The cycle will meet the same trouble and deal with it.
			log.debug({ err: error }, 'cannot read the change feed');
		}
	}
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
	await sleep(Math.max(0, ms), undefined, { signal }).catch(() => undefined);
}
