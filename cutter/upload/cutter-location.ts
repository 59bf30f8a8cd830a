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

/** Alike on two nodes if and only if they make and publish videos alike there. */
export function locationHash({ upload, mode, container }: CutterLocation): string {
	return `${upload.configHash} ${mode} ${container}`;
}
