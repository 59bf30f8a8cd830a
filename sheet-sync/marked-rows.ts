/**
 * Writing into a row that may move at any moment. The API has no compare-and-swap, and a position may name another row
 * by the time a write arrives. So the row is marked (developer metadata goes with the row when rows are inserted,
 * deleted or moved), then looked at again through its mark; only if it is still the row that was meant, the cells are
 * written to wherever the mark is. What came between costs a cycle, not an id.
 */
import type { RowWrite } from './plan.ts';
import type { CellValue } from './row-inputs.ts';
import type { SheetsClient } from './sheets-client.ts';

/**
 * Rows per call. A worksheet holds 30,000 characters of metadata; a mark takes some 25. The rest waits for the next
 * cycle.
 */
const MOST_ROWS = 400;

/**
 * Write cells into rows as they were read. Three writes and one read, whatever the number of rows.
 *
 * @param headerRow counted from 1
 * @returns the writes that were done; the other rows had changed or were gone, or were too many
 */
export async function writeMarkedRows(
	client: SheetsClient,
	writes: readonly RowWrite[],
	headerRow: number,
): Promise<RowWrite[]> {
	if (writes.length === 0) return [];
	const batch = crypto.randomUUID().slice(0, 8);
	const marked = new Map(writes.slice(0, MOST_ROWS).map((write, index) => [`${batch}-${index}`, write]));
	await client.markRows([...marked].map(([mark, { sheetId, row }]) => ({ mark, sheetId, row })));
	try {
		const sheetIds = [...new Set([...marked.values()].map(({ sheetId }) => sheetId))];
		const now = await client.readMarked(
			[...marked.keys()],
			sheetIds.map((sheetId) => ({ sheetId, headerRow })),
		);
		const sure = now.rows.flatMap(({ mark, cells }) => {
			const write = marked.get(mark);
			if (write === undefined || !sameCells(cells, write.seen)) return [];
			// Columns have no marks: cells go to the columns where the headers were.
			if (!sameCells(now.headers.get(write.sheetId) ?? [], write.headers)) return [];
			return [{ mark, write }];
		});
		if (sure.length > 0)
			await client.writeMarked(sure.map(({ mark, write }) => ({ mark, cells: write.cells })));
		return sure.map(({ write }) => write);
	} finally {
		await client.removeMarks();
	}
}

function sameCells(a: readonly CellValue[], b: readonly CellValue[]): boolean {
	const width = Math.max(a.length, b.length);
	for (let column = 0; column < width; column++) if ((a[column] ?? '') !== (b[column] ?? '')) return false;
	return true;
}
