import type { Logger } from 'pino';
import type { Db } from '../../db/connect.ts';
import { logJob } from '../../db/transitions/leased.ts';
import { FfmpegError } from '../cut/encode/ffmpeg.ts';

/** What a job says: on the node's log, and in the database, where an operator reads it beside the row. */
export class JobJournal {
	readonly #db: Db;
	readonly #lease: string;
	readonly #log: Logger;
	/** Lines are written one after the other, so that they stand in order; nobody waits for them. */
	#written: Promise<void> = Promise.resolve();

	constructor(db: Db, lease: string, log: Logger) {
		this.#db = db;
		this.#lease = lease;
		this.#log = log;
	}

	info(message: string, details?: object): void {
		this.#log.info(details ?? {}, message);
		this.#write('info', message, details);
	}

	warn(message: string): void {
		this.#log.warn(message);
		this.#write('warn', message);
	}

	/** With the cause's own words, and ffmpeg's; its stack goes to the node's log only. */
	error(message: string, cause: unknown): void {
		this.#log.error({ err: cause }, message);
		const ffmpeg = cause instanceof FfmpegError ? { ffmpeg: cause.log } : undefined;
		this.#write('error', `${message}: ${cause instanceof Error ? cause.message : String(cause)}`, ffmpeg);
	}

	#write(level: 'info' | 'warn' | 'error', message: string, details?: object): void {
		this.#written = this.#written
			.then(() => logJob(this.#db, this.#lease, level, message, details))
			.catch((error) => this.#log.debug({ err: error }, 'Could not write to the job log'));
	}
}
