import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { type Config, loadConfig } from '../config.ts';
import { type OpenDatabase, withDatabase } from '../database.ts';
import { explainUnreachable } from '../database-errors.ts';
import { databaseCheck } from '../health/database-check.ts';
import { Health } from '../health/health.ts';
import { startHealthServer } from '../health/health-server.ts';
import { addProcessMetrics } from '../health/process-metrics.ts';
import { openLog } from '../logging.ts';
import { stopSignal } from '../shutdown.ts';
import { type ServiceManager, serviceManager } from '../systemd/notify.ts';

/** The services: programs that run until they are stopped. */
export type ServiceName = keyof Config['health']['ports'];

/** What a service without a database is given. */
export interface ServiceTools {
	config: Config;
	log: Logger;
	/** Aborted by the first SIGTERM, SIGINT or SIGHUP. */
	signal: AbortSignal;
	/** What it counts, and what it needs to be ready. */
	health: Health;
	/** To be called once it works: whoever waits for its start goes on. */
	started: () => void;
}

/** What the work of a service is given. */
export type ServiceContext = OpenDatabase & ServiceTools;

/** A database that cannot be reached while we start is asked again after so long (ms), at first and at most. */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;

/**
 * Runs a service: reads the configuration, opens log, health server and database, and works until told to stop. A
 * database that cannot be reached is waited for, as machines start in any order after a power cut.
 */
export async function runService(
	service: ServiceName,
	options: { config?: string },
	work: (context: ServiceContext) => Promise<void>,
): Promise<void> {
	await runServiceWithout(service, options, async (tools, manager) => {
		const { config, log, signal, health } = tools;
		health.needs('database', () => {
			throw new Error('The database has not been reached since the start.');
		});
		for (let pause = FIRST_PAUSE_MS; !signal.aborted; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
			let opened = false;
			try {
				await withDatabase(config, service, log, async (database) => {
					opened = true;
					health.needs('database', databaseCheck(database.db));
					await work({ ...database, ...tools });
				});
				return;
			} catch (error) {
				const unreachable = explainUnreachable(error);
				if (opened || unreachable === undefined) throw error;
				log.warn(`${unreachable} Trying again in ${pause / 1000} s.`);
				manager.starting('Waits for the database.', 60 + pause / 1000);
				await sleep(pause, undefined, { signal }).catch(() => undefined);
			}
		}
	});
}

/** The same for a service that needs no database. */
export async function runServiceWithout(
	service: ServiceName,
	options: { config?: string },
	work: (tools: ServiceTools, manager: ServiceManager) => Promise<void>,
): Promise<void> {
	const config = await loadConfig(options.config);
	const log = await openLog(service);
	const manager = serviceManager(log);
	const signal = stopSignal(log);
	signal.addEventListener('abort', () => manager.stopping(), { once: true });
	const health = new Health(service);
	addProcessMetrics(health.metrics, service);
	const { host, ports } = config.health;
	const port = ports[service];
	try {
		await using server =
			port === undefined
				? undefined
				: await startHealthServer(health, { host, port, setting: `health.ports.${service}` });
		if (server) log.info(`Tells how it is at ${server.url}/metrics, /healthz and /readyz`);
		await work({ config, log, signal, health, started: () => manager.ready() }, manager);
	} finally {
		manager.close();
	}
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
