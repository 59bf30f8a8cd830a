import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { EventRow } from '../../db/tables.ts';
import type { Candidate } from '../../db/transitions/claim.ts';
import type { BestSequence, Hole } from '../segments/best-sequence.ts';
import { formatHourFolder } from '../segments/name.ts';
import { findBestSequence, type SegmentStore, storeFolder } from '../segments/store.ts';
import { dateFromTicks, TICKS_PER_SECOND, ticksFromDate } from '../segments/ticks.ts';

const HOUR = 3600 * TICKS_PER_SECOND;

export interface WallRange {
	start: Date;
	end: Date;
}

/** The ranges of an event in playing order. It has edit inputs. */
export function eventRanges(
	event: Pick<EventRow, 'video_start' | 'video_end' | 'video_ranges'>,
): WallRange[] {
	if (event.video_ranges) {
		return event.video_ranges.map((range) => ({ start: new Date(range.start), end: new Date(range.end) }));
	}
	return [{ start: event.video_start!, end: event.video_end! }];
}

/**
 * Why this node's disk does not hold what an event needs, as a sentence, or undefined when it does. With allow_holes a
 * range may lack a part, but never everything. A disk that cannot be read lacks everything, and the sentence says why.
 */
export async function missingSegments(
	event: Candidate,
	store: SegmentStore,
	node: string,
): Promise<string | undefined> {
	const lacking: string[] = [];
	for (const range of eventRanges(event)) {
		const start = ticksFromDate(range.start);
		const end = ticksFromDate(range.end);
		let found: BestSequence;
		try {
			found = await findBestSequence(store, start, end);
		} catch (error) {
			return `Waits for segments: ${node} cannot read its disk: ${(error as Error).message}.`;
		}
		const { segments, holes } = found;
		if (segments.length === 0) {
			lacking.push(`everything from ${describe({ start, end })}`);
		} else if (!event.allow_holes) {
			lacking.push(...holes.map(describe));
		}
	}
	if (lacking.length === 0) return undefined;
	const listed = lacking.length > 5 ? [...lacking.slice(0, 5), `${lacking.length - 5} more`] : lacking;
	return `Waits for segments: ${node} lacks ${listed.join(', ')}.${event.allow_holes ? '' : ' Set “Allow holes” to cut it without them.'}`;
}

/** Changes whenever a segment that a range may need comes or goes: the times of its hour folders. */
export async function diskFingerprint(event: Candidate, store: SegmentStore): Promise<string> {
	const folder = storeFolder(store);
	const ranges = eventRanges(event).map(({ start, end }) => ({
		// Segments may reach over the hour: the one before counts too.
		first: formatHourFolder(Math.max(0, ticksFromDate(start) - HOUR)),
		last: formatHourFolder(ticksFromDate(end)),
	}));
	// What is there is listed, and not each hour asked for: somebody may mistype a year.
	const there = await readdir(folder).catch(() => []);
	// Names of hours sort as the hours do.
	const needed = there
		.filter((hour) => ranges.some(({ first, last }) => first <= hour && hour <= last))
		.sort();
	const times = needed.map(async (hour) => {
		const found = await stat(join(folder, hour)).catch(() => undefined);
		return `${hour} ${found?.mtimeMs ?? 0}`;
	});
	return (await Promise.all(times)).join(' ');
}

function describe(hole: Hole): string {
	const [start, end] = [hole.start, hole.end].map((ticks) => dateFromTicks(ticks).toISOString());
	return `${((hole.end - hole.start) / TICKS_PER_SECOND).toFixed(3)} s (${start} to ${end})`;
}
