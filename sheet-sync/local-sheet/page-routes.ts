/** What the grid page needs beside the Sheets API: its files, the cells as a person sees them, and live changes. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Committed, WorkbookStore } from './store.ts';
import { formattedText, isTypedText } from './typed-cell.ts';
import type { Cell, Row, Workbook, Worksheet } from './workbook.ts';

const FOLDER = join(import.meta.dirname, 'page');
const FILES = [
	{ path: '/', file: 'index.html', type: 'text/html; charset=utf-8' },
	{ path: '/grid.css', file: 'grid.css', type: 'text/css; charset=utf-8' },
	{ path: '/grid.js', file: 'grid.js', type: 'text/javascript; charset=utf-8' },
	{ path: '/sheet.js', file: 'sheet.js', type: 'text/javascript; charset=utf-8' },
] as const;

/** Scripts, styles and connections of our own only: cell text that were to slip into the page as HTML could do nothing. */
const CONTENT_SECURITY_POLICY =
	"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** How often a silent stream says that it lives, so that no proxy closes it. */
const KEEP_ALIVE_MS = 20_000;

/** Beyond this many changed rows a page is told to read the worksheet anew. */
const MOST_ROWS_PER_MESSAGE = 500;

/** A cell as the page shows it: its text, and what to type (`e`) to get it again when that differs; null when empty. */
type ShownCell = { t: string; k: 'text' | 'number' | 'checkbox'; e?: string } | null;

/** A row, by a key that stays the same when it moves, so that what somebody is typing into it lands in it. */
interface ShownRow {
	key: number;
	cells: ShownCell[];
}

export function servePage(server: FastifyInstance, store: WorkbookStore): void {
	for (const { path, file, type } of FILES) {
		const content = readFileSync(join(FOLDER, file));
		server.get(path, async (_request, reply) =>
			reply
				.headers({
					'content-type': type,
					'content-security-policy': CONTENT_SECURITY_POLICY,
					'x-content-type-options': 'nosniff',
					'referrer-policy': 'no-referrer',
					'cache-control': 'no-cache',
				})
				.send(content),
		);
	}
	server.get('/page/spreadsheets', async () => store.list());
	server.get<{ Params: { id: string } }>('/page/spreadsheets/:id', async (request) => {
		const { workbook, version } = await store.read(request.params.id);
		return {
			version,
			...shownWorkbook(workbook),
			worksheets: workbook.worksheets.map((one) => shownWorksheet(one, true)),
		};
	});
	server.get<{ Params: { id: string } }>('/page/spreadsheets/:id/changes', async (request, reply) => {
		const { workbook, version } = await store.read(request.params.id);
		streamChanges(reply, store, workbook.id, version);
		return reply;
	});
}

/** Server-sent events: one message for each commit, as long as the page listens. */
function streamChanges(reply: FastifyReply, store: WorkbookStore, id: string, version: number): void {
	const stream = reply.raw;
	reply.hijack();
	stream.writeHead(200, {
		'content-type': 'text/event-stream',
		'cache-control': 'no-store',
		'x-accel-buffering': 'no',
	});
	const send = (message: object) => stream.write(`data: ${JSON.stringify(message)}\n\n`);
	send({ version });
	const stop = store.onCommit((change) => {
		if (change.after.id === id) send(changeMessage(change));
	});
	const keepAlive = setInterval(() => stream.write(': still here\n\n'), KEEP_ALIVE_MS);
	stream.on('close', () => {
		stop();
		clearInterval(keepAlive);
	});
}

/** What changed, as rows by index; a worksheet whose rows moved is sent without cells, to be read anew. */
export function changeMessage({ before, after, version }: Committed): object {
	const old = new Map(before.worksheets.map((worksheet) => [worksheet.sheetId, worksheet]));
	return {
		version,
		...shownWorkbook(after),
		worksheets: after.worksheets.map((worksheet) => {
			const changed = changedRows(old.get(worksheet.sheetId), worksheet);
			return {
				...shownWorksheet(worksheet, false),
				...(changed === undefined ? { stale: true } : { changed }),
			};
		}),
	};
}

function changedRows(before: Worksheet | undefined, after: Worksheet): Record<number, ShownRow> | undefined {
	if (before === after) return {};
	if (before === undefined || before.columnCount !== after.columnCount) return undefined;
	if (before.rows.length !== after.rows.length) return undefined;
	const changed: Record<number, ShownRow> = {};
	let count = 0;
	for (const [index, row] of after.rows.entries()) {
		if (row === before.rows[index]) continue;
		changed[index] = shownRow(row);
		if (++count > MOST_ROWS_PER_MESSAGE) return undefined;
	}
	return changed;
}

function shownWorkbook({ id, title, timeZone }: Workbook): object {
	return { id, title, timeZone };
}

function shownWorksheet(
	{ sheetId, title, columnCount, frozenRows, rows }: Worksheet,
	withRows: boolean,
): object {
	let used = rows.length;
	while (used > 0 && rows[used - 1]?.cells.length === 0) used--;
	const shape = { sheetId, title, columnCount, frozenRows, rowCount: rows.length };
	return withRows ? { ...shape, rows: rows.slice(0, used).map(shownRow) } : shape;
}

function shownRow({ key, cells }: Row): ShownRow {
	return { key, cells: cells.map(shownCell) };
}

function shownCell(cell: Cell | null): ShownCell {
	if (cell === null) return null;
	const kind = typeof cell.v === 'boolean' ? 'checkbox' : typeof cell.v === 'number' ? 'number' : 'text';
	const text = formattedText(cell);
	// Text that would become a number, a time or a formula if it were typed: an apostrophe keeps it text.
	return kind === 'text' && !isTypedText(text) ? { t: text, k: kind, e: `'${text}` } : { t: text, k: kind };
}
