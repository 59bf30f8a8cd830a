import type { Run } from '../source/run.ts';
import { BOUND_TOLERANCE } from './plan.ts';
import type { RunToPlan } from './prepare.ts';
import { surveyRun } from './survey.ts';
import { type Overlap, overlapOf, type Transition, transitionTicks } from './transition-plan.ts';

/** Around a blend the pictures are listed so much further (1 s): its bounds lie between two of them. */
const MARGIN = 90_000;

/**
 * Puts the transitions into the runs of a cut. Where one stands between two ranges, the last run of the first range is
 * split: what is blended becomes a run of its own, to be re-encoded, which names its partner in the next range; and the
 * first run of that begins behind the partner. A run of which nothing is left is dropped.
 *
 * Where video is missing, so that a transition does not fit into what there is, the join becomes a hard cut, and `note`
 * is told so.
 */
export async function blendRuns(
	runs: readonly RunToPlan[],
	transitions: readonly Transition[],
	note: (sentence: string) => void,
): Promise<RunToPlan[]> {
	let blended = [...runs];
	for (const [range, transition] of transitions.entries()) {
		if (transition === null) continue;
		const last = blended.findLast((source) => source.range === range && source.blend === undefined);
		const first = blended.find((source) => source.range === range + 1);
		const parts = last && first && (await blendPair(last, first, transition));
		if (parts !== undefined)
			blended = blended.flatMap((source) =>
				source === last ? parts.before : source === first ? parts.after : [source],
			);
		else
			note(
				`The transition after range ${range + 1} became a hard cut: there is not enough video for ${transition.seconds} s of it.`,
			);
	}
	return blended;
}

async function blendPair(
	last: RunToPlan,
	first: RunToPlan,
	transition: NonNullable<Transition>,
): Promise<{ before: RunToPlan[]; after: RunToPlan[] } | undefined> {
	const length = transitionTicks(transition);
	const { run: a } = last;
	const { run: b } = first;
	if (Math.min(a.end - a.start, b.end - b.start) < length - BOUND_TOLERANCE) return undefined;
	const before = await wallsOf({ ...a, start: Math.max(a.start, a.end - length - MARGIN) });
	const after = await wallsOf({ ...b, end: Math.min(b.end, b.start + length + MARGIN) });
	const overlap = overlapOf(before, a.end, after, b.start, length);
	if (overlap === undefined) return undefined;
	return split(last, first, transition.kind, { before, after, overlap });
}

function split(
	last: RunToPlan,
	first: RunToPlan,
	kind: string,
	{ before, after, overlap }: { before: readonly number[]; after: readonly number[]; overlap: Overlap },
): { before: RunToPlan[]; after: RunToPlan[] } {
	const { from, pictures, partners } = overlap;
	const begin = before[from]!;
	// The pictures after it are listed further than the blend goes: no further one means that it takes all.
	const rest = after[partners];
	const partner = { ...first.run, start: after[0]!, end: rest ?? first.run.end };
	const blend = { kind, into: first.range, partner, pictures, partners };
	return {
		before: [
			...(from > 0 ? [{ ...last, run: { ...last.run, end: begin } }] : []),
			{ range: last.range, run: { ...last.run, start: begin }, copy: false, blend },
		],
		after: rest === undefined ? [] : [{ ...first, run: { ...first.run, start: rest } }],
	};
}

/** The wall times of the run's pictures in the order of showing; none when they cannot be decoded. */
async function wallsOf(run: Run): Promise<readonly number[]> {
	const plan = await surveyRun(run, { copy: false, isFirst: true, times: 'walls' });
	return plan === undefined || 'decodable' in plan ? [] : (plan.tail?.walls ?? []);
}
