import { isConnectionLost, isPassingTrouble } from '../../db/connect.ts';
import { HoleError } from '../cut/cut.ts';
import { FfmpegStoppedError, FfmpegUnableError } from '../cut/encode/ffmpeg.ts';
import { SegmentError } from '../cut/source/segment-file.ts';
import { LocationDown, UploadError, type UploadLocation } from '../upload/location.ts';
import { isDiskDown, isOutOfResources } from '../upload/system-errors.ts';
import { Interrupted } from '../upload/try-again.ts';
import { JournalError } from './commit-journal.ts';

/**
 * Whose fault it is that a job failed, by its error.
 * - `node`: the row is fine, and another node may be able to do what this one cannot now: that uses up no attempt.
 * - `database`: it could not do at that moment what it was asked for, whatever the row: that uses up no attempt either.
 * - `passing`: locations, disks and databases recover; segments that vanished make the row wait. It may as well be the row that
 *   brings it about, such as a video that its location chokes on: that uses up an attempt.
 * - `row`: a stream that cannot be cut stays so.
 */
export type Fault = 'node' | 'database' | 'passing' | 'row';

/** Tells whose fault an error of a job is. */
export function faultOf(error: unknown): Fault {
	if (error instanceof LocationDown || error instanceof FfmpegUnableError || error instanceof JournalError)
		return 'node';
	// What the system says of one segment is no word about the others: with a bad sector in it, a row must not be tried for ever.
	if (error instanceof SegmentError)
		return isOutOfResources(error.cause) ? 'node' : errorOfSystem(error.cause);
	if (isDiskDown(error)) return 'node';
	if (isPassingTrouble(error) || isConnectionLost(error)) return 'database';
	const passes =
		error instanceof UploadError || error instanceof HoleError || error instanceof FfmpegStoppedError;
	return passes ? 'passing' : errorOfSystem(error);
}

/** Errors of the system and of the database have codes, and are of the moment. */
function errorOfSystem(error: unknown): Fault {
	return error instanceof Error && 'code' in error ? 'passing' : 'row';
}

/**
 * Why an error came about at a location, as far as that can be found out: of an exchange that broke off, a location that cannot
 * be reached at all is the reason; where it can be, it may be the video. Never rejects.
 */
export async function reasonAt(location: Pick<UploadLocation, 'reach'>, error: unknown): Promise<unknown> {
	if (!(error instanceof Interrupted) || !location.reach) return error;
	return location.reach().then(
		() => error,
		(reason: unknown) => reason,
	);
}
