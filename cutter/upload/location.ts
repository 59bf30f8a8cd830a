import type { LocationLimits } from '../../db/tables.ts';

/** What is told to a location about a video. */
export interface VideoText {
	title: string;
	description: string;
	/** Where the location knows tags. */
	tags?: readonly string[];
	/** Only for those who have the link, whatever the location is configured to do with others. */
	unlisted?: boolean;
}

/** Whatever a location needs to find out later what became of an upload. Stored in the row before a byte leaves. */
export interface UploadSession {
	kind: string;
	/** This attempt, of no other event and no other try: uploads are told apart by it. */
	attempt: string;
	/** Of the place that the session belongs to: who sees another one under the same name knows nothing. */
	identity: string;
	[detail: string]: unknown;
}

export interface Publication {
	link: string;
	/** The location's own id of the video. */
	videoId: string;
	/** What the location was told. */
	told: VideoText;
}

export type Resolution =
	| { outcome: 'committed'; publication: Publication }
	/** Surely not uploaded, and by now it cannot be any more. */
	| { outcome: 'absent' }
	| { outcome: 'unknown'; reason: string };

/**
 * Is told how many bytes of how many a location has been sent. After a resume it begins with what is there already; what an
 * interruption lost is told as fewer.
 */
export type OnSent = (sent: number, size: number) => void;

/**
 * A place that videos are published at. One file of this folder per kind.
 * The order of an upload: `begin`; its session is stored; the file is made at `spoolFile`; `send`; FINALIZING is stored;
 * `commit`. Whoever finds an upload abandoned in between asks `resolve`.
 */
export interface UploadLocation {
	readonly name: string;
	readonly kind: string;
	readonly limits: LocationLimits;
	/** Alike on two nodes if and only if they are configured alike. */
	readonly configHash: string;

	/** Plans an upload. Nothing of it can be seen at the location yet. */
	begin(video: VideoText): Promise<UploadSession>;
	/**
	 * Asks for something that has nothing to do with a video: rejects with LocationDown where the place cannot be reached now.
	 * Absent where it need not be reached.
	 */
	reach?(): Promise<void>;
	/** Where the file is to be written, or undefined when it may lie anywhere. */
	spoolFile(session: UploadSession): string | undefined;
	/** Sends all but the commit. `file` is complete. `onSent` is called at every turn: several times a second on a good line. */
	send(session: UploadSession, file: string, signal: AbortSignal, onSent?: OnSent): Promise<void>;
	/** Makes the video public. Atomic: afterwards it is there whole, or not at all. `file` is the one that was sent. */
	commit(session: UploadSession, video: VideoText, file: string): Promise<Publication>;
	/** What became of an upload. May be called by any node, at any time, while the old committer still runs. */
	resolve(session: UploadSession, video: VideoText): Promise<Resolution>;
	/** Clears away what an attempt left that surely was not committed. Never fails. */
	discard(session: UploadSession): Promise<void>;

	/**
	 * Tells the location what has changed about a published video since it was told `told`; what else people have set there
	 * stays. Absent where a video is only a file.
	 */
	update?(videoId: string, video: VideoText, told?: Partial<VideoText>): Promise<void>;
	/** Gives a published video its picture, a JPEG file; an earlier one is replaced. */
	setThumbnail?(videoId: string, file: string): Promise<void>;
	/** What the location has made of a published video so far. Absent where nothing is made of it. */
	processing?(videoId: string): Promise<Processing>;
}

/** What a location does with a video after it took it. `reason` is a sentence. */
export type Processing =
	| { state: 'processed' }
	| { state: 'processing' }
	/** It will not be shown; a person must act. */
	| { state: 'rejected'; reason: string };

/** An upload did not work, but may later: the row is tried again. The message is a sentence for people. */
export class UploadError extends Error {}

/**
 * Nothing can be uploaded from this node to the location for now, whatever the video: it is not there, or has no room. No
 * attempt of the row is used up; another node may be able to.
 */
export class LocationDown extends UploadError {}

/** A step of an upload that has nothing to do with the video: where it fails, the location is down for this node. */
export async function reaching<T>(step: Promise<T>): Promise<T> {
	return step.catch((error: unknown) => {
		const isOurs = error instanceof UploadError && !(error instanceof QuotaError);
		throw isOurs ? new LocationDown(error.message, { cause: error }) : error;
	});
}

/** The location takes nothing more for now. To be tried again after `retryAfterSeconds`; no attempt is used up by it. */
export class QuotaError extends UploadError {
	readonly retryAfterSeconds: number;

	constructor(sentence: string, retryAfterSeconds: number) {
		super(sentence);
		this.retryAfterSeconds = retryAfterSeconds;
	}
}
