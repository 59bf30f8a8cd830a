/**
 * Writing into a row that may move at any moment. The API has no compare-and-swap, and a position may name another row
 * by the time a write arrives. So the row is marked with developer metadata, which "will remain associated at those
 * locations as they move around" when rows are inserted, deleted and moved
 * (https://developers.google.com/workspace/sheets/api/reference/rest/v4/spreadsheets.developerMetadata); then it is
 * looked at again through its mark; only if it is still the row that was meant, under the same headers, the cells are
 * written to wherever the mark is. What came between costs a cycle, not an id.
 *
 * The documentation is silent about a sort, a cut and paste, and an undo. If the mark does not go with the row then, the
 * look finds another row and nothing is written. What is left is one of these, or a moved column, in the moment between
 * the look and the write: `lost-rows.ts` gives an id that was overwritten back, and `spoiled-cells.ts` what people had
 * written.
 */

import { sameCells } from './placed-rows.ts';
import { writeInHalves } from './refused-cells.ts';
import type { SheetsClient } from './sheets-client.ts';
import type { RowWrite } from './sync-plan.ts';

/**
 * Rows per call. A worksheet holds 30,000 characters of metadata; a mark takes some 25. The rest waits for the next
 * cycle.
 */
export const MOST_ROWS = 1_000;

export interface MarkedWrites<T extends RowWrite> {
	/** The writes that were tried: what they wrote may be there even when the call failed. */
	tried: T[];
	/** Those that the API refused, each with its reason. */
	refused: { item: T; reason: string }[];
	/** The rows that had changed or were gone, or were too many. */
	waiting: T[];
}

/**
 * Write cells into rows as they were read. Three writes and one read, whatever the number of rows.
 *
 * @param halve whether to look for the row that the API refuses, see `writeInHalves`
 * @param onWrite told of the rows just before the write: they count as tried whatever comes of it
 */
export async function writeMarkedRows<T extends RowWrite>(
	client: SheetsClient,
	writes: readonly T[],
	halve: boolean,
	onWrite: (writes: readonly T[]) => void,
): Promise<MarkedWrites<T>> {
	if (writes.length === 0) return { tried: [], refused: [], waiting: [] };
	const batch = crypto.randomUUID().slice(0, 8);
	const marked = new Map(writes.slice(0, MOST_ROWS).map((write, index) => [`${batch}-${index}`, write]));
	await client.markRows([...marked].map(([mark, { sheetId, row }]) => ({ mark, sheetId, row })));
	try {
		const headers = new Map(
			[...marked.values()].map(({ sheetId, headerIndex }) => [sheetId, { sheetId, headerIndex }]),
		);
		const now = await client.readMarked([...marked.keys()], [...headers.values()]);
		const sure = now.rows.flatMap(({ mark, cells }) => {
			const write = marked.get(mark);
			if (write === undefined || !sameCells(cells, write.seen)) return [];
			// Columns have no marks: cells go to the columns where the headers were.
			if (!sameCells(now.headers.get(write.sheetId) ?? [], write.headers)) return [];
			return [{ mark, write }];
		});
		const tried = sure.map(({ write }) => write);
		onWrite(tried);
		const refused = await writeInHalves(sure, halve, (part) =>
			client.writeMarked(part.map(({ mark, write }) => ({ mark, cells: write.cells }))),
		);
		const sent = new Set<RowWrite>(tried);
		return {
			tried,
			refused: refused.map(({ item, reason }) => ({ item: item.write, reason })),
			waiting: writes.filter((write) => !sent.has(write)),
		};
	} finally {
		await client.removeMarks();
	}
}
