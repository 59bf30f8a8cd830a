import { HoleError, SegmentError, TransitionError } from '../../../cutter/cut/cut.ts';
import { FfmpegError } from '../../../cutter/cut/encode/ffmpeg.ts';
import { dateFromTicks } from '../../../cutter/segments/ticks.ts';
import { ThumbnailError } from '../../../cutter/thumbnail/make-thumbnail.ts';
import { VerificationError } from '../../../cutter/video/make-video.ts';
import { Problem } from '../problem.ts';

/** What went wrong as something was made, as an answer; what is not known is given back. `noVideo`: status of a ThumbnailError. */
export function explainMakingError(error: unknown, { noVideo = 400 } = {}): unknown {
	if (error instanceof ThumbnailError) return new Problem(noVideo, error.message);
	if (error instanceof TransitionError) return new Problem(400, error.message, { field: 'kind' });
	if (error instanceof HoleError) {
		const holes = error.holes.map(({ start, end }) => ({
			start: dateFromTicks(start),
			end: dateFromTicks(end),
		}));
		return new Problem(404, error.message, { holes });
	}
	if (error instanceof SegmentError || error instanceof VerificationError || error instanceof FfmpegError)
		return new Problem(500, error.message);
	return error;
}
