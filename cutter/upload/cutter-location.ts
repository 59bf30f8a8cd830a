import type { VideoMode } from '../video/video-request.ts';
import type { Container } from './container.ts';
import type { UploadLocation } from './location.ts';

/** An upload location as a cutter has it: the place, and how videos for it are made. */
export interface CutterLocation {
	upload: UploadLocation;
	mode: VideoMode;
	container: Container;
	/** ffmpeg's arguments for encoding, in mode `full`. */
	fullArguments?: string[];
}
