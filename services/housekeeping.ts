import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Db } from '../db/connect.ts';
import { expireLeases, explainWaiting, pruneHistory } from '../db/transitions/housekeeping.ts';

const EVERY_MS = 60_000;

/**
 * Once a minute, until `signal` is aborted: sends abandoned work back, says on rows what they wait for, and drops what is
 * older than `keepDays`. The cutters do the first two as well, more often; but somebody has to while none of them runs.
 */
export async function keepHouse(
	db: Db,
	keepDays: number,
	{ log, signal, onExpired }: { log: Logger; signal: AbortSignal; onExpired?: (count: number) => void },
): Promise<void> {
	while (!signal.aborted) {
		try {
			const expired = await expireLeases(db);
			if (expired > 0) log.warn({ expired }, 'Abandoned rows went back to EDITED');
			onExpired?.(expired);
			await explainWaiting(db);
			await pruneHistory(db, keepDays);
		} catch (error) {
			log.warn({ err: error }, 'Could not look after abandoned work; trying again in a minute');
		}
		await sleep(EVERY_MS, undefined, { signal }).catch(() => undefined);
	}
}
