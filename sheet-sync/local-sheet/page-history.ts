/** The history of cells for the page: what people read of it. */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Db } from '../../db/connect.ts';
import { columnLetters } from '../columns.ts';
import { readHistory } from './history.ts';
import { parseBody } from './parse-body.ts';
import type { WorkbookStore } from './store.ts';
import { formattedText } from './typed-cell.ts';
import type { Cell } from './workbook.ts';

const whole = z.coerce.number().int().min(0);
const querySchema = z.strictObject({
	sheetId: whole.optional(),
	row: whole.optional(),
	column: whole.optional(),
	limit: whole.max(1000).default(200),
});

export function servePageHistory(server: FastifyInstance, store: WorkbookStore, db: Db): void {
	server.get<{ Params: { id: string } }>('/page/spreadsheets/:id/history', async (request) => {
		const query = parseBody(querySchema, request.query, '');
		const { workbook } = await store.read(request.params.id);
		const worksheets = new Map(workbook.worksheets.map((one) => [one.sheetId, one]));
		const changes = await readHistory(db, workbook.id, query);
		return changes.map(({ at, who, kind, sheetId, row, column, change: [before, after] }) => {
			const worksheet = worksheets.get(sheetId);
			const rowIndex = worksheet?.rows.findIndex((one) => one.key === row) ?? -1;
			const columnIndex = worksheet?.columns.indexOf(column) ?? -1;
			const header = worksheet?.rows[0]?.cells[columnIndex] ?? null;
			return {
				at,
				who,
				kind,
				worksheet: worksheet?.title ?? 'a deleted worksheet',
				/** Where the cell is now, as people name it. */
				cell:
					rowIndex === -1 || columnIndex === -1 ? 'deleted' : `${columnLetters(columnIndex)}${rowIndex + 1}`,
				header: header === null ? '' : formattedText(header),
				before: shown(before),
				after: shown(after),
			};
		});
	});
}

function shown(cell: unknown): string {
	return cell === null ? '' : formattedText(cell as Cell);
}
