import { BOUND_TOLERANCE } from './plan.ts';
import { XFADE_KINDS } from './xfade-kinds.ts';

/** How two ranges are joined: `null` is a hard cut, else a cross-fade of ffmpeg's `kind` over `seconds`. */
export type Transition = { readonly kind: string; readonly seconds: number } | null;

/** A transition that cannot be made as it was asked for. The message is a sentence for people. */
export class TransitionError extends Error {
	override name = 'TransitionError';
}

/** The length of a transition in ticks. */
export function transitionTicks(transition: Transition): number {
	return transition === null ? 0 : Math.round(transition.seconds * 90_000);
}

/**
 * What is wrong with the transitions between ranges of these lengths (ticks), as a sentence; undefined when nothing is.
 * There must be one for each join, of a kind that we know, and what two of them take of one range must be in it.
 */
export function transitionsProblem(
	lengths: readonly number[],
	transitions: readonly Transition[],
): string | undefined {
	if (transitions.length !== lengths.length - 1)
		return `There must be one transition for each of the ${lengths.length - 1} joins between two ranges, not ${transitions.length}.`;
	for (const transition of transitions) {
		if (transition === null) continue;
		const { kind, seconds } = transition;
		if (!XFADE_KINDS.has(kind))
			return `There is no transition of the kind "${kind}". There are: ${[...XFADE_KINDS].join(', ')}.`;
		if (!(Number.isFinite(seconds) && transitionTicks(transition) > 0))
			return `A transition must last longer than ${seconds} s.`;
	}
	for (const [number, length] of lengths.entries()) {
		const needed =
			transitionTicks(transitions[number - 1] ?? null) + transitionTicks(transitions[number] ?? null);
		if (needed > length)
			return `Range ${number + 1} lasts ${length / 90_000} s, less than the transitions at its two ends need (${needed / 90_000} s).`;
	}
	return undefined;
}

/** Which pictures of two ranges are shown together. */
export interface Overlap {
	/** The picture of the first range, by its number, with which the blend begins; it goes on to the last. */
	from: number;
	/** How many pictures the blend has: as many as the first range has from there on. */
	pictures: number;
	/** How many pictures of the second range are in it. Equal to `pictures`, unless the rates of the two differ. */
	partners: number;
}

/**
 * Chooses the pictures of a blend that lasts `length` (ticks). `before` are the wall times of the pictures of the first
 * range (or the last of them), which ends at `end`; `after` those of the second (or the first of them), which begins at
 * `start`. The blend is shown at the times that the first range's pictures have. The n-th of them meets the n-th of the
 * second range. Where the number of pictures within the length differs by more than the rounding of its ends (another rate,
 * or a variable one), those of the second range are spread evenly instead.
 *
 * Undefined when the length holds no picture.
 */
export function overlapOf(
	before: readonly number[],
	end: number,
	after: readonly number[],
	start: number,
	length: number,
): Overlap | undefined {
	const found = before.findIndex((wall) => wall >= end - length - BOUND_TOLERANCE);
	if (found === -1) return undefined;
	const pictures = before.length - found;
	const within = after.filter((wall) => wall < start + length - BOUND_TOLERANCE).length;
	const partners = Math.abs(within - pictures) <= 1 ? Math.min(pictures, after.length) : within;
	return partners === 0 ? undefined : { from: found, pictures, partners };
}
