import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { sql } from 'kysely';
import pgListen from 'pg-listen';
import type { Db } from './connect.ts';

/** After a LISTEN that failed. */
const SUBSCRIBE_AGAIN_MS = 1_000;

/** `event_edited`: a row became EDITED, or may be cut in another way. `event_cancelled`: its cutter is to stop. */
export type Channel = 'event_edited' | 'event_cancelled';

export interface ListenOptions {
	channels: readonly Channel[];
	/** A notification is a hint: some are lost. Whoever listens also polls. */
	onNotification(channel: Channel, eventId: string): void;
	/** The connection is there (again): whatever was sent meanwhile was missed. */
	onConnected?: () => void;
	/** It broke or could not be made; it is made again without end. */
	onError?: (error: Error) => void;
}

export interface Listener {
	/**
	 * Whether what `db` sends arrives here within `ms`. A pooler in transaction mode takes a LISTEN, and then delivers
	 * nothing. @throws when it cannot be sent
	 */
	hears(db: Db, ms?: number): Promise<boolean>;
	close(): Promise<void>;
}

/**
 * Listens on a connection of its own, which is checked every 10 s and made again for ever. Returns at once: while the
 * database cannot be reached there are no notifications, and the caller's poll goes on.
 */
export function listen(url: string, options: ListenOptions): Listener {
	let closed = false;
	let started = false;
	const subscriber = pgListen.default<Record<string, string>>(
		{
			connectionString: url,
			application_name: 'cutsheet-listen',
			keepAlive: true,
			connectionTimeoutMillis: 10_000,
			// pg-listen's own check has no time limit: without this a silently dead connection is never noticed.
			query_timeout: 10_000,
		},
		{
			paranoidChecking: 10_000,
			retryTimeout: Number.POSITIVE_INFINITY,
			retryInterval: (attempt) => {
				// The only way out of pg-listen's endless loop.
				if (closed) throw new Error('closed');
				return Math.min(500 * 2 ** attempt, 10_000);
			},
			parse: (payload) => payload,
		},
	);
	const report = (error: Error) => {
		if (!closed) options.onError?.(error);
	};
	/** Nobody else listens to it: to wake all others for a trial would be a pity. */
	const trial = `cutsheet_trial_${randomUUID()}`;
	const channels = [...options.channels, trial];
	const tried = new Map<string, () => void>();
	subscriber.notifications.on(trial, (mark) => tried.get(mark)?.());
	let subscribing = false;
	/**
	 * Listens to the channels until it is done. pg-listen does not: a connection whose LISTEN got no answer, but whose later
	 * checks get one, would stay deaf for ever.
	 */
	const subscribe = async () => {
		if (subscribing) return;
		subscribing = true;
		while (!closed) {
			try {
				for (const channel of channels) {
					await subscriber.unlisten(channel);
					await subscriber.listenTo(channel);
				}
				options.onConnected?.();
				break;
			} catch (error) {
				report(error as Error);
				await pause(SUBSCRIBE_AGAIN_MS, undefined, { ref: false });
			}
		}
		subscribing = false;
	};
	// pg-listen says so before it listens the first time, and after it listens again every other time.
	subscriber.events.on('connected', () => {
		if (started) options.onConnected?.();
	});
	subscriber.events.on('error', (error) => {
		report(error);
		if (started) void subscribe();
	});
	for (const channel of options.channels) {
		subscriber.notifications.on(channel, (eventId) => options.onNotification(channel, eventId));
	}
	const start = async () => {
		try {
			await subscriber.connect();
			await subscribe();
		} catch (error) {
			report(error as Error);
			// A first connection that fails is made again by pg-listen as a lost one is; it then listens to the channels that it
			// was told of before, so it is told of all of them although that fails now.
			for (const channel of channels) await subscriber.listenTo(channel)?.catch(report);
		}
		started = true;
	};
	void start();
	return {
		async hears(db, ms = 5_000) {
			const mark = randomUUID();
			const over = new AbortController();
			const heard = new Promise<boolean>((resolve) => {
				tried.set(mark, () => resolve(true));
			});
			try {
				await sql`select pg_notify(${trial}, ${mark})`.execute(db);
				const late = pause(ms, false, { ref: false, signal: over.signal }).catch(() => false);
				return await Promise.race([heard, late]);
			} finally {
				tried.delete(mark);
				over.abort();
			}
		},
		async close() {
			closed = true;
			// The goodbye over a dead connection is never answered.
			await Promise.race([subscriber.close(), new Promise((wake) => setTimeout(wake, 1_000).unref())]);
		},
	};
}
