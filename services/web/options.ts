import type { Logger } from 'pino';
import type { Db } from '../../db/connect.ts';
import type { Config } from '../config.ts';

/** What the service and each of its parts are given. */
export interface WebOptions {
	db: Db;
	log: Logger;
	config: Config;
}
