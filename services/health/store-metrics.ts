import { readdir } from 'node:fs/promises';
import { Gauge, type Registry } from 'prom-client';
import { parseHourFolder } from '../../cutter/segments/name.ts';
import { type SegmentStore, storeFolder } from '../../cutter/segments/store.ts';
import { cached } from './cached.ts';
import type { ReadinessCheck } from './health.ts';
import { type RecordingState, readRecordingState } from './recording-state.ts';

/** The disk is looked at this often at most (ms). */
const LOOK_MS = 5_000;

/** Tells how fresh and how whole the recording in a store is. */
export function addStoreMetrics(metrics: Registry, store: SegmentStore): void {
	const look = cached(LOOK_MS, () => readRecordingState(store, new Date()).catch(() => undefined));
	const labels = { channel: store.channel, quality: store.quality };
	const gauge = (name: string, help: string, value: (state: RecordingState) => number | undefined) =>
		new Gauge({
			name,
			help,
			labelNames: ['channel', 'quality'],
			registers: [metrics],
			async collect() {
				const state = await look();
				const told = state && value(state);
				if (told === undefined) this.reset();
				else this.set(labels, told);
			},
		});
	gauge(
		'cutsheet_segment_age_seconds',
		'Seconds from the end of the newest segment on this disk until now: some 2 to 5 while a recorder works.',
		(state) => state.ageSeconds,
	);
	gauge(
		'cutsheet_segment_holes',
		'Holes in the last hour of the recording on this disk.',
		(state) => state.holes,
	);
	gauge(
		'cutsheet_segment_hole_seconds',
		'Seconds missing in the last hour of the recording on this disk.',
		(state) => state.holeSeconds,
	);
}

/** The segment store can be read. One that is empty yet is fine. */
export function storeCheck(store: SegmentStore): ReadinessCheck {
	return async () => {
		const folder = storeFolder(store);
		try {
			const hours = (await readdir(folder)).filter((name) => parseHourFolder(name) !== undefined);
			return `The segment store ${folder} can be read; it has ${hours.length} hours.`;
		} catch (error) {
			if ((error as NodeJS.ErrnoException).code === 'ENOENT') return `Nothing is recorded in ${folder} yet.`;
			throw new Error(`The segment store cannot be read: ${(error as Error).message}.`, { cause: error });
		}
	};
}
