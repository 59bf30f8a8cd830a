import { Counter } from 'prom-client';
import type { RecorderTools } from '../record/recorder.ts';
import type { Health } from './health.ts';

/** A recorder that has stored nothing for so long records nothing: segments are of some 2 s. */
const SILENT_SECONDS = 15;

export interface RecordObserver {
	segment: NonNullable<RecorderTools['onSegment']>;
	/** The input ended, or could not be opened, and is opened again. */
	reopened(): void;
}

/** Counts what a recorder does. */
export function recordMetrics(health: Health): RecordObserver {
	const registers = [health.metrics];
	const segments = new Counter({
		name: 'cutsheet_recorded_segments_total',
		help: 'Segments stored: full, suspect (damaged) or partial (broken off).',
		labelNames: ['type'],
		registers,
	});
	for (const type of ['full', 'suspect', 'partial']) segments.inc({ type }, 0);
	const seconds = new Counter({
		name: 'cutsheet_recorded_seconds_total',
		help: 'Seconds of video stored.',
		registers,
	});
	const restarts = new Counter({
		name: 'cutsheet_record_restarts_total',
		help: 'How often the input ended and was opened again.',
		registers,
	});
	let storedAt: number | undefined;
	health.needs('recording', () => {
		if (storedAt === undefined)
			throw new Error('Nothing has been recorded since the start. Does the stream run?');
		const silent = Math.round((performance.now() - storedAt) / 1000);
		if (silent > SILENT_SECONDS) {
			throw new Error(`Nothing has been recorded for ${silent} s. Does the stream still run?`);
		}
		return `The last segment was stored ${silent} s ago.`;
	});
	return {
		segment: ({ type, duration }) => {
			storedAt = performance.now();
			segments.inc({ type });
			seconds.inc(duration / 90_000);
		},
		reopened: () => restarts.inc(),
	};
}
