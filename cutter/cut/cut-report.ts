import { dateFromTicks } from '../segments/ticks.ts';
import type { PlannedSource } from './plan/prepare.ts';

/** What has been made. */
export interface CutReport {
	pictures: number;
	/** Ticks of 90 kHz. */
	duration: number;
	modeUsed: 'smart' | 'full';
	/** Sentences for people: what was left out, what had to be re-encoded and why. */
	notes: string[];
	/**
	 * For each range: wall time of its first picture, and of the end of its last (to the millisecond). The pictures that
	 * a transition shows of two ranges at once count as those of the first, whose last `blended` ones they are.
	 */
	ranges: { start: Date; end: Date; pictures: number; blended: number; duration: number }[];
}

/** A run as it was made. */
export type MadeRun = PlannedSource & { pictures: number; duration: number };

/** Adds up what was made of `ranges` ranges. */
export function reportOf(
	ranges: number,
	made: readonly MadeRun[],
	{ modeUsed, notes }: Pick<CutReport, 'modeUsed' | 'notes'>,
): CutReport {
	const perRange = Array.from({ length: ranges }, (_, range) => {
		const parts = made.filter((part) => part.range === range);
		const blended = made.find(({ source }) => source.blend?.into === range)?.source.blend?.partner;
		return {
			start: dateFromTicks(blended?.start ?? parts[0]!.plan.startWall),
			end: dateFromTicks(parts.at(-1)?.plan.endWall ?? blended!.end),
			pictures: sum(parts.map((part) => part.pictures)),
			blended: sum(parts.map(({ source, pictures }) => (source.blend === undefined ? 0 : pictures))),
			duration: sum(parts.map((part) => part.duration)),
		};
	});
	return {
		pictures: sum(perRange.map((range) => range.pictures)),
		duration: sum(perRange.map((range) => range.duration)),
		modeUsed,
		notes,
		ranges: perRange,
	};
}

function sum(numbers: readonly number[]): number {
	return numbers.reduce((total, number) => total + number, 0);
}
