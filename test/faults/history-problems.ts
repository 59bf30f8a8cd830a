import type { EventState } from '../../db/tables.ts';

/** A line of event_history. */
export interface HistoryLine {
	from_state: EventState | null;
	to_state: EventState;
	changes: Record<string, [unknown, unknown]>;
}

/** The design's table of transitions. */
export const LEGAL_STEPS: Record<EventState, EventState[]> = {
	UNEDITED: ['EDITED', 'UPLOADED'],
	EDITED: ['CLAIMED', 'UNEDITED'],
	CLAIMED: ['FINALIZING', 'EDITED', 'UNEDITED'],
	FINALIZING: ['UPLOADED', 'EDITED', 'UNEDITED'],
	UPLOADED: ['UNEDITED'],
};

/**
 * What is wrong with the history of an event, in order of time; nothing when it is the whole truth: each change begins
 * where the one before ended, each step is one of `legal`, and together they make `row` (as `public_columns` has it). Pure.
 */
export function historyProblems(
	history: readonly HistoryLine[],
	row: Record<string, unknown>,
	legal = LEGAL_STEPS,
): string[] {
	const problems: string[] = [];
	const columns: Record<string, unknown> = {};
	let state = null as EventState | null;
	for (const { from_state, to_state, changes } of history) {
		if (from_state !== state) problems.push(`a change begins in ${from_state}, and the state was ${state}`);
		if (state !== null && to_state !== state && !legal[state].includes(to_state))
			problems.push(`${state} → ${to_state}`);
		state = to_state;
		for (const [column, [before, after]] of Object.entries(changes)) {
			if (!same(before, columns[column]))
				problems.push(`${column} changed from ${text(before)}, and was ${text(columns[column])}`);
			columns[column] = after;
		}
	}
	for (const column of new Set([...Object.keys(columns), ...Object.keys(row)])) {
		if (!same(columns[column], row[column]))
			problems.push(`${column} is ${text(row[column])}, by its history ${text(columns[column])}`);
	}
	return problems;
}

function same(one: unknown, other: unknown): boolean {
	return text(one) === text(other);
}

/** jsonb keeps the keys of its objects in an order of its own, always the same. */
function text(value: unknown): string {
	return JSON.stringify(value ?? null);
}
