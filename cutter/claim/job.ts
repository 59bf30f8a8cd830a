import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Db } from '../../db/connect.ts';
import type { EventRow } from '../../db/tables.ts';
import {
	completeEvent,
	failEvent,
	finalizeEvent,
	handBackEvent,
	reportProgress,
	retryEvent,
	storeUploadSession,
} from '../../db/transitions/leased.ts';
import { cut, HoleError } from '../cut/cut.ts';
import type { SegmentStore } from '../segments/store.ts';
import { UploadError, type UploadLocation, type UploadSession } from '../upload/location.ts';
import { eventRanges, type WallRange } from './disk-check.ts';
import { JobJournal } from './job-journal.ts';
import { type LeaseKeeper, LeaseLost } from './lease-keeper.ts';
import { resolveUpload } from './resolve-upload.ts';

/** The node stops: what is not done yet is handed back. */
export class NodeStopping extends Error {}

export interface JobTools {
	db: Db;
	log: Logger;
	leases: LeaseKeeper;
	store: SegmentStore;
	ffmpeg: string;
	ffprobe: string;
	/** How to cut for a location; fullArguments are for ffmpeg's encoders. */
	mode: 'smart' | 'full';
	fullArguments?: string[];
	/** Holds cut files on their way to locations that are not a folder. */
	spoolFolder: string;
	maxAttempts: number;
	node: string;
}

/** A claimed event: to be cut, uploaded, and told. */
export interface Job {
	event: EventRow;
	lease: string;
	location: UploadLocation;
	/** Aborted with LeaseLost or NodeStopping. */
	abort: AbortController;
}

/** What a job has come to, and where it says so. */
interface Progress {
	journal: JobJournal;
	session?: UploadSession;
	finalizing: boolean;
}

const PROGRESS_EVERY_MS = 2_000;

/**
 * Does one claimed event from the cut to the link, and tells the row what came of it, whatever comes. Never rejects.
 * Before each step that others can see the lease is asked for; with a lost lease nothing is changed any more.
 */
export async function runJob(job: Job, tools: JobTools): Promise<void> {
	const { event, lease, location } = job;
	const log = tools.log.child({ event: event.id, lease, location: location.name });
	const progress: Progress = { journal: new JobJournal(tools.db, lease, log), finalizing: false };
	try {
		await cutAndUpload(job, tools, log, progress);
	} catch (error) {
		await giveUp(job, tools, progress, error);
	}
}

async function cutAndUpload(
	{ event, lease, location, abort }: Job,
	tools: JobTools,
	log: Logger,
	progress: Progress,
): Promise<void> {
	const { db } = tools;
	const { journal } = progress;
	const video = { title: event.video_title!, description: event.video_description! };
	const ranges = eventRanges(event);
	if (event.video_transitions?.some((transition) => transition !== null)) {
		throw new Error('This cutter joins ranges by hard cuts only: take the transitions out, or upgrade it.');
	}

	const session = await location.begin(video);
	demandLease(await storeUploadSession(db, lease, session));
	progress.session = session;
	const spool =
		location.spoolFile(session) ?? join(await mkdtemp(join(tools.spoolFolder, 'cut-')), 'video.ts');
	try {
		journal.info(`${tools.node} begins to cut ${describe(ranges)} (${tools.mode})`);
		const report = await cut(
			{
				store: tools.store,
				ranges,
				allowHoles: event.allow_holes,
				mode: tools.mode,
				...(tools.fullArguments && { fullArguments: tools.fullArguments }),
			},
			spool,
			{
				ffmpeg: tools.ffmpeg,
				ffprobe: tools.ffprobe,
				log,
				signal: abort.signal,
				onProgress: progressReporter(db, lease, lengthOf(ranges), log),
			},
		);
		for (const note of report.notes) journal.warn(note);
		journal.info(`Cut ${report.pictures} pictures (${report.modeUsed})`);
		await reportProgress(db, lease, { stage: 'uploading', percent: 100 });
		await location.send(session, spool, abort.signal);
		abort.signal.throwIfAborted();
		journal.info(`Sent to upload location "${location.name}"`);
		demandLease(await finalizeEvent(db, lease));
		progress.finalizing = true;
		await tools.leases.beforeCommit(lease);
		const publication = await location.commit(session, video, spool);
		demandLease(await completeEvent(db, lease, publication));
		journal.info(`Published as ${publication.link}`);
	} finally {
		if (!location.spoolFile(session)) await rm(join(spool, '..'), { recursive: true, force: true });
	}
}

/** Sends the row where it belongs after an error, and clears away what surely was not committed. */
async function giveUp(
	{ event, lease, location, abort }: Job,
	tools: JobTools,
	{ journal, session, finalizing }: Progress,
	error: unknown,
): Promise<void> {
	const { db } = tools;
	const cause = abort.signal.aborted ? abort.signal.reason : error;
	const sentence = cause instanceof Error ? cause.message : String(cause);
	try {
		if (session && finalizing) {
			// The commit may or may not have happened. Without a lease whoever adopts the row asks.
			journal.error('The commit did not end well; asking the location what became of it', cause);
			await resolveUpload({ event, lease, session, location }, tools);
			return;
		}
		if (session) await location.discard(session);
		if (cause instanceof LeaseLost) {
			journal.warn(`Stopped: ${sentence}`);
		} else if (cause instanceof NodeStopping) {
			await handBackEvent(db, lease, `${tools.node} is stopping`);
			journal.info(`Handed back: ${tools.node} is stopping`);
		} else if (isRetryable(cause)) {
			const state = await retryEvent(db, lease, sentence, tools.maxAttempts);
			journal.error(state === 'EDITED' ? 'Will be tried again' : 'Given up', cause);
		} else {
			await failEvent(db, lease, sentence);
			journal.error('Failed; somebody must act', cause);
		}
	} catch (lost) {
		// The lease runs out by itself, and the row goes back to EDITED.
		journal.error('Could not tell the database what became of the job', lost);
	}
}

/** Locations and disks recover; segments that vanished make the row wait; a stream that cannot be cut stays so. */
function isRetryable(cause: unknown): boolean {
	return (
		cause instanceof UploadError || cause instanceof HoleError || (cause instanceof Error && 'code' in cause)
	);
}

function demandLease(held: boolean): void {
	if (!held) throw new LeaseLost('The lease is lost: it expired, or the row was cancelled.');
}

function describe(ranges: WallRange[]): string {
	return ranges.map(({ start, end }) => `${start.toISOString()} to ${end.toISOString()}`).join(', ');
}

function lengthOf(ranges: WallRange[]): number {
	return ranges.reduce((sum, range) => sum + (range.end.getTime() - range.start.getTime()) / 1000, 0);
}

/** Writes percent, speed and time left to the lease, at most every two seconds. `seconds`: length of the video. */
function progressReporter(db: Db, lease: string, seconds: number, log: Logger): (fraction: number) => void {
	const started = performance.now();
	let reported = started;
	return (fraction) => {
		const now = performance.now();
		if (now - reported < PROGRESS_EVERY_MS || fraction <= 0) return;
		reported = now;
		const elapsed = (now - started) / 1000;
		reportProgress(db, lease, {
			stage: 'cutting',
			percent: Math.round(fraction * 1000) / 10,
			speed: Math.round(((fraction * seconds) / elapsed) * 10) / 10,
			seconds_left: Math.round((elapsed * (1 - fraction)) / fraction),
		}).catch((error) => log.debug({ err: error }, 'Could not report progress'));
	};
}
