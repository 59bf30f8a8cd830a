import type { ServerMark } from '../../db/transitions/server-change.ts';
import type { Publication, UploadSession, VideoText } from '../upload/location.ts';

/** A commit that a node was about to make, or has made, or has found out about. */
export interface JournaledCommit {
	/** The event's id. */
	event: string;
	/** The name of the upload location in the event's row. */
	location: string;
	video: VideoText;
	session: UploadSession;
	/** Absent as long as the node does not know that the video was published. */
	publication?: Publication;
}

/** One line of a node's journal of commits. `at`: ISO 8601, by the node's clock. */
export type JournalLine = { at: string; server?: ServerMark } & (
	| { begins: JournaledCommit }
	| { published: string; publication: Publication }
	| { absent: string }
	| { server: ServerMark }
);

/** Reads the lines of the journal at `path`. What follows the last line break was cut off by a crash and never began. Pure. */
export function parseJournal(text: string, path: string): JournalLine[] {
	return text
		.split('\n')
		.slice(0, -1)
		.map((json, index) => {
			try {
				return JSON.parse(json) as JournalLine;
			} catch {
				throw new Error(
					`Line ${index + 1} of ${path} is damaged, so this node cannot tell what it has published. ` +
						'If the database was not put back to an earlier state, move that file away and start the node again.',
				);
			}
		});
}
