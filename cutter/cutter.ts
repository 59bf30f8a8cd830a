import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import PQueue from 'p-queue';
import type { Logger } from 'pino';
import type { Db } from '../db/connect.ts';
import { listen } from '../db/listen.ts';
import type { Claimed } from '../db/transitions/claim.ts';
import { expireLeases, explainWaiting } from '../db/transitions/housekeeping.ts';
import { heartbeatNode, registerNode } from '../db/transitions/register-node.ts';
import { AttemptFiles } from './claim/attempt-files.ts';
import { CommitJournal } from './claim/commit-journal.ts';
import { type Job, NodeStopping, runJob } from './claim/job.ts';
import { LeaseKeeper } from './claim/lease-keeper.ts';
import { LocationCare } from './claim/location-care.ts';
import { TroubleTeller, unreadableJournal } from './claim/node-troubles.ts';
import { RestingLocations } from './claim/resting-locations.ts';
import { RowClaimer } from './claim/row-claimer.ts';
import { clearDeadJobFolders } from './claim/spool.ts';
import { StoreTeller } from './claim/store-teller.ts';
import { CommitTeller } from './claim/tell-commits.ts';
import type { CutterOptions } from './cutter-options.ts';
import { locationHash } from './upload/cutter-location.ts';

const TRY_TO_HEAR_MS = 30_000;

const DEAF =
	'Notifications do not arrive; work is found by polling. Where database.url names a pooler in transaction mode, ' +
	'database.directUrl has to name the server itself.';

/** How often a node looks for what its killed processes have left. */
const SWEEP_EVERY_MS = 600_000;

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
	const { observer } = options;
	const instance = randomUUID();
	const troubles = new TroubleTeller(options, instance, log.child({ node: options.node }));
	const commits = await openJournal(options, { db, log, signal, troubles });
	if (commits === undefined) return;
	const cutter = new Cutter(options, { instance, db, log, commits, troubles });
	let connections = 0;
	/** A connection that is there may still be a pooler's, which delivers nothing: then it is tried again and again. */
	const tellWhetherHeard = async () => {
		const connection = ++connections;
		for (let first = true; connection === connections && !signal.aborted; first = false) {
			const heard = await listener.hears(db).catch(() => false);
			if (connection !== connections) return;
			observer?.listening(heard);
			if (heard) return;
			if (first) log.warn({ node: options.node }, DEAF);
			await sleep(TRY_TO_HEAR_MS, undefined, { signal }).catch(() => undefined);
		}
	};
	const listener = listen(databaseUrl, {
		channels: ['event_edited', 'event_cancelled'],
		onNotification: (channel, id) => (channel === 'event_edited' ? cutter.wake() : cutter.cancelled(id)),
		onConnected: () => {
			void tellWhetherHeard();
			cutter.poll();
		},
		onError: (error) => {
			connections++;
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

/**
 * Reads the journal, as soon as that can be done: without it the node does not know what it has published, and must not even
 * say that it runs. Undefined when it was told to stop before.
 */
async function openJournal(
	options: CutterOptions,
	{ db, log, signal, troubles }: { db: Db; log: Logger; signal: AbortSignal; troubles: TroubleTeller },
): Promise<CommitJournal | undefined> {
	while (!signal.aborted) {
		try {
			return await CommitJournal.open(options.journalFolder);
		} catch (error) {
			await troubles
				.tell(db, unreadableJournal(options, (error as Error).message))
				.catch((untold) => log.warn({ err: untold }, 'Operators cannot be told of it; trying again'));
		}
		await sleep(options.pollSeconds * 1000, undefined, { signal }).catch(() => undefined);
	}
	return undefined;
}

class Cutter {
	readonly #options: CutterOptions;
	readonly #db: Db;
	readonly #log: Logger;
	/** Of this process. */
	readonly #instance: string;
	readonly #queue: PQueue;
	readonly #leases: LeaseKeeper;
	readonly #commits: CommitJournal;
	readonly #files: AttemptFiles;
	readonly #rests = new RestingLocations();
	readonly #troubles: TroubleTeller;
	/** Upload locations for which the node can do nothing now. */
	#stopped: ReadonlySet<string> = new Set();
	readonly #teller: CommitTeller;
	readonly #storeTeller: StoreTeller;
	readonly #jobs = new Map<string, Job>();
	readonly #claimer: RowClaimer;
	readonly #care: LocationCare;
	#storeTold: Promise<void> = Promise.resolve();
	#wake: () => void = () => undefined;
	#woken = false;
	/** By performance.now(). */
	#nextPoll = 0;
	#nextSweep = 0;

	constructor(
		options: CutterOptions,
		tools: { instance: string; db: Db; log: Logger; commits: CommitJournal; troubles: TroubleTeller },
	) {
		const { instance, db, log, commits, troubles } = tools;
		this.#options = options;
		this.#instance = instance;
		this.#db = db;
		this.#log = log.child({ node: options.node });
		this.#queue = new PQueue({ concurrency: options.concurrency });
		this.#leases = new LeaseKeeper(db, options.leaseSeconds, this.#log);
		this.#commits = commits;
		this.#troubles = troubles;
		this.#files = new AttemptFiles(options.journalFolder);
		this.#claimer = new RowClaimer(options, db, this.#log, {
			free: () => options.concurrency - this.#jobs.size,
			start: (claimed, since) => this.#start(claimed, since),
		});
		this.#care = new LocationCare(options, { db, log: this.#log, leases: this.#leases, commits });
		this.#teller = new CommitTeller(commits, { ...options, instance: this.#instance }, this.#log);
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

	/** Somebody says that an event was cancelled: every role may, whether it is so or not. */
	cancelled(eventId: string): void {
		if (this.#jobs.has(eventId)) void this.#leases.look();
	}

	async run(signal: AbortSignal): Promise<void> {
		signal.addEventListener('abort', () => this.#wake(), { once: true });
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
					await this.#sweep();
					mayPublish = await this.#teller.tell(this.#db);
					registered = await heartbeatNode(this.#db, this.#options.node, this.#instance);
					if (!registered) {
						this.#log.error(
							`Another process has taken the name ${this.#options.node}. Give each node a name of its own.`,
						);
					}
					this.#stopped = await this.#troubles.look(this.#db, this.#commits, this.#rests.resting());
					this.#storeTold = this.#storeTeller.tell(this.#db);
					await this.#lookAfterAbandonedWork();
					this.#care.begin(signal);
					await this.#claimer.review();
				}
				held = mayPublish && (await this.#claimer.claim(signal, this.#stoppedNow()));
				if (polling) this.#options.observer?.polled();
			} catch (error) {
				this.#log.error({ err: error }, 'The database does not answer as it should; trying again');
			}
			const pause = this.#nextPoll - performance.now();
			if (!this.#woken) await this.#sleep(held ? Math.min(pause, HELD_ROW_MS) : pause, signal);
		}
		await this.#stop();
	}

	/** What nothing may be claimed for: also what was found down since the last look. */
	#stoppedNow(): ReadonlySet<string> {
		return new Set([...this.#stopped, ...this.#rests.resting().keys()]);
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

	/** Removes what killed processes of this node have left, on its disks and in the folders of its locations. */
	async #sweep(): Promise<void> {
		if (performance.now() < this.#nextSweep) return;
		this.#nextSweep = performance.now() + SWEEP_EVERY_MS;
		const folders = await clearDeadJobFolders(this.#options.spoolFolder);
		const open = new Set(
			this.#commits.commits.filter((commit) => !commit.publication).map(({ session }) => session.attempt),
		);
		const attempts = await this.#files.sweep((attempt) => open.has(attempt));
		if (folders.length + attempts.length > 0)
			this.#log.info({ folders, attempts }, 'Removed what killed processes had left');
	}

	async #lookAfterAbandonedWork(): Promise<void> {
		const expired = await expireLeases(this.#db, this.#options.maxAttempts);
		if (expired > 0) this.#log.warn({ expired }, 'Abandoned rows went back to EDITED');
		this.#options.observer?.leasesExpired(expired);
		await explainWaiting(this.#db);
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
				files: this.#files,
				rests: this.#rests,
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
		await Promise.all([this.#queue.onIdle(), this.#care.idle(), this.#storeTold, this.#troubles.idle()]);
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
