import type { Logger } from 'pino';
import { type Db, openDatabase } from '../db/connect.ts';
import { migrate, requireFit } from '../db/migrate.ts';
import type { Config } from './config.ts';

/** What a command that uses the database is given. */
export interface OpenDatabase {
	db: Db;
	/** For what needs a connection of its own for long: a leader's lock. Past a pooler, if there is one. */
	lasting: Db;
	/** For LISTEN, likewise past a pooler. Holds a password: never log it. */
	url: string;
}

/**
 * Runs `work` with the database that the configuration names, else with the embedded server, which is started when it
 * does not run yet and left running while others use it. The embedded one is always migrated; one that an operator
 * named is theirs to migrate (`cutsheet migrate`), and may give this program a role that is not allowed to.
 */
export async function withDatabase<T>(
	config: Config,
	service: string,
	log: Logger,
	work: (database: OpenDatabase) => Promise<T>,
): Promise<T> {
	const server = config.database.url === undefined ? await startEmbedded(config, log) : undefined;
	const url = server?.url ?? config.database.url!;
	const options = {
		applicationName: `cutsheet-${service}`,
		onError: (error: Error) => log.warn({ err: error }, 'A connection to the database broke'),
	};
	const database = openDatabase(url, options);
	const { directUrl } = config.database;
	const direct =
		directUrl === undefined ? undefined : openDatabase(directUrl, { ...options, connections: 2 });
	try {
		if (server) await migrate(database.kysely);
		else await requireFit(database.kysely);
		return await work({ db: database.kysely, lasting: (direct ?? database).kysely, url: directUrl ?? url });
	} finally {
		await Promise.all([database.close(), direct?.close()]);
		await server?.leave();
	}
}

async function startEmbedded(config: Config, log: Logger) {
	const { defaultEmbeddedFolder, startEmbeddedPostgres } = await import('../db/embedded.ts');
	const server = await startEmbeddedPostgres({
		folder: config.database.embeddedFolder ?? defaultEmbeddedFolder(),
	});
	log.info(`No DATABASE_URL: using the embedded PostgreSQL, its data in ${server.folder}`);
	server.keepRunning(() => log.warn('The embedded PostgreSQL had ended, and was started again'));
	return server;
}
