import { randomUUID } from 'node:crypto';
import PQueue from 'p-queue';
import type { Logger } from 'pino';
import { type Db, databaseSentence } from '../db/connect.ts';
import { listen } from '../db/listen.ts';
import { type Candidate, type Claimed, claimableEvents, claimFirst } from '../db/transitions/claim.ts';
import { expireLeases, explainWaiting } from '../db/transitions/housekeeping.ts';
import { type Adopted, adoptFinalizing, adoptPublished } from '../db/transitions/leased.ts';
import { heartbeatNode, registerNode } from '../db/transitions/register-node.ts';
import { careForPublished } from './claim/aftercare.ts';
import { CommitJournal } from './claim/commit-journal.ts';
import type { CutterObserver } from './claim/cutter-observer.ts';
import { diskFingerprint, missingSegments } from './claim/disk-check.ts';
import { type Job, NodeStopping, runJob } from './claim/job.ts';
import { keyOf, LackingRows } from './claim/lacking.ts';
import { LeaseKeeper, LeaseLost } from './claim/lease-keeper.ts';
import { resolveUpload } from './claim/resolve-upload.ts';
import { clearDeadJobFolders } from './claim/spool.ts';
import { StoreTeller } from './claim/store-teller.ts';
import { CommitTeller } from './claim/tell-commits.ts';
import type { SegmentStore } from './segments/store.ts';
import { type CutterLocation, locationHash } from './upload/cutter-location.ts';
import type { UploadSession } from './upload/location.ts';

export interface CutterOptions {
	/** This node's name, unique among the nodes. */
	node: string;
	version: string;
	store: SegmentStore;
	/** By name. The name '' is the default location, for rows that name none. */
	locations: ReadonlyMap<string, CutterLocation>;
	/** Template images for thumbnails, by name: paths. */
	templates: Readonly<Record<string, string>>;
	ffmpeg: string;
	ffprobe: string;
	spoolFolder: string;
	/** Where this node keeps its journal of commits; it outlives restarts, and belongs to this node alone. */
	journalFolder: string;
	/** How many events are worked on at once. */
	concurrency: number;
	/** A lease lasts so long after its last extension. */
	leaseSeconds: number;
	/** What notifications miss is found after this long, give or take a quarter. */
	pollSeconds: number;
	/** When stopping, what runs may take so long to end before it is handed back. */
	stopSeconds: number;
	/** A row that failed so often becomes a person's matter. */
	maxAttempts: number;
	/** Told of what the node does. */
	observer?: CutterObserver;
}

/** So many rows more than there are free slots are looked for on the disk, as other nodes may be faster with some. */
const SPARE_CANDIDATES = 2;
/** A row that somebody else holds may be free again after this long. */
const HELD_ROW_MS = 1_000;

/**
 * A cutter node: claims EDITED events that it can cut, cuts and uploads them, and looks after abandoned work, until
 * `signal` is aborted. Then it claims nothing more, lets what runs end for `stopSeconds`, hands the rest back, and resolves.
 */
export async function runCutter(
	options: CutterOptions,
	{ db, databaseUrl, log, signal }: { db: Db; databaseUrl: string; log: Logger; signal: AbortSignal },
): Promise<void> {
	const commits = await CommitJournal.open(options.journalFolder);
	const cutter = new Cutter(options, db, log, commits);
	const { observer } = options;
	const listener = listen(databaseUrl, {
		channels: ['event_edited', 'event_cancelled'],
		onNotification: (channel, id) => (channel === 'event_edited' ? cutter.wake() : cutter.cancelled(id)),
		onConnected: () => {
			observer?.listening(true);
			cutter.poll();
		},
		onError: (error) => {
			observer?.listening(false);
			log.warn({ err: error, node: options.node }, 'No notifications for now; polling goes on');
		},
	});
	try {
		await cutter.run(signal);
	} finally {
		await listener.close();
		await commits.close();
	}
}

class Cutter {
	readonly #options: CutterOptions;
	readonly #db: Db;
	readonly #log: Logger;
	readonly #instance = randomUUID();
	readonly #queue: PQueue;
	/** For what locations are asked and told beside the cutting. */
	readonly #aside = new PQueue({ concurrency: 1 });
	readonly #leases: LeaseKeeper;
	readonly #commits: CommitJournal;
	readonly #teller: CommitTeller;
	readonly #storeTeller: StoreTeller;
	readonly #jobs = new Map<string, Job>();
	readonly #lacking: LackingRows;
	#storeTold: Promise<void> = Promise.resolve();
	#wake: () => void = () => undefined;
	#woken = false;
	/** By performance.now(). */
	#nextPoll = 0;

	constructor(options: CutterOptions, db: Db, log: Logger, commits: CommitJournal) {
		this.#options = options;
		this.#db = db;
		this.#log = log.child({ node: options.node });
		this.#queue = new PQueue({ concurrency: options.concurrency });
		this.#lacking = new LackingRows(options.store, options.node, this.#log);
		this.#leases = new LeaseKeeper(db, options.leaseSeconds, this.#log);
		this.#commits = commits;
		this.#teller = new CommitTeller(commits, options, this.#log);
		this.#storeTeller = new StoreTeller(options.store, options.node, this.#instance, this.#log);
	}

	/** Somebody says that there may be something to claim. */
	wake(): void {
		this.#woken = true;
		this.#wake();
	}

	/** The connection is new: notifications may have been missed, and the server may be another one. */
	poll(): void {
		this.#nextPoll = 0;
		this.wake();
	}

	/** Somebody says that an event was cancelled. */
	cancelled(eventId: string): void {
		this.#jobs.get(eventId)?.abort.abort(new LeaseLost('The row was cancelled.'));
	}

	async run(signal: AbortSignal): Promise<void> {
		signal.addEventListener('abort', () => this.#wake(), { once: true });
		const removed = await clearDeadJobFolders(this.#options.spoolFolder);
		if (removed.length > 0)
			this.#log.info({ removed }, 'Removed what killed processes had left in the spool folder');
		let registered = false;
		let mayPublish = false;
		while (!signal.aborted) {
			const polling = performance.now() >= this.#nextPoll;
			let held = false;
			this.#woken = false;
			if (polling)
				this.#nextPoll = performance.now() + this.#options.pollSeconds * 1000 * (0.75 + Math.random() / 2);
			try {
				if (polling) await this.#teller.meet(this.#db);
				if (!registered) registered = await this.#register();
				if (polling) {
					mayPublish = await this.#teller.tell(this.#db);
					registered = await heartbeatNode(this.#db, this.#options.node, this.#instance);
					if (!registered) {
						this.#log.error(
							`Another process has taken the name ${this.#options.node}. Give each node a name of its own.`,
						);
					}
					this.#storeTold = this.#storeTeller.tell(this.#db);
					await this.#lookAfterAbandonedWork();
					this.#askLocations(signal);
					await this.#lacking.review(this.#db);
				}
				held = mayPublish && (await this.#claimWhatFits(signal));
			} catch (error) {
				this.#log.error({ err: error }, 'The database does not answer as it should; trying again');
			}
			const pause = this.#nextPoll - performance.now();
			if (!this.#woken) await this.#sleep(held ? Math.min(pause, HELD_ROW_MS) : pause, signal);
		}
		await this.#stop();
	}

	async #register(): Promise<boolean> {
		const locations = [...this.#options.locations].map(([name, location]) => ({
			name,
			kind: location.upload.kind,
			limits: location.upload.limits,
			configHash: locationHash(location),
		}));
		const { node, version } = this.#options;
		const problems = await registerNode(this.#db, {
			name: node,
			instance: this.#instance,
			version,
			locations,
		});
		for (const problem of problems) this.#log.error(problem);
		this.#log.info({ locations: locations.map((location) => location.name) }, 'Ready to cut');
		return true;
	}

	async #lookAfterAbandonedWork(): Promise<void> {
		const expired = await expireLeases(this.#db, this.#options.maxAttempts);
		if (expired > 0) this.#log.warn({ expired }, 'Abandoned rows went back to EDITED');
		this.#options.observer?.leasesExpired(expired);
		this.#options.observer?.polled();
		await explainWaiting(this.#db);
	}

	/**
	 * Asks locations what became of interrupted uploads, and tells them what changed since. A location may take its time to
	 * answer, so nothing waits for this; it goes on where it is when it is due again.
	 */
	#askLocations(signal: AbortSignal): void {
		if (this.#aside.pending > 0) return;
		const { node, leaseSeconds, locations } = this.#options;
		const names = [...locations.keys()];
		const ask = async () => {
			const care = { ...this.#options, db: this.#db, log: this.#log, commits: this.#commits };
			await this.#eachAdopted(
				signal,
				() => adoptFinalizing(this.#db, node, leaseSeconds),
				async ({ lease, event }) => {
					const session = event.upload_session as UploadSession;
					const location = locations.get(event.upload_location)!.upload;
					await resolveUpload({ event, lease, session, location }, care);
				},
			);
			await this.#eachAdopted(
				signal,
				() => adoptPublished(this.#db, node, names, leaseSeconds),
				(adopted) => careForPublished(adopted, locations.get(adopted.event.upload_location)!.upload, care),
			);
		};
		void this.#aside.add(ask).catch((error) => {
			this.#log.error({ err: error }, 'Could not look after published and interrupted uploads; trying again');
		});
	}

	/** Adopts one event after the other and works on each while its lease is extended. */
	async #eachAdopted(
		signal: AbortSignal,
		adopt: () => Promise<Adopted | undefined>,
		work: (adopted: Adopted) => Promise<void>,
	): Promise<void> {
		while (!signal.aborted) {
			const since = performance.now();
			const adopted = await adopt();
			if (!adopted) return;
			this.#leases.hold(adopted.lease, since, new AbortController());
			try {
				await work(adopted);
			} finally {
				this.#leases.release(adopted.lease);
			}
		}
	}

	/** Claims while there are free slots and rows that this node can cut. Returns whether somebody else held one of them. */
	async #claimWhatFits(signal: AbortSignal): Promise<boolean> {
		const { node, concurrency } = this.#options;
		/** Each row is tried once: one that somebody holds in an open transaction stays a candidate. */
		const tried = new Set<string>();
		let held = false;
		while (!signal.aborted && this.#jobs.size < concurrency) {
			const passed = [...this.#lacking.keys(), ...tried];
			const candidates = await claimableEvents(this.#db, node, passed, held);
			if (candidates.length === 0) break;
			const fitting: Candidate[] = [];
			for (const candidate of candidates) {
				if (signal.aborted || fitting.length >= concurrency - this.#jobs.size + SPARE_CANDIDATES) break;
				tried.add(keyOf(candidate));
				if (await this.#fitsDisk(candidate)) fitting.push(candidate);
			}
			while (fitting.length > 0 && !signal.aborted && this.#jobs.size < concurrency) {
				const claimed = await this.#claimOneOf(fitting);
				if (!claimed) {
					held = true;
					break;
				}
				fitting.splice(
					fitting.findIndex(({ id }) => id === claimed),
					1,
				);
			}
		}
		return held;
	}

	/** Whether the disk has what a row needs; else that is remembered, and said in the row. */
	async #fitsDisk(candidate: Candidate): Promise<boolean> {
		const { node, store } = this.#options;
		const fingerprint = await diskFingerprint(candidate, store);
		const missing = await missingSegments(candidate, store, node);
		if (!missing) return true;
		await this.#lacking.tell(this.#db, candidate, fingerprint, missing);
		return false;
	}

	/** Claims the first that is still to be had, and starts on it. Its id, or undefined when others have all of them. */
	async #claimOneOf(candidates: readonly Candidate[]): Promise<string | undefined> {
		const { node, store, leaseSeconds } = this.#options;
		const since = performance.now();
		try {
			const claimed = await claimFirst(this.#db, candidates, node, leaseSeconds);
			if (claimed) this.#start(claimed, since);
			return claimed?.event.id;
		} catch (error) {
			// A rule refuses one of them, such as a location that the node has lost meanwhile: the others must not wait for it.
			const refusal = databaseSentence(error);
			if (!refusal) throw error;
			const [only, ...others] = candidates;
			if (others.length === 0) {
				this.#lacking.passOver(only!, await diskFingerprint(only!, store), refusal);
				return undefined;
			}
			for (const one of candidates) {
				const claimed = await this.#claimOneOf([one]);
				if (claimed) return claimed;
			}
			return undefined;
		}
	}

	#start({ event, lease }: Claimed, since: number): void {
		const location = this.#options.locations.get(event.upload_location)!;
		const job: Job = { event, lease, location, abort: new AbortController() };
		this.#jobs.set(event.id, job);
		this.#leases.hold(lease, since, job.abort);
		this.#log.info({ event: event.id, lease, title: event.video_title }, 'Claimed');
		this.#options.observer?.claimed();
		void this.#queue.add(async () => {
			await runJob(job, {
				...this.#options,
				db: this.#db,
				log: this.#log,
				leases: this.#leases,
				commits: this.#commits,
			});
			this.#leases.release(lease);
			this.#jobs.delete(event.id);
			this.wake();
		});
	}

	async #stop(): Promise<void> {
		const jobs = this.#jobs.size;
		if (jobs > 0) this.#log.info({ jobs }, 'Stopping: waiting for what is under way');
		const patience = setTimeout(() => {
			for (const job of this.#jobs.values()) job.abort.abort(new NodeStopping('The node is stopping.'));
		}, this.#options.stopSeconds * 1000);
		await Promise.all([this.#queue.onIdle(), this.#aside.onIdle(), this.#storeTold]);
		clearTimeout(patience);
	}

	/** Until woken, stopped, or `ms` are over. */
	async #sleep(ms: number, signal: AbortSignal): Promise<void> {
		if (signal.aborted) return;
		await new Promise<void>((resolve) => {
			const timer = setTimeout(resolve, Math.max(0, ms));
			this.#wake = () => {
				clearTimeout(timer);
				resolve();
			};
		});
		this.#wake = () => undefined;
	}
}
