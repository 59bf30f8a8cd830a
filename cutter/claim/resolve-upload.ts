import type { Logger } from 'pino';
import { type Db, databaseSentence, isPassingTrouble } from '../../db/connect.ts';
import { publishedText } from '../../db/published-text.ts';
import type { EventRow } from '../../db/tables.ts';
import { completeEvent, leaveUnresolved, postponeEvent, retryEvent } from '../../db/transitions/leased.ts';
import type { Published } from '../../db/transitions/published.ts';
import type { Publication, UploadLocation, UploadSession } from '../upload/location.ts';
import { type CommitJournal, JournalError } from './commit-journal.ts';

/** How long to wait before a location that could not tell is asked again. */
const ASK_AGAIN_SECONDS = 60;

/**
 * Asks the location what became of the upload of a FINALIZING event on which we hold a lease, and tells the row:
 * UPLOADED with its link, EDITED when it surely was not uploaded, or FINALIZING with the reason for not knowing.
 * `blameless`: why the commit failed where that was surely not the row's fault: then no attempt is used up.
 */
export async function resolveUpload(
	job: {
		event: EventRow;
		lease: string;
		session: UploadSession;
		location: UploadLocation;
		blameless?: string | undefined;
	},
	tools: { db: Db; log: Logger; maxAttempts: number; commits: CommitJournal },
): Promise<void> {
	const { event, lease, session, location, blameless } = job;
	const log = tools.log.child({ event: event.id, lease, location: location.name });
	const video = publishedText(event);
	const resolution = await location.resolve(session, video).catch((error: Error) => ({
		outcome: 'unknown' as const,
		reason: error.message,
	}));
	switch (resolution.outcome) {
		case 'committed':
			try {
				await tools.commits.begins({ event: event.id, location: event.upload_location, session, video });
				await tools.commits.published(session.attempt, resolution.publication);
			} catch (error) {
				if (!(error instanceof JournalError)) throw error;
				const problem = `It is published as ${resolution.publication.link}, but that is not noted yet. ${error.message}`;
				if (!(await leaveUnresolved(tools.db, lease, problem, ASK_AGAIN_SECONDS))) return lost(log);
				return log.error(problem);
			}
			return complete(lease, withProcessing(resolution.publication, location), { ...tools, log });
		case 'absent':
			await tools.commits.absent(session.attempt);
			if (!(await again(lease, blameless, tools))) return lost(log);
			log.warn('The upload had not been committed; it is done again');
			return;
		case 'unknown':
			await leaveUnresolved(
				tools.db,
				lease,
				`It is not known whether this was uploaded: ${resolution.reason}`,
				ASK_AGAIN_SECONDS,
			);
			log.error({ reason: resolution.reason }, 'Nobody can tell yet whether the upload was committed');
	}
}

/** Sends the row back to EDITED, to be uploaded again. False when its lease is lost. */
async function again(
	lease: string,
	blameless: string | undefined,
	{ db, maxAttempts }: { db: Db; maxAttempts: number },
): Promise<boolean> {
	if (blameless !== undefined) return postponeEvent(db, lease, blameless, 0);
	return (await retryEvent(db, lease, 'the upload was not committed', maxAttempts)) !== undefined;
}

/** Tells the row that it is UPLOADED. Where a rule of the database refuses that, the row says so, and it is told again later. */
async function complete(
	lease: string,
	published: Published,
	{ db, log }: { db: Db; log: Logger },
): Promise<void> {
	const { link } = published;
	try {
		if (!(await completeEvent(db, lease, published))) return lost(log);
		log.info({ link }, 'The upload had been committed');
	} catch (error) {
		const refusal = databaseSentence(error);
		if (!refusal || isPassingTrouble(error)) throw error;
		const problem = `It is published as ${link}, but the database refuses to note that: ${refusal}`;
		await leaveUnresolved(db, lease, problem, ASK_AGAIN_SECONDS);
		log.error({ err: error }, problem);
	}
}

/** Whoever has the row now asks the location again. */
function lost(log: Logger): void {
	log.warn('The lease was lost before the row could be told what became of the upload');
}

/** What the row keeps of a publication: also that the location still works on the video, where it does. */
export function withProcessing(publication: Publication, location: UploadLocation) {
	const told = { ...publication.told, ...(location.processing && { processing: 'processing' }) };
	return { ...publication, told };
}
