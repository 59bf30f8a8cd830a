/**
 * Cells that the API refuses: protected ones, too long ones. One of them refuses the whole batch, and the answer does
 * not say which it was. So the batch is halved until the refused cells stand alone: for one cell among 1,000 some
 * ten more writes, all within the quota. What was refused is not tried again until its value changes or ten minutes
 * have passed, as a protection may be lifted. A first refusal ends the cycle without a search: a worksheet or rows that
 * were deleted a moment ago refuse, too, and the next snapshot explains that for nothing.
 */
import type { Column } from './columns.ts';
import { CONTENT_COLUMNS } from './columns.ts';
import type { PlacedRow } from './placed-rows.ts';
import type { CellValue } from './row-inputs.ts';
import { cellAt } from './row-inputs.ts';
import { SheetsError } from './sheets-error.ts';

export interface RefusedCell {
	value: CellValue;
	/** For the row's error cell and the log. */
	sentence: string;
	/** When it is tried again, by `performance.now()`. */
	until: number;
}

const RETRY_MS = 600_000;

export function refusedKey(id: string, name: Column): string {
	return `${id} ${name}`;
}

/** For the id of a row that has none yet: protections are on places, and a row that was deleted frees its place. */
export function refusedPlace({ layout, index, cells }: PlacedRow): string {
	const inputs = CONTENT_COLUMNS.map((column) => cellAt(cells, layout.columns, column));
	return `${layout.sheetId} ${index} ${JSON.stringify(inputs)}`;
}

/** Forget the refusals whose time is over. */
export function dropOld(refused: Map<string, RefusedCell>, now: number): void {
	for (const [key, { until }] of refused) if (until <= now) refused.delete(key);
}

/**
 * Write items in one call, and where the API refuses it, in halves.
 *
 * @param halve whether to search; without it the refusal is thrown
 * @param write one call; it throws what the API says
 * @returns the items that the API refused by themselves, each with its reason
 * @throws what is no item's fault, such as a quota that is used up
 */
export async function writeInHalves<T>(
	items: readonly T[],
	halve: boolean,
	write: (items: readonly T[]) => Promise<void>,
): Promise<{ item: T; reason: string }[]> {
	if (items.length === 0) return [];
	try {
		await write(items);
		return [];
	} catch (error) {
		if (!halve || !isRefusal(error)) throw error;
		const [only] = items;
		if (only !== undefined && items.length === 1) return [{ item: only, reason: error.said }];
		const middle = Math.ceil(items.length / 2);
		const first = await writeInHalves(items.slice(0, middle), true, write);
		return [...first, ...(await writeInHalves(items.slice(middle), true, write))];
	}
}

/** What the row says about a cell that was refused. */
export function refusedSentence(header: string, reason: string): string {
	return `${header}: the sheet does not let cutsheet write this cell (${reason}); remove its protection, or shorten what belongs there.`;
}

export function refusedCell(value: CellValue, sentence: string, now: number): RefusedCell {
	return { value, sentence, until: now + RETRY_MS };
}

/** Whether the API found fault with what was written: 400; or 403, when it speaks of a protection and not of the whole spreadsheet. */
export function isRefusal(error: unknown): error is SheetsError {
	if (!(error instanceof SheetsError)) return false;
	return error.status === 400 || (error.status === 403 && /protected/i.test(error.said));
}
