import { randomUUID } from 'node:crypto';
import { access, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isRunning } from './spool.ts';

/** What is written down of an attempt before it makes its first file. */
interface AttemptRecord {
	attempt: string;
	/** Files, or folders of files. */
	files: string[];
	/** Who makes them: a process id may be in use again, after a restart of the machine or of a container. */
	pid: number;
	process: string;
}

/** This process, as no other one is called. */
const PROCESS = randomUUID();

/** The attempts that this process works on. */
const running = new Set<string>();

const ENDING = '.json';

/** Where attempts are written down, below the folder of the node's journal. */
export function attemptsFolder(stateFolder: string): string {
	return join(stateFolder, 'attempts');
}

/**
 * Which files an attempt makes on its way to a location, in a folder of this node's own: so that what is left of one whose
 * process was killed can be removed, and nothing else. A name in a folder of videos does not tell whose file it is: other
 * nodes, or those of another database, may work there.
 */
export class AttemptFiles {
	readonly #folder: string;

	/** `stateFolder`: where this node keeps its journal of commits, too. */
	constructor(stateFolder: string) {
		this.#folder = attemptsFolder(stateFolder);
	}

	/**
	 * To be awaited before the first of the files is made. Where nothing can be written down the attempt goes on all the same,
	 * and `warn` hears a sentence: nothing may be lost by it, only left behind.
	 */
	async begins(attempt: string, files: string[], warn: (sentence: string) => void): Promise<void> {
		running.add(attempt);
		const record: AttemptRecord = { attempt, files, pid: process.pid, process: PROCESS };
		try {
			await mkdir(this.#folder, { recursive: true, mode: 0o700 });
			await writeFile(this.#pathOf(attempt), JSON.stringify(record), { mode: 0o600 });
		} catch (error) {
			await rm(this.#pathOf(attempt), { force: true }).catch(() => undefined);
			warn(
				`Cannot write down which files this attempt makes: ${(error as Error).message}. If the node is killed now, remove ${files[0]} yourself.`,
			);
		}
	}

	/** This process does nothing more for the attempt. What is left of it goes with the next sweep. */
	ended(attempt: string): void {
		running.delete(attempt);
	}

	/**
	 * Removes the files of attempts that nobody works on any more, and returns these attempts. Those for which `isOpen` stay:
	 * their commit may have happened, and whoever finds out removes them. So do those of a running process, and those on a
	 * disk that is not there.
	 */
	async sweep(isOpen: (attempt: string) => boolean): Promise<string[]> {
		const names = await readdir(this.#folder).catch(() => []);
		const swept: string[] = [];
		for (const name of names.filter((name) => name.endsWith(ENDING))) {
			const record = await readRecord(join(this.#folder, name));
			if (record === undefined || isAtWork(record) || isOpen(record.attempt)) continue;
			if (!(await areThere(record.files.map(dirname)))) continue;
			let left = false;
			for (const file of record.files) {
				left ||= await isThere(file);
				await rm(file, { recursive: true, force: true });
			}
			await rm(join(this.#folder, name), { force: true });
			if (left) swept.push(record.attempt);
		}
		return swept;
	}

	#pathOf(attempt: string): string {
		return join(this.#folder, `${attempt}${ENDING}`);
	}
}

function isAtWork({ attempt, pid, process: maker }: AttemptRecord): boolean {
	if (maker === PROCESS) return running.has(attempt);
	return pid !== process.pid && isRunning(pid);
}

/** Undefined for one that was cut off as its process was killed: then it had not made its files yet. */
async function readRecord(path: string): Promise<AttemptRecord | undefined> {
	try {
		return JSON.parse(await readFile(path, 'utf8')) as AttemptRecord;
	} catch {
		return undefined;
	}
}

async function areThere(folders: readonly string[]): Promise<boolean> {
	return (await Promise.all(folders.map(isThere))).every((there) => there);
}

function isThere(path: string): Promise<boolean> {
	return access(path).then(
		() => true,
		() => false,
	);
}
