/** What the grid page needs beside the Sheets API: its files, the cells as a person sees them, and live changes. */
import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Committed, WorkbookStore } from './store.ts';
import { formattedText, isTypedText } from './typed-cell.ts';
import type { Cell, Row, Workbook, Worksheet } from './workbook.ts';
import { orderChange } from './workbook-change.ts';

const FOLDER = join(import.meta.dirname, 'page');
const TYPES: Record<string, string> = {
	css: 'text/css; charset=utf-8',
	js: 'text/javascript; charset=utf-8',
	mjs: 'text/javascript; charset=utf-8',
};

/** How often a silent stream says that it lives, so that no proxy closes it. */
const KEEP_ALIVE_MS = 20_000;

/** Beyond this many changed rows a page is told to read the spreadsheet anew. */
const MOST_ROWS_PER_MESSAGE = 2_000;

/** A cell as the page shows it: its text, and what to type (`e`) to get it again when that differs; null when empty. */
type ShownCell = { t: string; k: 'text' | 'number' | 'checkbox'; e?: string } | null;

export function servePage(server: FastifyInstance, store: WorkbookStore): void {
	serveFiles(server);
	server.get('/page/spreadsheets', async () => store.list());
	server.get<{ Params: { id: string } }>('/page/spreadsheets/:id', async (request) => {
		const { workbook, version } = await store.read(request.params.id);
		return {
			version,
			...shownWorkbook(workbook),
			worksheets: workbook.worksheets.map((worksheet) => ({
				...shownShape(worksheet),
				columns: worksheet.columns,
				rows: worksheet.rows.map(shownRow),
			})),
		};
	});
	server.get<{ Params: { id: string } }>('/page/spreadsheets/:id/changes', async (request, reply) => {
		const { workbook, version } = await store.read(request.params.id);
		streamChanges(reply, store, workbook.id, version);
		return reply;
	});
}

/** The page itself, and the grid component as it is installed. */
function serveFiles(server: FastifyInstance): void {
	const files = readdirSync(FOLDER)
		.filter((name) => name !== 'index.html')
		.map((name) => ({ path: `/${name}`, file: join(FOLDER, name) }));
	const require = createRequire(import.meta.url);
	const slickgrid = dirname(require.resolve('slickgrid/package.json'));
	const sortable = dirname(createRequire(join(slickgrid, 'package.json')).resolve('sortablejs/package.json'));
	files.push(
		{ path: '/slickgrid.css', file: join(slickgrid, 'dist/styles/css/slick.grid.css') },
		{ path: '/slickgrid.mjs', file: join(slickgrid, 'dist/esm/index.mjs') },
		{ path: '/sortable.mjs', file: join(sortable, 'modular/sortable.esm.js') },
	);
	for (const { path, file } of files) {
		const content = readFileSync(file);
		const type = TYPES[path.split('.').at(-1) ?? ''] ?? 'application/octet-stream';
		server.get(path, async (_request, reply) =>
			reply.headers({ ...HEADERS, 'content-type': type }).send(content),
		);
	}
	const page = readFileSync(join(FOLDER, 'index.html'), 'utf8');
	const importMap = /<script type="importmap">(.*?)<\/script>/s.exec(page)?.[1] ?? '';
	const importMapHash = createHash('sha256').update(importMap).digest('base64');
	server.get('/', async (_request, reply) => {
		const nonce = randomBytes(16).toString('base64');
		return reply
			.headers({
				...HEADERS,
				'content-type': 'text/html; charset=utf-8',
				'content-security-policy': contentSecurityPolicy(nonce, importMapHash),
			})
			.send(page.replaceAll('NONCE', nonce));
	});
}

const HEADERS = {
	'x-content-type-options': 'nosniff',
	'referrer-policy': 'no-referrer',
	'cache-control': 'no-cache',
};

/**
 * Scripts, styles and connections of our own only: cell text that were to slip into the page as HTML could do nothing.
 *
 * @param nonce for the style sheet that the grid component writes its columns' places into
 */
function contentSecurityPolicy(nonce: string, importMapHash: string): string {
	return (
		`default-src 'none'; script-src 'self' 'sha256-${importMapHash}'; style-src 'self' 'nonce-${nonce}'; ` +
		"connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	);
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

/**
 * What changed: the rows that did, by their keys, and the stretch of rows whose order did. When that is too much, or
 * columns changed, the page is told to read all anew.
 */
export function changeMessage({ before, after, version }: Committed): object {
	const old = new Map(before.worksheets.map((worksheet) => [worksheet.sheetId, worksheet]));
	return {
		version,
		...shownWorkbook(after),
		worksheets: after.worksheets.map((worksheet) => ({
			...shownShape(worksheet),
			...(worksheetChange(old.get(worksheet.sheetId), worksheet) ?? { stale: true }),
		})),
	};
}

function worksheetChange(before: Worksheet | undefined, after: Worksheet): object | undefined {
	if (before === after) return { rows: [] };
	if (before === undefined || JSON.stringify(before.columns) !== JSON.stringify(after.columns))
		return undefined;
	const same = new Set(before.rows);
	const changed = after.rows.filter((row) => !same.has(row));
	if (changed.length > MOST_ROWS_PER_MESSAGE) return undefined;
	const keys = ({ rows }: Worksheet) => rows.map(({ key }) => key);
	const order = orderChange(keys(before), keys(after));
	const start = order === undefined || order.after === null ? 0 : keys(before).indexOf(order.after) + 1;
	return {
		rows: changed.map(shownRow),
		...(order === undefined ? {} : { order: { start, remove: order.from.length, keys: order.to } }),
	};
}

function shownWorkbook({ id, title, timeZone }: Workbook): object {
	return { id, title, timeZone };
}

function shownShape({ sheetId, title, frozenRows, rules = [] }: Worksheet): object {
	return { sheetId, title, frozenRows, rules };
}

/** A row, by a key that stays the same when it moves, so that what somebody is typing into it lands in it. */
function shownRow({ key, cells }: Row): { key: number; cells: ShownCell[] } {
	return { key, cells: cells.map(shownCell) };
}

function shownCell(cell: Cell | null): ShownCell {
	if (cell === null) return null;
	const kind = typeof cell.v === 'boolean' ? 'checkbox' : typeof cell.v === 'number' ? 'number' : 'text';
	const text = formattedText(cell);
	// Text that would become a number, a time or a formula if it were typed: an apostrophe keeps it text.
	return kind === 'text' && !isTypedText(text) ? { t: text, k: kind, e: `'${text}` } : { t: text, k: kind };
}
