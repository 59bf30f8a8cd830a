import type { Logger } from 'pino';
import { type Config, loadConfig } from '../config.ts';
import { type OpenDatabase, withDatabase } from '../database.ts';
import { openLog } from '../logging.ts';
import { stopSignal } from '../shutdown.ts';

/** What the work of a command is given. */
export interface ServiceContext extends OpenDatabase {
	config: Config;
	log: Logger;
	/** Aborted by the first SIGTERM or SIGINT. */
	signal: AbortSignal;
}

/** Runs a service: reads the configuration, opens log and database, and works until told to stop. */
export async function runService(
	service: string,
	options: { config?: string },
	work: (context: ServiceContext) => Promise<void>,
): Promise<void> {
	const config = await loadConfig(options.config);
	const log = await openLog(service);
	const signal = stopSignal(log);
	await withDatabase(config, service, log, (database) => work({ ...database, config, log, signal }));
}

/** Runs a command that asks or changes something in the database and ends. */
export async function askDatabase<T>(
	command: string,
	options: { config?: string },
	work: (context: OpenDatabase & { config: Config }) => Promise<T>,
): Promise<T> {
	const config = await loadConfig(options.config);
	const log = await openLog(command);
	return withDatabase(config, command, log, (database) => work({ ...database, config }));
}
