/**
 * Rows that lost their id: somebody emptied or overtyped the cell, pasted the row without it, or sorted the worksheet
 * in the very moment in which a new id was written by its side. The event is still known, and so is what its row said.
 */

import { INPUT_COLUMNS } from './columns.ts';
import type { EventInputs, RowInputs } from './row-inputs.ts';
import type { RememberedRow } from './snapshot.ts';
import { sameInput } from './snapshot.ts';

/** Events whose rows vanished since the last cycle, each to be found once. */
export class LostRows {
	readonly #lost: Map<string, RememberedRow>;

	constructor(lost: readonly RememberedRow[]) {
		this.#lost = new Map(lost.map((row) => [row.id, row]));
	}

	/**
	 * The lost event to which a row without an id of its own belongs: the only one that last said exactly what this row
	 * says. It is not found again. A row that fits several belongs to none of them: better a new event than a wrong one.
	 */
	claim(row: RowInputs): string | undefined {
		const fitting = [...this.#lost.values()].filter(({ agreed }) => saysTheSame(row, agreed));
		const [only, second] = fitting;
		if (only === undefined || second !== undefined) return undefined;
		this.#lost.delete(only.id);
		return only.id;
	}

	/** Ids that no row has claimed. */
	get unclaimed(): string[] {
		return [...this.#lost.keys()];
	}
}

function saysTheSame({ values }: RowInputs, agreed: Partial<EventInputs>): boolean {
	const columns = INPUT_COLUMNS.filter((column) => column in values || column in agreed);
	return columns.length > 0 && columns.every((column) => sameInput(values[column], agreed[column]));
}
