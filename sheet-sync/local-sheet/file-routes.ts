/** Import and export of files by the page. */
import type { FastifyInstance, FastifyReply } from 'fastify';
import { z } from 'zod';
import { invalid } from './api-error.ts';
import { unusedId } from './batch-update.ts';
import { fromCsv, toCsv } from './csv-files.ts';
import { parseBody } from './parse-body.ts';
import { authorOf } from './sign-in.ts';
import type { WorkbookStore } from './store.ts';
import type { Cell, Workbook } from './workbook.ts';
import { demandRoom, NEW_COLUMNS, NEW_ROWS, newWorksheet, worksheetById } from './workbook.ts';
import { fromXlsx, toXlsx } from './xlsx-files.ts';

const LARGEST_FILE = 20 * 1024 * 1024;
const XLSX = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';
const CSV = 'text/csv';

const importQuery = z.strictObject({ title: z.string().trim().min(1).max(100).default('Import') });
const exportQuery = z.strictObject({ sheetId: z.coerce.number().int().min(0) });

interface ReadWorksheet {
	title: string;
	rows: (Cell | null)[][];
}

/** `POST …/import` adds a file's worksheets, and never touches those that are there; `GET …/export.csv` and `….xlsx`. */
export function serveFiles(server: FastifyInstance, store: WorkbookStore): void {
	type Route = { Params: { id: string } };
	const options = { parseAs: 'buffer', bodyLimit: LARGEST_FILE } as const;
	server.addContentTypeParser([CSV, XLSX], options, (_request, body, done) => done(null, body));

	server.post<Route>('/page/spreadsheets/:id/import', { bodyLimit: LARGEST_FILE }, async (request) => {
		const { title } = parseBody(importQuery, request.query, '');
		const file = request.body;
		if (!Buffer.isBuffer(file)) throw invalid('Only CSV and XLSX files can be imported.');
		const type = request.headers['content-type']?.split(';')[0];
		const read: ReadWorksheet[] = type === CSV ? [{ title, rows: fromCsv(file) }] : await fromXlsx(file);
		return store.change(request.params.id, authorOf(request), (workbook) => {
			const next = withImported(workbook, read);
			const added = next.worksheets.slice(workbook.worksheets.length).map(({ sheetId }) => sheetId);
			return { workbook: next, reply: { added } };
		});
	});
	server.get<Route>('/page/spreadsheets/:id/export.csv', async (request, reply) => {
		const { sheetId } = parseBody(exportQuery, request.query, '');
		const { workbook } = await store.read(request.params.id);
		const worksheet = worksheetById(workbook, sheetId);
		return attachment(reply, `${workbook.title} - ${worksheet.title}.csv`, `${CSV}; charset=utf-8`).send(
			toCsv(worksheet),
		);
	});
	server.get<Route>('/page/spreadsheets/:id/export.xlsx', async (request, reply) => {
		const { workbook } = await store.read(request.params.id);
		const file = await toXlsx(workbook);
		return attachment(reply, `${workbook.title}.xlsx`, XLSX).send(file);
	});
}

/** The workbook with a worksheet for each that was read, at the end, under a title that is free. */
export function withImported(workbook: Workbook, read: readonly ReadWorksheet[]): Workbook {
	let next = workbook;
	for (const { title, rows } of read) {
		const titles = new Set(next.worksheets.map((one) => one.title.toLowerCase()));
		let free = title.slice(0, 90);
		for (let number = 2; titles.has(free.toLowerCase()); number++) free = `${title.slice(0, 90)} (${number})`;
		const height = Math.max(NEW_ROWS, rows.length);
		const width = rows.reduce((most, row) => Math.max(most, row.length), NEW_COLUMNS);
		demandRoom(next, height * width, 1);
		const empty = newWorksheet(
			unusedId(new Set(next.worksheets.map((one) => one.sheetId))),
			free,
			height,
			width,
		);
		const filled = empty.rows.map((row, index) => {
			const cells = [...(rows[index] ?? [])];
			while (cells.length > 0 && (cells.at(-1) ?? null) === null) cells.pop();
			return cells.length === 0 ? row : { key: row.key, cells };
		});
		next = { ...next, worksheets: [...next.worksheets, { ...empty, frozenRows: 1, rows: filled }] };
	}
	return next;
}

function attachment(reply: FastifyReply, name: string, type: string): FastifyReply {
	const plain = name.replace(/[^\w .()-]/g, '_');
	return reply.headers({
		'content-type': type,
		'content-disposition': `attachment; filename="${plain}"; filename*=UTF-8''${encodeURIComponent(name).replace(/['()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`)}`,
		'x-content-type-options': 'nosniff',
	});
}
