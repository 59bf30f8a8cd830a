/**
 * What people do on the page. The Sheets API counts rows and columns, which others may be moving at the same moment; the
 * page names them by their keys, so that every edit lands where it was meant.
 */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { invalid } from './api-error.ts';
import { clearCells, grown, writeCells } from './cell-operations.ts';
import { compareCells, deleteDimension, insertDimension, reordered } from './dimensions.ts';
import { parseBody } from './parse-body.ts';
import { authorOf } from './sign-in.ts';
import type { WorkbookStore } from './store.ts';
import type { Dimension, Workbook, Worksheet } from './workbook.ts';
import { withWorksheet, worksheetById } from './workbook.ts';

const key = z.int().min(0);
const keys = z.array(key).min(1);
const sheetId = z.int().min(0);
const dimension = z.enum(['ROWS', 'COLUMNS']);
/** As many as a new worksheet's rows at a time. */
const count = z.int().min(1).max(1000);

const editSchema = z.discriminatedUnion('kind', [
	/** Text as typed, from the cell of `row` and `column` on; the grid grows as needed. */
	z.strictObject({
		kind: z.literal('write'),
		sheetId,
		row: key,
		column: key,
		values: z.array(z.array(z.string().max(50_000))),
	}),
	z.strictObject({ kind: z.literal('clear'), sheetId, rows: keys, columns: keys }),
	z.strictObject({
		kind: z.literal('insert'),
		sheetId,
		dimension,
		beside: key,
		where: z.enum(['before', 'after']),
		count,
	}),
	z.strictObject({ kind: z.literal('delete'), sheetId, dimension, keys }),
	/** Before the one named, or to the end; all of them together, in their order. */
	z.strictObject({ kind: z.literal('move'), sheetId, dimension, keys, before: key.nullable() }),
	/** Whole rows below the frozen ones, by one column. */
	z.strictObject({
		kind: z.literal('sort'),
		sheetId,
		column: key,
		order: z.enum(['ASCENDING', 'DESCENDING']),
	}),
]);

export type PageEdit = z.infer<typeof editSchema>;

export function servePageEdits(server: FastifyInstance, store: WorkbookStore): void {
	type Route = { Params: { id: string } };
	server.post<Route>('/page/spreadsheets/:id/edit', async (request) => {
		const edit = parseBody(editSchema, request.body ?? {}, '');
		return store.change(request.params.id, authorOf(request), (workbook) => ({
			workbook: applyEdit(workbook, edit),
			reply: {},
		}));
	});
	for (const kind of ['undo', 'redo'] as const) {
		server.post<Route>(`/page/spreadsheets/:id/${kind}`, async (request) => {
			const author = authorOf(request);
			if (author.session === '') throw invalid('Only a page that names itself has something to undo.');
			return { taken: (await store.takeBack(request.params.id, author, kind)) ?? null };
		});
	}
}

/** @throws ApiError when a row or column is gone, or a cell does not take what was typed */
export function applyEdit(workbook: Workbook, edit: PageEdit): Workbook {
	const worksheet = worksheetById(workbook, edit.sheetId);
	switch (edit.kind) {
		case 'write':
			return write(workbook, worksheet, edit);
		case 'clear': {
			const columns = places(worksheet, 'COLUMNS', edit.columns);
			let next = workbook;
			for (const rows of runs(places(worksheet, 'ROWS', edit.rows))) {
				for (const { start: startColumn, end: endColumn } of runs(columns)) {
					const range = { startRow: rows.start, endRow: rows.end, startColumn, endColumn };
					next = clearCells(next, { sheetId: edit.sheetId, ...range });
				}
			}
			return next;
		}
		case 'insert': {
			const startIndex = place(worksheet, edit.dimension, edit.beside) + (edit.where === 'after' ? 1 : 0);
			return insertDimension(workbook, {
				sheetId: edit.sheetId,
				dimension: edit.dimension,
				startIndex,
				endIndex: startIndex + edit.count,
			});
		}
		case 'delete': {
			let next = workbook;
			for (const { start, end } of runs(places(worksheet, edit.dimension, edit.keys)).reverse()) {
				const range = { sheetId: edit.sheetId, dimension: edit.dimension, startIndex: start, endIndex: end };
				next = deleteDimension(next, range);
			}
			return next;
		}
		case 'move':
			return move(workbook, worksheet, edit);
		case 'sort': {
			const column = place(worksheet, 'COLUMNS', edit.column);
			const { rows, frozenRows } = worksheet;
			const all = Array.from(rows.keys());
			const cell = (index: number) => rows[index]?.cells[column] ?? null;
			const sorted = all.slice(frozenRows).sort((a, b) => compareCells(cell(a), cell(b), edit.order));
			return reordered(workbook, worksheet, 'ROWS', [...all.slice(0, frozenRows), ...sorted]);
		}
	}
}

function write(workbook: Workbook, worksheet: Worksheet, edit: PageEdit & { kind: 'write' }): Workbook {
	const startRow = place(worksheet, 'ROWS', edit.row);
	const startColumn = place(worksheet, 'COLUMNS', edit.column);
	const endRow = startRow + edit.values.length;
	const endColumn = startColumn + Math.max(0, ...edit.values.map((row) => row.length));
	const fitting = withWorksheet(workbook, grown(worksheet, endRow, endColumn));
	const range = { sheetId: edit.sheetId, startRow, endRow, startColumn, endColumn };
	return writeCells(fitting, range, edit.values, 'USER_ENTERED', false).workbook;
}

function move(workbook: Workbook, worksheet: Worksheet, edit: PageEdit & { kind: 'move' }): Workbook {
	const moving = places(worksheet, edit.dimension, edit.keys);
	const moves = new Set(moving);
	const size = edit.dimension === 'ROWS' ? worksheet.rows.length : worksheet.columns.length;
	const staying = Array.from({ length: size }, (_, index) => index).filter((index) => !moves.has(index));
	const destination = edit.before === null ? size : place(worksheet, edit.dimension, edit.before);
	const before = staying.filter((index) => index < destination);
	const behind = staying.filter((index) => index >= destination);
	return reordered(workbook, worksheet, edit.dimension, [...before, ...moving, ...behind]);
}

/** Where a row or column stands now. */
function place(worksheet: Worksheet, which: Dimension, wanted: number): number {
	const index =
		which === 'ROWS'
			? worksheet.rows.findIndex((row) => row.key === wanted)
			: worksheet.columns.indexOf(wanted);
	if (index === -1) {
		throw invalid(`Somebody has deleted the ${which === 'ROWS' ? 'row' : 'column'} meanwhile.`);
	}
	return index;
}

/** Where those stand that are still there, from first to last. */
function places(worksheet: Worksheet, which: Dimension, wanted: readonly number[]): number[] {
	const all = which === 'ROWS' ? worksheet.rows.map((row) => row.key) : worksheet.columns;
	const asked = new Set(wanted);
	return [...all.keys()].filter((index) => asked.has(all[index] as number));
}

/** Neighbours together, as half-open ranges. */
function runs(indexes: readonly number[]): { start: number; end: number }[] {
	const result: { start: number; end: number }[] = [];
	for (const index of indexes) {
		const last = result.at(-1);
		if (last?.end === index) last.end++;
		else result.push({ start: index, end: index + 1 });
	}
	return result;
}
