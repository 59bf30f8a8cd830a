import type { CutterObserver } from './claim/cutter-observer.ts';
import type { SegmentStore } from './segments/store.ts';
import type { CutterLocation } from './upload/cutter-location.ts';

/** What a cutter node is and has. */
export interface CutterOptions {
	/** This node's name, unique among the nodes. */
	node: string;
	version: string;
	store: SegmentStore;
	/** By name. The name '' is the default location, for rows that name none. */
	locations: ReadonlyMap<string, CutterLocation>;
	/** Template images for thumbnails, by name: paths. */
	templates: Readonly<Record<string, string>>;
	ffmpeg: string;
	ffprobe: string;
	spoolFolder: string;
	/** Where this node keeps its journal of commits; it outlives restarts, and belongs to this node alone. */
	journalFolder: string;
	/** How many events are worked on at once. */
	concurrency: number;
	/** A lease lasts so long after its last extension. */
	leaseSeconds: number;
	/** What notifications miss is found after this long, give or take a quarter. */
	pollSeconds: number;
	/** When stopping, what runs may take so long to end before it is handed back. */
	stopSeconds: number;
	/** A row that failed so often becomes a person's matter. */
	maxAttempts: number;
	/** Told of what the node does. */
	observer?: CutterObserver;
}
