import type { Logger } from 'pino';
import type { Db } from '../../db/connect.ts';
import {
	meetServer,
	type Restored,
	restoreUpload,
	type ServerMark,
	toldAll,
} from '../../db/transitions/server-change.ts';
import type { CutterLocation } from '../upload/cutter-location.ts';
import { type CommitJournal, JournalError } from './commit-journal.ts';
import type { JournaledCommit } from './journal-lines.ts';
import { withProcessing } from './resolve-upload.ts';

/**
 * Tells the database what this node has published, when the database has forgotten it: it was put back to an earlier
 * state, or a server that lacks the last transactions took its place.
 */
export class CommitTeller {
	readonly #journal: CommitJournal;
	readonly #locations: ReadonlyMap<string, CutterLocation>;
	readonly #node: string;
	readonly #instance: string;
	readonly #log: Logger;
	/** What could not be told yet: its event is missing, or another upload of it is in doubt. */
	#untold: JournaledCommit[] = [];
	#server: ServerMark | undefined;
	#mustTell = false;
	/** Why nobody may publish anything now. */
	#problem: string | undefined;

	constructor(
		journal: CommitJournal,
		{
			node,
			instance,
			locations,
		}: { node: string; instance: string; locations: ReadonlyMap<string, CutterLocation> },
		log: Logger,
	) {
		this.#journal = journal;
		this.#node = node;
		this.#instance = instance;
		this.#locations = locations;
		this.#log = log;
	}

	/**
	 * Looks which server this is. To be called before this node says that it runs: whom a changed server waits for is decided
	 * by who ran before.
	 */
	async meet(db: Db): Promise<void> {
		const { server, mustTell, problem } = await meetServer(db, this.#node, this.#journal.server);
		this.#problem = problem;
		this.#mustTell = mustTell;
		if (mustTell) {
			this.#untold = [...this.#journal.commits];
			this.#log.warn(
				{ server: server.identity, commits: this.#untold.length },
				'The database was put back or replaced; telling it what was published before',
			);
		}
		this.#server = server;
	}

	/** Tells the server what it has forgotten. Returns whether anything may be published now. */
	async tell(db: Db): Promise<boolean> {
		let waits = false;
		const untold: JournaledCommit[] = [];
		for (const commit of this.#untold) {
			const outcome = await this.#tell(db, commit);
			if (outcome === 'missing' || outcome === 'later') untold.push(commit);
			waits ||= outcome === 'later';
		}
		this.#untold = untold;
		if (waits) return false;
		if (this.#mustTell) {
			const { told, problem } = await toldAll(db, this.#node, this.#instance);
			// The server knows no such process yet, or any more: as that of one it has to be told.
			if (!told) return false;
			this.#problem = problem;
		}
		this.#mustTell = false;
		// Only now: a node that dies before starts over.
		try {
			await this.#journal.meets(this.#server!);
		} catch (error) {
			if (!(error instanceof JournalError)) throw error;
			this.#log.error({ err: error }, `Nothing is claimed: ${error.message}`);
			return false;
		}
		if (this.#problem) this.#log.warn(`Nothing is claimed: ${this.#problem}`);
		return this.#problem === undefined;
	}

	async #tell(db: Db, commit: JournaledCommit): Promise<Restored> {
		const { event, session, publication, location, video } = commit;
		const upload = this.#locations.get(location)?.upload;
		const told = publication && upload ? withProcessing(publication, upload) : publication;
		const outcome = await restoreUpload(db, this.#node, event, session, told);
		if (outcome !== 'missing' || publication || !upload) {
			if (outcome !== 'known') this.#log.warn({ event, link: told?.link, outcome }, 'Told of an upload');
			return outcome;
		}
		// A row that is being cut asks the location by itself. This one does not, and has perhaps been published.
		const resolution = await upload.resolve(session, video).catch(() => undefined);
		if (resolution?.outcome === 'committed') {
			await this.#journal.published(session.attempt, resolution.publication);
			return this.#tell(db, { ...commit, publication: resolution.publication });
		}
		if (resolution?.outcome !== 'absent') return 'missing';
		await this.#journal.absent(session.attempt);
		return 'known';
	}
}
