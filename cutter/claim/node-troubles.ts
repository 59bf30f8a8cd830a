import type { Logger } from 'pino';
import type { Db } from '../../db/connect.ts';
import { type NodeTroubles, tellTroubles } from '../../db/transitions/tell-troubles.ts';
import type { CutterOptions } from '../cutter-options.ts';
import { attemptsFolder } from './attempt-files.ts';
import type { CommitJournal } from './commit-journal.ts';
import { whyUnwritable } from './folder-check.ts';

/** Why a node cannot keep files in folders of its own, in the system's words; undefined: it can. */
export interface FolderTroubles {
	journal: string | undefined;
	attempts: string | undefined;
	spool: string | undefined;
}

/** Upload locations that are down for a node, by name, each with a sentence that says why. */
type Down = ReadonlyMap<string, string>;

type Node = Pick<CutterOptions, 'node' | 'journalFolder' | 'spoolFolder' | 'observer'> & {
	/** By name: of each upload location, its kind is told by `upload`. */
	locations: ReadonlyMap<string, { upload: { kind: string } }>;
};

/** The database keeps no more of a node. */
const MOST_TOLD = 20;

/** What folders that cannot be written to, and locations that are down, mean: sentences for operators, and what the node must not claim. Pure. */
export function describeTroubles(
	{ node, journalFolder, spoolFolder, locations }: Node,
	{ journal, attempts, spool }: FolderTroubles,
	down: Down = new Map(),
): NodeTroubles {
	const troubles: string[] = [];
	const all = [...locations.keys()];
	// What goes to a folder is made in that folder; what goes elsewhere waits in the spool folder.
	const spooled = all.filter((name) => locations.get(name)!.upload.kind !== 'local');
	if (journal !== undefined) {
		troubles.push(
			`${node} cannot write down in ${journalFolder} what it publishes, and so claims and publishes nothing (${journal}). Make room there, or let the node write there.`,
		);
	} else if (attempts !== undefined) {
		troubles.push(
			`${node} cannot write down in ${attemptsFolder(journalFolder)} which files it makes (${attempts}). It goes on, but if it is killed nobody removes them. Make room there, or let the node write there.`,
		);
	}
	if (spool !== undefined && spooled.length > 0) {
		const named = spooled.map((name) => (name === '' ? 'the default one' : `“${name}”`)).join(', ');
		troubles.push(
			`${node} cannot write to ${spoolFolder}, where videos are made on their way, and so claims nothing for upload location ${named} (${spool}). Make room there, or let the node write there.`,
		);
	}
	// The default location has two names.
	for (const sentence of new Set(down.values())) {
		troubles.push(
			`${node} can do nothing for an upload location now, and claims nothing for it: ${sentence}`,
		);
	}
	const stopped = journal !== undefined ? all : spool !== undefined ? spooled : [];
	return { troubles: troubles.slice(0, MOST_TOLD), stopped: [...new Set([...stopped, ...down.keys()])] };
}

/** The sentence for a journal that cannot even be read. */
export function unreadableJournal({ node, journalFolder, locations }: Node, why: string): NodeTroubles {
	const sentence = `${node} cannot read in ${journalFolder} what it has published, and so claims and publishes nothing: ${why.replace(/\.$/, '')}.`;
	return { troubles: [sentence], stopped: [...locations.keys()] };
}

/** Looks again and again whether a node can work, and tells operators what it lacks: in the database, too. */
export class TroubleTeller {
	readonly #node: Node;
	/** Of this process. */
	readonly #instance: string;
	readonly #log: Logger;
	#told: readonly string[] = [];
	/** As they were found last. */
	#folders: FolderTroubles | undefined;
	#trying: Promise<FolderTroubles> | undefined;
	/** Whether the database has to be told, also that there is none: an earlier process may have said otherwise. */
	#owed = true;

	constructor(node: Node, instance: string, log: Logger) {
		this.#node = node;
		this.#instance = instance;
		this.#log = log;
	}

	/**
	 * Tells how the node's folders were when they were tried last, and begins to try them again: a disk may take its time, and
	 * only the first time something waits for it. Of locations it is told which are down. Returns the upload locations for
	 * which nothing may be claimed.
	 */
	async look(db: Db, journal: CommitJournal, down: Down = new Map()): Promise<ReadonlySet<string>> {
		this.#trying ??= this.#try(journal);
		const found = describeTroubles(this.#node, this.#folders ?? (await this.#trying), down);
		await this.tell(db, found);
		return new Set(found.stopped);
	}

	/** Resolves when no folder is tried any more. */
	async idle(): Promise<void> {
		await this.#trying;
	}

	async #try(journal: CommitJournal): Promise<FolderTroubles> {
		const { journalFolder, spoolFolder } = this.#node;
		const [journalTrouble, attempts, spool] = await Promise.all([
			journal.whyUnwritable(),
			whyUnwritable(attemptsFolder(journalFolder)),
			whyUnwritable(spoolFolder),
		]);
		this.#folders = { journal: journalTrouble, attempts, spool };
		this.#trying = undefined;
		return this.#folders;
	}

	/** Tells on the log what is new, and everybody else what is. */
	async tell(db: Db, { troubles, stopped }: NodeTroubles): Promise<void> {
		for (const sentence of troubles) if (!this.#told.includes(sentence)) this.#log.error(sentence);
		if (this.#told.length > 0 && troubles.length === 0)
			this.#log.info('The folders and locations of this node can be used again');
		this.#told = troubles;
		this.#node.observer?.troubled(troubles);
		if (!this.#owed && troubles.length === 0) return;
		this.#owed = true;
		const told = await tellTroubles(
			db,
			{ node: this.#node.node, instance: this.#instance },
			{ troubles, stopped },
		);
		this.#owed = !told || troubles.length > 0;
	}
}
