import { dateFromTicks } from '../../segments/ticks.ts';
import type { PlannedRun } from '../plan/planned-run.ts';
import type { Silence } from './audio-track.ts';

/**
 * Says in one sentence for each audio stream where the recording lacks sound. `silences`: of each run, of each of its
 * streams.
 */
export function noteSilences(
	runs: readonly { plan: Pick<PlannedRun, 'startWall'> }[],
	silences: readonly (readonly (readonly Silence[])[])[],
	note: (sentence: string) => void,
): void {
	const streams = Math.max(0, ...silences.map((run) => run.length));
	for (let stream = 0; stream < streams; stream++) {
		const found = runs.flatMap(({ plan }, run) =>
			(silences[run]?.[stream] ?? []).map(({ from, to }) => ({
				at: plan.startWall + from,
				length: to - from,
			})),
		);
		const first = found[0];
		if (first === undefined) continue;
		const seconds = found.reduce((sum, { length }) => sum + length, 0) / 90_000;
		const which = streams > 1 ? ` of audio stream ${stream + 1}` : '';
		const places = found.length > 1 ? ` in ${found.length} places, the first` : '';
		const at = dateFromTicks(first.at).toISOString();
		note(
			`The recording lacks ${seconds.toFixed(2)} s of sound${which}${places} at ${at}: it is silent there.`,
		);
	}
}
