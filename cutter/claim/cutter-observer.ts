import type { VideoMode } from '../video/video-request.ts';

/** What became of a job. */
export type JobOutcome =
	| 'published'
	/** Back to EDITED, to be tried again. */
	| 'retried'
	/** To UNEDITED, for a person: it failed too often, or in a way that trying again does not mend. */
	| 'failed'
	/** The location takes nothing for now, or nothing from this node. */
	| 'postponed'
	/** The node was told to stop. */
	| 'handed_back'
	| 'lease_lost'
	/** The commit did not end well; the location was asked what became of it. */
	| 'resolved'
	/** The database could not be told. */
	| 'untold';

/** Told of what a cutter does, for whoever counts. Calls return at once and do not throw. */
export interface CutterObserver {
	/** The connection for notifications is there, or gone. */
	listening(connected: boolean): void;
	/** The database answered a poll. */
	polled(): void;
	/** What is wrong with the node's own folders, as sentences; none: they can be written to. */
	troubled(troubles: readonly string[]): void;
	/** Abandoned events went back to EDITED. */
	leasesExpired(count: number): void;
	claimed(): void;
	/** `videoSeconds` of video were made in `seconds`. */
	cut(mode: VideoMode, videoSeconds: number, seconds: number): void;
	/** `location`: its name. */
	ended(outcome: JobOutcome, location: string): void;
}
