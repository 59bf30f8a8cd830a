import type { SegmentStore } from '../../cutter/segments/store.ts';
import { storeFolder } from '../../cutter/segments/store.ts';
import { type RecordingState, readRecordingState } from '../health/recording-state.ts';
import { type Finding, fine, hint, problem } from './finding.ts';

/** Segments of two seconds arrive some three seconds after they began. */
const FRESH_SECONDS = 15;

/** Whether something is recorded here, now, and without holes. */
export async function checkRecording(store: SegmentStore, now: Date): Promise<Omit<Finding, 'part'>[]> {
	const state = await readRecordingState(store, now);
	return recordingFindings(storeFolder(store), state);
}

/** What the state of a recording means. Pure. */
export function recordingFindings(folder: string, state: RecordingState): Omit<Finding, 'part'>[] {
	const { ageSeconds, holes, holeSeconds } = state;
	if (ageSeconds === undefined) {
		return [
			hint(
				`Nothing is recorded in ${folder}. If this node is to cut, correct cutter.segments or start: cutsheet record`,
			),
		];
	}
	const findings: Omit<Finding, 'part'>[] = [];
	if (ageSeconds < -FRESH_SECONDS) {
		findings.push(
			problem(
				`The newest segment in ${folder} lies ${duration(-ageSeconds)} in the future. Set the recorder's clock.`,
			),
		);
	} else if (ageSeconds > FRESH_SECONDS) {
		findings.push(
			hint(
				`The newest segment in ${folder} ended ${duration(ageSeconds)} ago. If the stream runs, the recorder does not.`,
			),
		);
	} else
		findings.push(fine(`The newest segment in ${folder} ended ${duration(Math.max(0, ageSeconds))} ago.`));
	findings.push(
		holes === 0
			? fine('The last hour of the recording has no holes.')
			: hint(
					`The last hour of the recording has ${holes} holes, ${holeSeconds.toFixed(1)} s in all. See them with: cutsheet coverage`,
				),
	);
	return findings;
}

function duration(seconds: number): string {
	if (seconds < 120) return `${seconds.toFixed(0)} s`;
	if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
	return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} days`;
}
