import type { PostgresCursor, PostgresPool, PostgresPoolClient, PostgresQueryResult } from 'kysely';
import type pg from 'pg';

/** Whether node-postgres gave up a query because its `query_timeout` was over. It has no code for that, only this message. */
export function isSilence(error: unknown): boolean {
	return error instanceof Error && error.message === 'Query read timeout';
}

/**
 * A pool as Kysely takes connections from it. One that gave no answer in time is closed when it is given back. node-postgres
 * itself would lend it again, with the lost query still under way: every later one waits behind that, for as long as the
 * operating system hopes for a network that has forgotten the connection, which is a quarter of an hour.
 */
export function lendingPool(pool: pg.Pool): PostgresPool {
	return {
		options: pool.options,
		connect: async () => new LentConnection(await pool.connect()),
		end: () => pool.end(),
	};
}

class LentConnection implements PostgresPoolClient {
	readonly #client: pg.PoolClient;
	#silence: unknown;

	constructor(client: pg.PoolClient) {
		this.#client = client;
	}

	query<R>(sql: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<R>>;
	query<R>(cursor: PostgresCursor<R>): PostgresCursor<R>;
	query(
		first: string | PostgresCursor<unknown>,
		parameters: readonly unknown[] = [],
	): Promise<PostgresQueryResult<unknown>> | PostgresCursor<unknown> {
		if (typeof first !== 'string') throw new Error('There are no cursors here.');
		return this.#ask(first, [...parameters]);
	}

	release(destroy = false): void {
		this.#client.release(destroy || this.#silence !== undefined);
	}

	async #ask(sql: string, parameters: unknown[]): Promise<PostgresQueryResult<unknown>> {
		// The rollback of a transaction in which something got no answer.
		if (this.#silence !== undefined) throw this.#silence;
		try {
			return (await this.#client.query(sql, parameters)) as PostgresQueryResult<unknown>;
		} catch (error) {
			if (isSilence(error)) this.#silence = error;
			throw error;
		}
	}
}
