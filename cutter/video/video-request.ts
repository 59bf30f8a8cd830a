import type { CutReport, CutRequest, CutTools } from '../cut/cut.ts';
import type { Container } from '../upload/container.ts';
import type { VideoMetadata } from './remux.ts';

/**
 * How to make a video:
 * - `smart` copies what can be copied and re-encodes the edges;
 * - `full` re-encodes everything;
 * - `rough` copies whole segments: the ranges are widened to the bounds of the segments that they touch. A segment that does
 *   not begin with a keyframe to copy from is cut smartly there, so no picture is ever broken;
 * - `archive` copies whole segments into Matroska and re-encodes nothing, one file for each contiguous run.
 */
export type VideoMode = 'smart' | 'full' | 'rough' | 'archive';

/** What is being done: the stream is cut, then checked against its plan, and packed into its container. */
export type MakingStage = 'cutting' | 'checking' | 'packing';

export interface VideoTools extends Omit<CutTools, 'onProgress'> {
	/** How much of a stage is done, 0 to 1. */
	onProgress?: (stage: MakingStage, fraction: number) => void;
}

export interface VideoRequest extends Omit<CutRequest, 'mode'> {
	mode: VideoMode;
	/** Ignored by `archive`, which is Matroska. */
	container: Container;
	/** Stands in MP4 and Matroska files; MPEG-TS has no place for it. */
	metadata?: VideoMetadata;
}

export interface VideoReport extends Omit<CutReport, 'modeUsed'> {
	modeUsed: VideoMode;
	/** The file, or for an archive its files in playing order. */
	files: string[];
	/** Milliseconds. `pack` and `check` run side by side in part. */
	timings: { cut: number; check: number; pack: number };
}
