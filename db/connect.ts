import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { lendingPool } from './lent-connection.ts';
import type { Tables } from './tables.ts';

/** What every function of this room takes: a connection, a pool or a transaction. */
export type Db = Kysely<Tables>;

export interface Database {
	kysely: Db;
	close(): Promise<void>;
}

declare module 'pg' {
	interface Client {
		/** What the first message of a connection says: names of settings, and their values. Left out of its types. */
		getStartupConf(): Record<string, string>;
	}
}

/**
 * A connection that writes times as node-postgres reads them, whatever the server, the database or the role is set to. Said as
 * JDBC says it: every pooler takes these two at the start of a connection, and few take others.
 */
class Connection extends pg.Client {
	override getStartupConf(): Record<string, string> {
		return { ...super.getStartupConf(), DateStyle: 'ISO', TimeZone: 'UTC' };
	}
}

export interface ConnectOptions {
	/** Shown in pg_stat_activity. */
	applicationName: string;
	/** At most this many connections. Default 10. */
	connections?: number;
	/** A query that has no answer after so long is given up, and its connection with it. Default 60. */
	answerSeconds?: number;
	/** Told when an idle connection breaks; the pool makes a new one by itself. */
	onError?: (error: Error) => void;
}

/**
 * Opens a pool of connections; none is made before the first query.
 * No query waits for ever: a connection that died silently must not hold a worker.
 */
export function openDatabase(url: string, options: ConnectOptions): Database {
	const pool = new pg.Pool({
		Client: Connection,
		connectionString: url,
		application_name: options.applicationName,
		max: options.connections ?? 10,
		connectionTimeoutMillis: 10_000,
		query_timeout: (options.answerSeconds ?? 60) * 1000,
		keepAlive: true,
	});
	pool.on('error', (error: Error & { client?: unknown }) => {
		// All that the pool knows of the connection, with the number that cancels its queries: nothing for a log.
		delete error.client;
		options.onError?.(error);
	});
	// The pool listens to idle connections only. One that breaks during a query rejects that query, and says so once more
	// as an event, which would end the process if nobody listened.
	pool.on('connect', (connection) => connection.on('error', () => undefined));
	const kysely = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: lendingPool(pool) }) });
	return { kysely, close: () => kysely.destroy() };
}

/**
 * Whether an error says that the connection broke, was silent for too long or never came about: the statement may have had
 * its effect. Where the operating system has no code for that, node-postgres gives none either, only these messages.
 */
export function isConnectionLost(error: unknown): boolean {
	if (!(error instanceof Error) || error instanceof pg.DatabaseError) return false;
	return /^(Connection terminated|Query read timeout|timeout exceeded when trying to connect|Client has encountered a connection error)/.test(
		error.message,
	);
}

/**
 * Whether PostgreSQL refused because of how the server, the connection or the schema is at the moment, and not because of what
 * was asked: the same may be done later. That is every class of SQLSTATE but those of data (22), of constraints (23), of what
 * functions and triggers raise (P0), and a broken page or index (XX), which is that of some row.
 */
export function isPassingTrouble(error: unknown): boolean {
	return error instanceof pg.DatabaseError && !/^(22|23|P0|XX)/.test(error.code ?? '');
}

/** PostgreSQL's message and hint as one sentence for people, or undefined when the error is not the database's. */
export function databaseSentence(error: unknown): string | undefined {
	if (!(error instanceof pg.DatabaseError)) return undefined;
	return error.hint ? `${error.message}. ${error.hint}` : error.message;
}
