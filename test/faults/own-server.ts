import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Db, openDatabase } from '../../db/connect.ts';
import { startEmbeddedPostgres } from '../../db/embedded.ts';
import type { Teardown } from './job-world.ts';

const run = promisify(execFile);

/** A PostgreSQL that belongs to one test alone, so that it can be stopped, killed and copied. */
export interface OwnServer {
	url: string;
	db: Db;
	/** As an operator stops it: connections are ended, what was committed is on the disk. */
	stop(): Promise<void>;
	/** SIGKILL to the postmaster, and to all of its processes as the kernel would. */
	kill(): Promise<void>;
}

/** The process ids of what a process has started and that still runs. */
export async function childrenOf(pid: number): Promise<number[]> {
	const { stdout } = await run('ps', ['-o', 'pid=', '--ppid', String(pid)]).catch(() => ({ stdout: '' }));
	return stdout.split('\n').filter(Boolean).map(Number);
}

/** A folder that the server's user can reach, removed when the test is over. */
export async function serverFolder(t: Teardown): Promise<string> {
	const folder = await mkdtemp(join(tmpdir(), 'cutsheet-server-'));
	await chmod(folder, 0o711);
	t.teardown(() => rm(folder, { recursive: true, force: true }));
	return folder;
}

/** Starts the server in `folder`, a new one or one that was there before. Nothing of it outlives the test. */
export async function startServer(t: Teardown, folder: string): Promise<OwnServer> {
	// Durable: what it said is committed must be there after it was killed.
	const postgres = await startEmbeddedPostgres({ folder });
	const database = openDatabase(postgres.url, { applicationName: 'test' });
	let running = true;
	const stop = async () => {
		running = false;
		await database.close();
		await postgres.leave({ always: true });
	};
	t.teardown(async () => {
		if (running) await stop();
	});
	return {
		url: postgres.url,
		db: database.kysely,
		stop,
		kill: async () => {
			running = false;
			const pid = Number((await readFile(join(folder, 'data/postmaster.pid'), 'utf8')).split('\n')[0]);
			for (const one of [pid, ...(await childrenOf(pid))]) {
				try {
					process.kill(one, 'SIGKILL');
				} catch {
					// It ended by itself meanwhile.
				}
			}
			await database.close();
		},
	};
}
