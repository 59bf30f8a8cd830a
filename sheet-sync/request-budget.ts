/**
 * The quota of the Sheets API: so many reads and so many writes per minute for each user of a Google Cloud project
 * (https://developers.google.com/workspace/sheets/api/limits). All calls of a process go through one budget, and wait
 * where it is used up. Google counts the requests of all processes with the same credentials together, so each of them
 * is given a part of the quota by its configuration.
 */
import PQueue from 'p-queue';
import type { SheetsTransport } from './sheets-transport.ts';

export interface RequestLimits {
	/** Requests per minute, at most. Google's quota is 60 of each, unless raised for the project. */
	readsPerMinute: number;
	writesPerMinute: number;
	/** Ends waits; calls under way are finished. */
	signal?: AbortSignal | undefined;
}

/**
 * The window of the quota. A second more than Google's minute, so that requests which are slower under way than those
 * after them do not arrive as too many.
 */
const WINDOW_MS = 61_000;

/** The same calls, never more of them than the limits allow. */
export function budgeted(transport: SheetsTransport, limits: RequestLimits): SheetsTransport {
	const { readsPerMinute, writesPerMinute, signal } = limits;
	const queue = (intervalCap: number) =>
		new PQueue({ interval: WINDOW_MS, strict: true, concurrency: 1, intervalCap });
	const reads = queue(readsPerMinute);
	const writes = queue(writesPerMinute);
	const options = signal === undefined ? {} : { signal };
	return {
		get: (fields) => reads.add(() => transport.get(fields), options),
		readValues: (body) => reads.add(() => transport.readValues(body), options),
		batchUpdate: (requests) => writes.add(() => transport.batchUpdate(requests), options),
		writeValues: (body) => writes.add(() => transport.writeValues(body), options),
	};
}
