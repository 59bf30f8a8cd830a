import { type Edit, sameEdit } from './edit.ts';
import type { Working } from './edit-ranges.ts';

/** What was done, what was undone, and what the server has. */
export interface EditHistory {
	readonly present: Working;
	readonly past: readonly Working[];
	readonly future: readonly Working[];
	/** What one goes on with, as the last step: steps of one gesture become one. */
	readonly gesture: string | undefined;
	/** The edit as it was loaded or last submitted. */
	readonly base: Edit;
}

/** As many steps can be undone. */
const MOST_STEPS = 500;

/** A history that begins with what was loaded. `draft`: unsent work that was found, to go on with. */
export function beginHistory(base: Edit, draft?: Edit): EditHistory {
	const edit = draft ?? base;
	return { present: { edit, active: edit.ranges[0]!.key }, past: [], future: [], gesture: undefined, base };
}

/**
 * Takes a step. Steps with the same `gesture`, one after the other, are undone together: typing into one field, dragging
 * one handle. A change of the active range alone is no step.
 */
export function step(history: EditHistory, next: Working, gesture?: string): EditHistory {
	if (next.edit === history.present.edit || sameStep(next.edit, history.present.edit))
		return { ...history, present: next };
	const goesOn = gesture !== undefined && gesture === history.gesture && history.past.length > 0;
	const past = goesOn ? history.past : [...history.past, history.present].slice(-MOST_STEPS);
	return { ...history, present: next, past, future: [], gesture };
}

/** Ends a gesture: the next step is undone by itself, even if it is of the same kind. */
export function endGesture(history: EditHistory): EditHistory {
	return { ...history, gesture: undefined };
}

/** One step back; the same history when there is none. */
export function undo(history: EditHistory): EditHistory {
	const present = history.past.at(-1);
	if (present === undefined) return history;
	const future = [history.present, ...history.future];
	return { ...history, present, past: history.past.slice(0, -1), future, gesture: undefined };
}

/** One step forward again; the same history when there is none. */
export function redo(history: EditHistory): EditHistory {
	const [present, ...future] = history.future;
	if (present === undefined) return history;
	return { ...history, present, past: [...history.past, history.present], future, gesture: undefined };
}

/** Whether there is anything that the server's row does not say. */
export function isChanged({ present, base }: EditHistory): boolean {
	return !sameEdit(present.edit, base);
}

/** A title's key is no matter, but that of a range is: an undo must bring back the range that others know by its key. */
function sameStep(one: Edit, other: Edit): boolean {
	return (
		sameEdit(one, other) &&
		one.ranges.length === other.ranges.length &&
		one.ranges.every(
			(range, index) =>
				range.key === other.ranges[index]!.key && sameJoin(range.join, other.ranges[index]!.join),
		)
	);
}

function sameJoin(one: Edit['ranges'][number]['join'], other: Edit['ranges'][number]['join']): boolean {
	return one?.kind === other?.kind && one?.seconds === other?.seconds;
}
