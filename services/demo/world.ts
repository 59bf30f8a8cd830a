import { randomBytes } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { stringify } from 'yaml';
import type { SegmentStore } from '../../cutter/segments/store.ts';
import { type EmbeddedServer, startEmbeddedPostgres } from '../../db/embedded.ts';
import { UsageError } from '../exit-codes.ts';
import { Processes } from './processes.ts';

/** The ports of the local sheet and the web service when nobody else has them. */
const USUAL_PORTS = { sheet: 8013, web: 8014 };

/** Everything that a demo consists of. Nothing of it touches another installation on this machine. */
export interface DemoWorld {
	folder: string;
	server: EmbeddedServer;
	processes: Processes;
	/** The configuration that the processes are given. */
	configFile: string;
	store: SegmentStore;
	spreadsheet: string;
	sheetUrl: string;
	webUrl: string;
	/** Of the demo's own account, which may do everything. */
	signIn: { name: string; password: string };
	/** What `1:30` in the sheet counts from. */
	countFrom: Date;
}

/**
 * Makes the demo's folder and configuration, and starts its PostgreSQL. `chosen`: a folder that is new or empty.
 * `visited`: somebody will open the pages, so they are best where they usually are.
 */
export async function buildWorld(chosen: string | undefined, visited: boolean): Promise<DemoWorld> {
	const folder = await demoFolder(chosen);
	const videos = path.join(folder, 'videos');
	const spool = path.join(folder, 'spool');
	for (const one of [videos, spool]) await mkdir(one);
	const store = { base: path.join(folder, 'segments'), channel: 'demo', quality: 'source' };
	const sheetPort = await usualPort(USUAL_PORTS.sheet, visited);
	const webPort = await usualPort(USUAL_PORTS.web, visited);
	const countFrom = new Date();
	countFrom.setUTCHours(0, 0, 0, 0);
	const spreadsheet = 'demo';
	const server = await startEmbeddedPostgres({ folder: path.join(folder, 'postgres') });
	const config = {
		database: { url: server.url },
		sheet: { spreadsheet, start: countFrom.toISOString(), pollSeconds: 1 },
		localSheet: { port: sheetPort },
		web: { port: webPort },
		cutter: {
			segments: store,
			spoolFolder: spool,
			stateFolder: path.join(folder, 'state'),
			concurrency: 1,
			pollSeconds: 2,
			locations: { videos: { kind: 'local', path: videos } },
			defaultLocation: 'videos',
		},
	};
	const configFile = path.join(folder, 'cutsheet.yaml');
	// It holds the database's password.
	await writeFile(configFile, stringify(config), { mode: 0o600 });
	// What this machine's own installation is told by the environment is not for the demo.
	const none = {
		DATABASE_URL: '',
		CUTSHEET_NODE: '',
		CUTSHEET_SEGMENTS: '',
		GOOGLE_APPLICATION_CREDENTIALS: '',
	};
	const processes = new Processes(path.join(folder, 'logs'), {
		...process.env,
		...none,
		CUTSHEET_CONFIG: configFile,
	});
	return {
		folder,
		server,
		processes,
		configFile,
		store,
		spreadsheet,
		sheetUrl: `http://127.0.0.1:${sheetPort}`,
		webUrl: `http://127.0.0.1:${webPort}`,
		signIn: { name: 'demo', password: randomBytes(9).toString('base64url') },
		countFrom,
	};
}

/** A folder that the embedded server's system user can enter too. */
async function demoFolder(chosen: string | undefined): Promise<string> {
	if (chosen === undefined) {
		const folder = await mkdtemp(path.join(os.tmpdir(), 'cutsheet-demo-'));
		await chmod(folder, 0o755);
		return folder;
	}
	const folder = path.resolve(chosen);
	await mkdir(folder, { recursive: true });
	if ((await readdir(folder)).length > 0)
		throw new UsageError(`${folder} is not empty. A demo begins anew: name a new folder.`);
	return folder;
}

/** The port where people look for it, if somebody will look and nobody else has it. */
function usualPort(usual: number, visited: boolean): Promise<number> {
	return freePort(visited ? usual : 0).catch(() => freePort(0));
}

function freePort(wanted: number): Promise<number> {
	return new Promise((resolve, reject) => {
		const server = createServer();
		server.once('error', reject);
		server.listen(wanted, '127.0.0.1', () => {
			const address = server.address();
			server.close(() => resolve(typeof address === 'object' && address ? address.port : wanted));
		});
	});
}
