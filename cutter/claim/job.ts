import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Db } from '../../db/connect.ts';
import { publishedText } from '../../db/published-text.ts';
import type { EventRow } from '../../db/tables.ts';
import {
	completeEvent,
	failEvent,
	finalizeEvent,
	handBackEvent,
	postponeEvent,
	retryEvent,
	storeUploadSession,
} from '../../db/transitions/leased.ts';
import type { Transition } from '../cut/cut.ts';
import type { SegmentStore } from '../segments/store.ts';
import { fileEnding } from '../upload/container.ts';
import type { CutterLocation } from '../upload/cutter-location.ts';
import { QuotaError, type UploadSession } from '../upload/location.ts';
import { isDiskFull } from '../upload/system-errors.ts';
import { makeVideo, streamBeside } from '../video/make-video.ts';
import type { AttemptFiles } from './attempt-files.ts';
import type { CommitJournal } from './commit-journal.ts';
import type { CutterObserver, JobOutcome } from './cutter-observer.ts';
import { eventRanges, type WallRange } from './disk-check.ts';
import { faultOf, reasonAt } from './fault-of.ts';
import { JobJournal } from './job-journal.ts';
import { type LeaseKeeper, LeaseLost } from './lease-keeper.ts';
import { ProgressTeller } from './progress-teller.ts';
import { resolveUpload, withProcessing } from './resolve-upload.ts';
import type { RestingLocations } from './resting-locations.ts';
import { makeJobFolder } from './spool.ts';

/** The node stops: what is not done yet is handed back. */
export class NodeStopping extends Error {}

export interface JobTools {
	db: Db;
	log: Logger;
	leases: LeaseKeeper;
	/** Of this node. */
	commits: CommitJournal;
	files: AttemptFiles;
	rests: RestingLocations;
	store: SegmentStore;
	ffmpeg: string;
	ffprobe: string;
	/** Holds cut files on their way to locations that are not a folder. */
	spoolFolder: string;
	maxAttempts: number;
	node: string;
	observer?: CutterObserver | undefined;
}

/** A claimed event: to be cut, uploaded, and told. */
export interface Job {
	event: EventRow;
	lease: string;
	location: CutterLocation;
	/** Aborted with LeaseLost or NodeStopping. */
	abort: AbortController;
}

/** What a job has come to, and where it says so. */
interface Progress {
	journal: JobJournal;
	session?: UploadSession;
	finalizing: boolean;
}

/** A row is left alone for so long when the database could not do what it was asked for. */
const DATABASE_PAUSE_SECONDS = 10;

/**
 * Does one claimed event from the cut to the link, and tells the row what came of it, whatever comes. Never rejects.
 * Before each step that others can see the lease is asked for; with a lost lease nothing is changed any more.
 */
export async function runJob(job: Job, tools: JobTools): Promise<void> {
	const { event, lease, location } = job;
	const log = tools.log.child({ event: event.id, lease, location: location.upload.name });
	const progress: Progress = { journal: new JobJournal(tools.db, lease, log), finalizing: false };
	let outcome: JobOutcome = 'published';
	try {
		await cutAndUpload(job, tools, log, progress);
	} catch (error) {
		outcome = await giveUp(job, tools, progress, error);
	} finally {
		if (progress.session) tools.files.ended(progress.session.attempt);
	}
	tools.observer?.ended(outcome, location.upload.name);
}

async function cutAndUpload(
	{ event, lease, location, abort }: Job,
	tools: JobTools,
	log: Logger,
	progress: Progress,
): Promise<void> {
	const { db } = tools;
	const { journal } = progress;
	const { upload, mode, container, fullArguments } = location;
	const video = publishedText(event);
	const ranges = eventRanges(event);
	const transitions = event.video_transitions ?? undefined;
	const left = event.upload_session as UploadSession | null;
	if (left?.kind === upload.kind) {
		// An attempt that ended before its commit. What it left is of no use to anybody, and could only be published late.
		await upload.discard(left).catch((error) => log.debug({ err: error }, 'Could not clear it away'));
		journal.info(`Cleared away what attempt ${left.attempt} left`);
	}
	const session = await upload.begin(video);
	demandLease(await storeUploadSession(db, lease, session));
	progress.session = session;
	const spool =
		upload.spoolFile(session) ??
		join(await makeJobFolder(tools.spoolFolder), `video${fileEnding(container)}`);
	try {
		await tools.files.begins(session.attempt, [spool, streamBeside(spool)], (sentence) =>
			journal.warn(sentence),
		);
		journal.info(`${tools.node} begins to cut ${describe(ranges)} (${mode}, ${container})`);
		const { ffmpeg, ffprobe, store } = tools;
		const teller = new ProgressTeller(db, lease, log);
		const seconds = lengthOf(ranges, transitions);
		const began = performance.now();
		const report = await makeVideo(
			{
				store,
				ranges,
				transitions,
				allowHoles: event.allow_holes,
				mode,
				container,
				metadata: {
					title: video.title,
					description: video.description,
					date: ranges[0]!.start.toISOString(),
				},
				...(fullArguments && { fullArguments }),
			},
			spool,
			{
				...{ ffmpeg, ffprobe, log, signal: abort.signal },
				onProgress: (stage, fraction) => teller.made(stage, fraction, seconds),
			},
		);
		tools.observer?.cut(mode, seconds, (performance.now() - began) / 1000);
		for (const note of report.notes) journal.warn(note);
		journal.info(`Cut ${report.pictures} pictures (${report.modeUsed})`, report.timings);
		teller.begins('uploading');
		await upload.send(session, spool, abort.signal, (bytes, size) => teller.sent(bytes, size));
		abort.signal.throwIfAborted();
		journal.info(`Sent to upload location "${upload.name}"`);
		teller.begins('publishing');
		demandLease(await finalizeEvent(db, lease, tools.commits.server));
		await tools.commits.begins({ event: event.id, location: event.upload_location, session, video });
		progress.finalizing = true;
		await tools.leases.beforeCommit(lease);
		const publication = await upload.commit(session, video, spool);
		await tools.commits.published(session.attempt, publication);
		tools.rests.works(event.upload_location);
		demandLease(await completeEvent(db, lease, withProcessing(publication, upload)));
		journal.info(`Published as ${publication.link}`);
	} finally {
		if (!upload.spoolFile(session)) await rm(join(spool, '..'), { recursive: true, force: true });
	}
}

/** Sends the row where it belongs after an error, and clears away what surely was not committed. */
async function giveUp(
	{ event, lease, location: { upload }, abort }: Job,
	tools: JobTools,
	{ journal, session, finalizing }: Progress,
	error: unknown,
): Promise<JobOutcome> {
	const { db } = tools;
	const cause = abort.signal.aborted ? abort.signal.reason : await reasonAt(upload, error);
	const sentence = cause instanceof Error ? cause.message : String(cause);
	try {
		if (session && finalizing) {
			// The commit may or may not have happened. Without a lease whoever adopts the row asks.
			journal.error('The commit did not end well; asking the location what became of it', cause);
			const fault = faultOf(cause);
			if (fault === 'node') tools.rests.rest(event.upload_location, sentence);
			const blameless = fault === 'node' || fault === 'database' ? sentence : undefined;
			await resolveUpload({ event, lease, session, location: upload, blameless }, tools);
			return 'resolved';
		}
		if (session) await upload.discard(session);
		if (cause instanceof LeaseLost) {
			journal.warn(`Stopped: ${sentence}`);
			return 'lease_lost';
		}
		if (cause instanceof NodeStopping) {
			await handBackEvent(db, lease, `${tools.node} is stopping`);
			journal.info(`Handed back: ${tools.node} is stopping`);
			return 'handed_back';
		}
		if (cause instanceof QuotaError) {
			await postponeEvent(db, lease, sentence, cause.retryAfterSeconds);
			journal.warn(`Postponed by ${cause.retryAfterSeconds} s: ${sentence}`);
			return 'postponed';
		}
		const fault = faultOf(cause);
		if (fault === 'node') {
			const folder = (session && upload.spoolFile(session)) ?? tools.spoolFolder;
			const why = isDiskFull(cause)
				? `${sentence}, for ${folder}. Make room there, or let the node write there.`
				: sentence;
			tools.rests.rest(event.upload_location, why);
			// What could not be written down before the commit is FINALIZING by now.
			if (!(await handBackEvent(db, lease, why))) await postponeEvent(db, lease, why, 0);
			journal.error('Handed back, as another node may be able to', cause);
			return 'postponed';
		}
		if (fault === 'database') {
			await postponeEvent(db, lease, sentence, DATABASE_PAUSE_SECONDS);
			journal.error(`Postponed by ${DATABASE_PAUSE_SECONDS} s`, cause);
			return 'postponed';
		}
		if (fault === 'passing') {
			const state = await retryEvent(db, lease, sentence, tools.maxAttempts);
			journal.error(state === 'EDITED' ? 'Will be tried again' : 'Given up', cause);
			return state === 'EDITED' ? 'retried' : 'failed';
		}
		await failEvent(db, lease, sentence);
		journal.error('Failed; somebody must act', cause);
		return 'failed';
	} catch (lost) {
		// The lease runs out by itself, and the row goes back to EDITED.
		journal.error('Could not tell the database what became of the job', lost);
		return 'untold';
	}
}

function demandLease(held: boolean): void {
	if (!held) throw new LeaseLost('The lease is lost: it expired, or the row was cancelled.');
}

function describe(ranges: WallRange[]): string {
	return ranges.map(({ start, end }) => `${start.toISOString()} to ${end.toISOString()}`).join(', ');
}

/** How long the video is to be, in seconds: transitions show two ranges at once. */
function lengthOf(ranges: WallRange[], transitions: readonly Transition[] = []): number {
	const shown = ranges.reduce((sum, range) => sum + (range.end.getTime() - range.start.getTime()) / 1000, 0);
	return shown - transitions.reduce((sum, transition) => sum + (transition?.seconds ?? 0), 0);
}
