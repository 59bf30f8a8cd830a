import { bestSequence } from '../../cutter/segments/best-sequence.ts';
import { parseHourFolder, type Segment } from '../../cutter/segments/name.ts';
import { entriesOf } from '../../cutter/segments/on-disk.ts';
import { findSegments, type SegmentStore, storeFolder } from '../../cutter/segments/store.ts';
import { TICKS_PER_SECOND, ticksFromDate } from '../../cutter/segments/ticks.ts';

/** How the recording in a store is, at its end. */
export interface RecordingState {
	/** Seconds from the end of the newest segment until now; undefined when there is none. */
	ageSeconds: number | undefined;
	/** Holes in the last hour of what is recorded, from its first segment to its last one. */
	holes: number;
	holeSeconds: number;
}

const HOUR = 3600 * TICKS_PER_SECOND;

/** Looks at the newest hours on disk. @throws when the store's folder cannot be read; one that is not there is empty. */
export async function readRecordingState(store: SegmentStore, now: Date): Promise<RecordingState> {
	const entries = await entriesOf(storeFolder(store));
	const hours = entries.flatMap(({ name }) => parseHourFolder(name) ?? []).toSorted((a, b) => b - a);
	for (const hour of hours) {
		// The folder before is read too. An hour may be empty: its segments may have been cleared away, or not come yet.
		const segments = await findSegments(store, hour, hour + 2 * HOUR);
		const end = Math.max(...segments.map(endOf));
		if (segments.length === 0) continue;
		const lastHour = await findSegments(store, end - HOUR, end);
		const start = Math.max(end - HOUR, lastHour[0]?.start ?? end);
		const { holes } = bestSequence(lastHour, start, end);
		// A partial segment at the very end: the recorder was stopped, nothing is missing.
		const within = holes.filter((hole) => hole.start < end);
		return {
			ageSeconds: (ticksFromDate(now) - end) / TICKS_PER_SECOND,
			holes: within.length,
			holeSeconds: within.reduce((sum, hole) => sum + hole.end - hole.start, 0) / TICKS_PER_SECOND,
		};
	}
	return { ageSeconds: undefined, holes: 0, holeSeconds: 0 };
}

function endOf({ start, duration }: Segment): number {
	return start + duration;
}
