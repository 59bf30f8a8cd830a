import PQueue from 'p-queue';
import type { Logger } from 'pino';
import type { Db } from '../../db/connect.ts';
import {
	type Adopted,
	adoptFinalizing,
	adoptPublished,
	leaveUnresolved,
} from '../../db/transitions/leased.ts';
import type { CutterOptions } from '../cutter-options.ts';
import type { UploadSession } from '../upload/location.ts';
import { careForPublished } from './aftercare.ts';
import type { CommitJournal } from './commit-journal.ts';
import type { LeaseKeeper } from './lease-keeper.ts';
import { resolveUpload } from './resolve-upload.ts';

/** Asks locations, beside the cutting, what became of interrupted uploads, and tells them what changed since. */
export class LocationCare {
	readonly #options: CutterOptions;
	readonly #tools: { db: Db; log: Logger; leases: LeaseKeeper; commits: CommitJournal };
	readonly #queue = new PQueue({ concurrency: 1 });

	constructor(
		options: CutterOptions,
		tools: { db: Db; log: Logger; leases: LeaseKeeper; commits: CommitJournal },
	) {
		this.#options = options;
		this.#tools = tools;
	}

	/**
	 * Begins with what is due now, one event after the other. A location may take its time to answer, so nothing waits for
	 * this; it goes on where it is when it is due again.
	 */
	begin(signal: AbortSignal): void {
		if (this.#queue.pending > 0) return;
		void this.#queue
			.add(() => this.#care(signal))
			.catch((error) => {
				this.#tools.log.error(
					{ err: error },
					'Could not look after published and interrupted uploads; trying again',
				);
			});
	}

	/** Resolves when nothing is asked or told any more. */
	async idle(): Promise<void> {
		await this.#queue.onIdle();
	}

	async #care(signal: AbortSignal): Promise<void> {
		const { node, leaseSeconds, locations } = this.#options;
		const { db, log, commits } = this.#tools;
		const care = { ...this.#options, db, log, commits };
		await this.#eachAdopted(
			signal,
			() => adoptFinalizing(db, node, leaseSeconds),
			async ({ lease, event }) => {
				const session = event.upload_session as UploadSession;
				const location = locations.get(event.upload_location)?.upload;
				if (location) await resolveUpload({ event, lease, session, location }, care);
				// Where two processes run under one name, the database may know the locations of the other one.
				else
					await leaveUnresolved(
						db,
						lease,
						`${node} does not have upload location “${event.upload_location}”.`,
						5,
					);
			},
		);
		const names = [...locations.keys()];
		await this.#eachAdopted(
			signal,
			() => adoptPublished(db, node, names, leaseSeconds),
			(adopted) => careForPublished(adopted, locations.get(adopted.event.upload_location)!.upload, care),
		);
	}

	/** Adopts one event after the other and works on each while its lease is extended. */
	async #eachAdopted(
		signal: AbortSignal,
		adopt: () => Promise<Adopted | undefined>,
		work: (adopted: Adopted) => Promise<void>,
	): Promise<void> {
		const { leases } = this.#tools;
		while (!signal.aborted) {
			const since = performance.now();
			const adopted = await adopt();
			if (!adopted) return;
			leases.hold(adopted.lease, since, new AbortController());
			try {
				await work(adopted);
			} finally {
				leases.release(adopted.lease);
			}
		}
	}
}
