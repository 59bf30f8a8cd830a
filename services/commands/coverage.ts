import type { Command } from 'commander';
import type { Hole } from '../../cutter/segments/best-sequence.ts';
import { findBestSequence, storeFolder } from '../../cutter/segments/store.ts';
import { dateFromTicks, TICKS_PER_SECOND, ticksFromDate } from '../../cutter/segments/ticks.ts';
import { EXIT, UsageError } from '../exit-codes.ts';
import { chosenStore, parseTime, type StoreOptions, withStore } from './arguments.ts';

interface CoverageOptions extends StoreOptions {
	start: Date;
	end: Date;
	json?: true;
}

/** `cutsheet coverage`: holes between two times. */
export function define(command: Command): void {
	withStore(command)
		.description('Show the holes in the recording between two times. Exit code 0 without a hole, 3 with one.')
		.requiredOption('--start <time>', 'from when on, e.g. 2026-05-01T12:00:00Z', parseTime)
		.requiredOption('--end <time>', 'up to when', parseTime)
		.option('--json', 'print JSON instead of text')
		.action(coverage);
}

async function coverage(options: CoverageOptions): Promise<void> {
	if (options.start >= options.end) throw new UsageError('--start must be before --end.');
	const store = await chosenStore(options);
	const [start, end] = [ticksFromDate(options.start), ticksFromDate(options.end)];
	const { segments, holes } = await findBestSequence(store, start, end);
	const missing = holes.reduce((sum, hole) => sum + hole.end - hole.start, 0);
	if (options.json) {
		const report = {
			store,
			start: options.start,
			end: options.end,
			segments: segments.length,
			covered_seconds: round((end - start - missing) / TICKS_PER_SECOND),
			holes: holes.map((hole) => ({
				start: dateFromTicks(hole.start),
				end: dateFromTicks(hole.end),
				seconds: round((hole.end - hole.start) / TICKS_PER_SECOND),
			})),
		};
		console.log(JSON.stringify(report, undefined, 2));
	} else {
		const percent = (100 * (end - start - missing)) / (end - start);
		console.log(`${storeFolder(store)}, ${options.start.toISOString()} to ${options.end.toISOString()}:`);
		// Rounded down: 100 % is said only of what is whole.
		console.log(`${segments.length} segments cover ${(Math.floor(percent * 100) / 100).toFixed(2)} %.`);
		for (const hole of holes) console.log(describe(hole));
		if (holes.length === 0) console.log('No holes.');
	}
	if (holes.length > 0) process.exitCode = EXIT.refused;
}

function describe(hole: Hole): string {
	const at = dateFromTicks(hole.start).toISOString();
	if (hole.start === hole.end)
		return `Hole at ${at}: the segment before is incomplete; how much it lacks is not known.`;
	const seconds = ((hole.end - hole.start) / TICKS_PER_SECOND).toFixed(3);
	return `Hole of ${seconds} s: ${at} to ${dateFromTicks(hole.end).toISOString()}.`;
}

function round(seconds: number): number {
	return Math.round(seconds * 1000) / 1000;
}
