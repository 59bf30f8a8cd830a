import { setTimeout as pause } from 'node:timers/promises';
import { UploadError } from './location.ts';

/** How long to put up with a server. */
export interface Patience {
	/** How often to try in all. */
	tries: number;
	/** Before the second try; doubles with each further one. Milliseconds. */
	firstPauseMs: number;
	/** A connection on which nothing moves for so long is given up. Milliseconds. */
	silenceMs: number;
}

/** Four tries within some 4 s bridge a restarting proxy; what lasts longer is the row's retry to wait for. */
export const PATIENCE: Patience = { tries: 4, firstPauseMs: 500, silenceMs: 60_000 };

/** An exchange did not come to its end: it may have had its effect, or not. */
export class Interrupted extends UploadError {}

/**
 * Does work that does no harm when it is done twice, again while it rejects with Interrupted, until the tries are used up.
 */
export async function again<T>(patience: Patience, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
	for (let failed = 1; ; failed++) {
		try {
			return await work();
		} catch (error) {
			if (!(error instanceof Interrupted) || failed >= patience.tries) throw error;
		}
		await pauseAfter(failed, patience, signal);
	}
}

/** The pause after so many failures in a row. Rejects with the signal's reason. */
export async function pauseAfter(failed: number, patience: Patience, signal?: AbortSignal): Promise<void> {
	await pause(patience.firstPauseMs * 2 ** (failed - 1), undefined, { ...(signal && { signal }) }).catch(
		() => undefined,
	);
	signal?.throwIfAborted();
}
