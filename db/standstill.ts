import type { Progress } from './tables.ts';

/** No work is silent for so long (seconds), but for what follows. */
const USUAL_SECONDS = 300;

/**
 * Nothing is heard while a disk takes what it was given (fsync of a local upload, all of it sent), nor while ffmpeg moves an
 * MP4's index to the front, which writes the file anew: 18 GB at 10 MB/s, the slowest disk that one would publish from.
 */
const DISK_SECONDS = 1_800;

/** A commit: four tries with a minute of silence each, and S3 joins large uploads "for several minutes". */
const COMMIT_SECONDS = 600;

/**
 * Whether work under a lease stands still that last got further so long ago: it has been silent for longer than its stage
 * ever rightly is. `progress`: null while nothing has been told. Pure.
 */
export function standsStill(
	progress: Pick<Progress, 'stage' | 'percent'> | null,
	secondsSinceMoved: number,
): boolean {
	return secondsSinceMoved > patienceFor(progress);
}

function patienceFor(progress: Pick<Progress, 'stage' | 'percent'> | null): number {
	switch (progress?.stage) {
		case 'packing':
			return DISK_SECONDS;
		case 'uploading':
			return progress?.percent === 100 ? DISK_SECONDS : USUAL_SECONDS;
		case 'publishing':
			return COMMIT_SECONDS;
		default:
			return USUAL_SECONDS;
	}
}
