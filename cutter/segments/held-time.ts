import path from 'node:path';
import { JOIN_TOLERANCE } from './best-sequence.ts';
import { parseHourFolder, type Segment } from './name.ts';
import { entriesOf, statsOf } from './on-disk.ts';
import { listHour, type SegmentStore, storeFolder } from './store.ts';

/** A stretch of wall time, `[start, end)`, in 90 kHz ticks. */
export interface Stretch {
	readonly start: number;
	readonly end: number;
}

/** An hour folder that changed less than this (ms) ago may change again without its time of change telling. */
const SETTLED_MS = 2_000;

/**
 * What time a whole segment store holds, looked at again and again: an hour folder is only read when it has changed, so that
 * months that did not change cost a stat per hour.
 */
export class HeldTime {
	readonly #store: SegmentStore;
	#hours = new Map<string, { changedAt: number; stretches: readonly Stretch[] }>();

	constructor(store: SegmentStore) {
		this.#store = store;
	}

	/** The stretches without a hole, in order; none when there is no store yet. */
	async look(): Promise<Stretch[]> {
		const folder = storeFolder(this.#store);
		const names = (await entriesOf(folder)).map(({ name }) => name);
		const hours = new Map<string, { changedAt: number; stretches: readonly Stretch[] }>();
		const all: Stretch[] = [];
		for (const name of names.filter((one) => parseHourFolder(one) !== undefined).toSorted()) {
			const hour = path.join(folder, name);
			const changedAt = (await statsOf(hour))?.mtimeMs;
			if (changedAt === undefined) continue;
			const known = this.#hours.get(name);
			const isFresh = known?.changedAt === changedAt;
			const stretches = isFresh ? known.stretches : joined((await listHour(hour)).map(stretchOf));
			if (Date.now() - changedAt > SETTLED_MS) hours.set(name, { changedAt, stretches });
			all.push(...stretches);
		}
		this.#hours = hours;
		return joined(all);
	}
}

function stretchOf({ start, duration }: Segment): Stretch {
	return { start, end: start + duration };
}

/** Stretches as few as they can be: those that overlap, or lie no further apart than `gap` ticks, become one. */
export function joined(stretches: readonly Stretch[], gap = JOIN_TOLERANCE): Stretch[] {
	const result: Stretch[] = [];
	for (const one of stretches.toSorted((a, b) => a.start - b.start)) {
		const last = result.at(-1);
		if (last !== undefined && one.start - last.end <= gap)
			result[result.length - 1] = { start: last.start, end: Math.max(last.end, one.end) };
		else result.push(one);
	}
	return result;
}

/** At most `most` of them: the smallest holes between them are left out, where there are too many. */
export function coarse(stretches: readonly Stretch[], most: number): Stretch[] {
	const sorted = joined(stretches);
	if (sorted.length <= most) return sorted;
	const gaps = sorted.slice(1).map(({ start }, before) => start - sorted[before]!.end);
	const kept = gaps.toSorted((a, b) => b - a)[most - 1]!;
	return joined(sorted, kept);
}
