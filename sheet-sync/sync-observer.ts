import { SheetsError, SignInError } from './sheets-error.ts';
import type { SheetsTransport } from './sheets-transport.ts';

/** Told of what a sync does, for whoever counts. Calls return at once and do not throw. Times are by performance.now(). */
export interface SyncObserver {
	/** A request to the Sheets API has ended with this HTTP status; undefined: without an answer. */
	requested(kind: 'read' | 'write', status: number | undefined): void;
	/** This process leads, or another one does. `stranger`: what it waits for instead, when that is no sheet-sync. */
	leading?(leads: boolean, stranger?: string): void;
	/** All that the sheet said at `lookedAt` is in Postgres. */
	taken?(lookedAt: number): void;
	/** All that Postgres said at `lookedAt` stands in the sheet. */
	shown(lookedAt: number): void;
	/** A cycle has ended well. `setAside`: rows that are not in full sync and say why. */
	cycled(seconds: number, setAside: number): void;
	failed(sentence: string): void;
}

/** The same transport, whose requests the observer is told of. */
export function observedTransport(
	transport: SheetsTransport,
	observer: SyncObserver | undefined,
): SheetsTransport {
	if (observer === undefined) return transport;
	const watch = async <T>(kind: 'read' | 'write', call: Promise<T>): Promise<T> => {
		try {
			const answer = await call;
			observer.requested(kind, 200);
			return answer;
		} catch (error) {
			if (!(error instanceof SignInError)) observer.requested(kind, statusOf(error));
			throw error;
		}
	};
	return {
		get: (fields) => watch('read', transport.get(fields)),
		readValues: (body) => watch('read', transport.readValues(body)),
		batchUpdate: (requests) => watch('write', transport.batchUpdate(requests)),
		writeValues: (body) => watch('write', transport.writeValues(body)),
	};
}

/** What is no answer of the API came with a status of success all the same. */
function statusOf(error: unknown): number | undefined {
	if (error instanceof SheetsError) return 200;
	return (error as { response?: { status?: number } }).response?.status;
}
