import { randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ServerMark } from '../../db/transitions/server-change.ts';
import type { Publication } from '../upload/location.ts';
import { whyUnwritable } from './folder-check.ts';
import { type JournaledCommit, type JournalLine, parseJournal } from './journal-lines.ts';

/** A backup of the database that is older than this is not made good for. */
const KEPT_MS = 30 * 86_400_000;

/** The journal cannot be written: nothing may be published until it can. */
export class JournalError extends Error {}

/**
 * What this node has published, on a disk of its own: a line before each commit and one after it, each on the disk before
 * the work goes on. A database that was put back to an earlier state has forgotten the last uploads; this journal has not.
 * Each process writes a file of its own, so that two with the same node name cannot spoil each other's.
 */
export class CommitJournal {
	readonly #folder: string;
	readonly #name = `${randomUUID()}.jsonl`;
	#file: FileHandle | undefined;
	/** Bytes that are surely whole lines. */
	#size = 0;
	/** How long the last line was when it could not be written, else 0; and why not. */
	#refusedBytes = 0;
	#refusal: string | undefined;
	#wasRemoved = false;
	#last: Promise<void> = Promise.resolve();
	/** By attempt, in the order in which they began. */
	readonly #commits: Map<string, JournaledCommit>;
	#server: ServerMark | undefined;

	private constructor(folder: string, commits: Map<string, JournaledCommit>, server: ServerMark | undefined) {
		this.#folder = folder;
		this.#commits = commits;
		this.#server = server;
	}

	/**
	 * Reads what earlier processes of this node wrote into `folder` (made if it is missing, readable by its owner only:
	 * sessions are capabilities) and removes what is too old to matter. Rejects with a sentence when it cannot be read.
	 */
	static async open(folder: string, now = Date.now()): Promise<CommitJournal> {
		await mkdir(folder, { recursive: true, mode: 0o700 });
		const oldest = new Date(now - KEPT_MS).toISOString();
		const lines: JournalLine[] = [];
		for (const name of (await readdir(folder)).filter((name) => name.endsWith('.jsonl'))) {
			const path = join(folder, name);
			const written = parseJournal(await readFile(path, 'utf8'), path);
			if (written.length > 0 && written.every(({ at }) => at < oldest)) await rm(path);
			else lines.push(...written);
		}
		// By the node's clock, which may have been set back: what is said of a commit counts wherever it stands.
		lines.sort((a, b) => (a.at < b.at ? -1 : Number(a.at > b.at)));
		const commits = new Map<string, JournaledCommit>();
		for (const line of lines) {
			if ('begins' in line && line.at >= oldest) commits.set(line.begins.session.attempt, line.begins);
		}
		for (const line of lines) {
			if ('published' in line) note(commits, line.published, line.publication);
			else if ('absent' in line) commits.delete(line.absent);
		}
		return new CommitJournal(folder, commits, lines.findLast((line) => 'server' in line)?.server);
	}

	/** The server that this node worked with last, as it was when it was last written down. */
	get server(): ServerMark | undefined {
		return this.#server;
	}

	/** All commits that are kept, oldest first. */
	get commits(): readonly JournaledCommit[] {
		return [...this.#commits.values()];
	}

	/** To be awaited before a commit begins: from then on it is not forgotten. Rejects with JournalError: it must not begin. */
	async begins(begins: Omit<JournaledCommit, 'publication'>): Promise<void> {
		await this.#write({ begins, ...(this.#server && { server: this.#server }) });
		this.#commits.set(begins.session.attempt, { ...begins });
	}

	/** The commit of an attempt is known to have happened. */
	async published(attempt: string, publication: Publication): Promise<void> {
		note(this.#commits, attempt, publication);
		await this.#write({ published: attempt, publication });
	}

	/** The commit of an attempt has surely not happened, and cannot any more. */
	async absent(attempt: string): Promise<void> {
		if (this.#commits.delete(attempt)) await this.#write({ absent: attempt });
	}

	/**
	 * The node works with this server now. Written down at once when it is another one, else with the next commit; and when
	 * the last line could not be written, to see whether one can be now. Rejects with JournalError.
	 */
	async meets(server: ServerMark): Promise<void> {
		const another = server.identity !== this.#server?.identity;
		if (another || this.#refusedBytes > 0) await this.#write({ server });
		this.#server = server;
	}

	/** Why nothing can be written down now, or undefined: nothing should be cut that cannot be published. */
	async whyUnwritable(): Promise<string | undefined> {
		return this.#refusal ?? (await whyUnwritable(this.#folder));
	}

	async close(): Promise<void> {
		await this.#last.catch(() => undefined);
		await this.#file?.close();
	}

	/** One line after the other; one that fails leaves nothing behind and stops no later one. */
	#write(line: DistributiveOmit<JournalLine, 'at'>): Promise<void> {
		const writing = this.#last.then(async () => {
			const at = new Date().toISOString();
			const json = JSON.stringify({ ...line, at });
			// A short line may still fit into the last block of a full disk: that would say nothing about the next one.
			const bytes = Buffer.from(`${json.padEnd(this.#refusedBytes)}\n`);
			try {
				this.#file = await this.#opened(at);
				await this.#append(this.#file, bytes);
				this.#refusedBytes = 0;
				this.#refusal = undefined;
			} catch (error) {
				this.#refusedBytes = bytes.length;
				this.#refusal = (error as Error).message;
				await this.#file?.truncate(this.#size).catch(() => undefined);
				throw new JournalError(
					`This node cannot write down what it publishes, and so publishes nothing: ${this.#refusal}. ` +
						`Make room in ${this.#folder}, or let it be written to.`,
					{ cause: error },
				);
			}
		});
		this.#last = writing.catch(() => undefined);
		return writing;
	}

	async #append(file: FileHandle, bytes: Buffer): Promise<void> {
		const { bytesWritten } = await file.write(bytes, 0, bytes.length, this.#size);
		if (bytesWritten < bytes.length) throw new Error('no space left on the disk');
		await file.datasync();
		this.#size += bytes.length;
	}

	/** The file. One that somebody has removed meanwhile is made again, with all that is known: its bytes were on no disk any more. */
	async #opened(at: string): Promise<FileHandle> {
		if (this.#file !== undefined && (await this.#file.stat()).nlink === 0) {
			await this.#file.close();
			this.#file = undefined;
			this.#size = 0;
			this.#wasRemoved = true;
		}
		if (this.#file !== undefined) return this.#file;
		await mkdir(this.#folder, { recursive: true, mode: 0o700 });
		const path = join(this.#folder, this.#name);
		const file = await open(path, 'wx', 0o600);
		try {
			const folder = await open(this.#folder, 'r');
			await folder.sync().finally(() => folder.close());
			if (this.#wasRemoved) await this.#append(file, this.#allKnown(at));
		} catch (error) {
			await file.close();
			await rm(path, { force: true });
			this.#size = 0;
			throw error;
		}
		this.#wasRemoved = false;
		return file;
	}

	#allKnown(at: string): Buffer {
		const lines: JournalLine[] = this.#server ? [{ server: this.#server, at }] : [];
		for (const { publication, ...begins } of this.commits) {
			lines.push({ begins, at });
			if (publication) lines.push({ published: begins.session.attempt, publication, at });
		}
		return Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
	}
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

function note(commits: Map<string, JournaledCommit>, attempt: string, publication: Publication): void {
	const commit = commits.get(attempt);
	if (commit) commit.publication = publication;
}
