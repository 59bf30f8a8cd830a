/** The local sheet: a server that speaks the Sheets API v4 and shows its spreadsheets on a page. */
import type { FastifyRequest } from 'fastify';
import fastify from 'fastify';
import type { Logger } from 'pino';
import type { Db } from '../../db/connect.ts';
import { ApiError, invalid, notFound } from './api-error.ts';
import { compressAnswers } from './compress-answers.ts';
import { serveFiles } from './file-routes.ts';
import { pruneHistory } from './history.ts';
import type { MetadataHabits } from './metadata-habits.ts';
import { servePageEdits } from './page-edits.ts';
import { servePageHistory } from './page-history.ts';
import { servePage } from './page-routes.ts';
import { errorBody, refuseUnreadable } from './refuse-unreadable.ts';
import { serveSheetsApi } from './sheets-routes.ts';
import type { Authenticate } from './sign-in.ts';
import { isLoopback, openOnLoopback, requireSignIn, tokenSignIn } from './sign-in.ts';
import { WorkbookStore } from './store.ts';
import type { Cell, Workbook } from './workbook.ts';
import { newWorkbook, withCells } from './workbook.ts';

/** A spreadsheet to be made: its worksheets have nothing but a header row. */
export interface NewSpreadsheet {
	id: string;
	title: string;
	worksheets: { title: string; headers: readonly string[] }[];
}

export interface LocalSheetOptions {
	/** Where the cells are kept: a database with all migrations. */
	db: Db;
	/** Address to listen on. Default 127.0.0.1; any other needs a token, or a sign-in of your own. */
	host?: string;
	/** Default 0: any free port. */
	port?: number;
	/** When set, the API wants it as `Authorization: Bearer TOKEN`, and a browser asks for it as the password. */
	token?: string;
	/** Says who a request is from, in place of the token. Default: everybody on this machine may edit. */
	authenticate?: Authenticate;
	/** How developer metadata behaves where Google does not say; for tests of clients. */
	metadataHabits?: MetadataHabits;
	/** How long the history of the cells is kept. Default 365 days. */
	historyDays?: number;
	/** Made at the start if they do not exist yet. Others can be made through the API (`spreadsheets.create`). */
	spreadsheet?: NewSpreadsheet | readonly NewSpreadsheet[];
	log: Logger;
}

export interface LocalSheet {
	/** Where it answers: the page for people, and the `rootUrl` for API clients (without a slash at the end). */
	url: string;
	/** Stops listening and ends the pages' streams. */
	close(): Promise<void>;
}

const DAY_MS = 86_400_000;

/** Google takes requests of 10 MB at most. */
const LARGEST_BODY = 10 * 1024 * 1024;

/**
 * Start the local sheet.
 *
 * @throws Error when the port is taken, or when others than this machine's people could edit without a sign-in
 */
export async function startLocalSheet(options: LocalSheetOptions): Promise<LocalSheet> {
	const { host = '127.0.0.1', port = 0, token, log, historyDays = 365 } = options;
	const authenticate = options.authenticate ?? (token === undefined ? openOnLoopback : tokenSignIn(token));
	if (authenticate === openOnLoopback && !isLoopback(host)) {
		throw new Error(
			`The local sheet would be open to everybody who reaches ${host}; configure a token, or let it listen on 127.0.0.1.`,
		);
	}
	await pruneHistory(options.db, historyDays);
	const pruning = setInterval(() => {
		pruneHistory(options.db, historyDays).catch((err) => log.warn({ err }, 'cannot prune the history'));
	}, DAY_MS).unref();
	const store = new WorkbookStore(options.db, options.metadataHabits);
	for (const wanted of [options.spreadsheet ?? []].flat()) await store.create(firstWorkbook(wanted));

	const server = fastify({
		bodyLimit: LARGEST_BODY,
		forceCloseConnections: true,
		routerOptions: { maxParamLength: 5_000 },
		...refuseUnreadable,
	});
	server.addHook('onRequest', async (request, reply) => {
		refuseOtherSites(request);
		await requireSignIn(request, reply, authenticate);
	});
	server.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => {
		const refusal = asApiError(error);
		// The rest of a body that is too large is read and dropped, so that whoever sends it gets the answer.
		if (refusal.code === 413) reply.removeHeader('connection');
		if (refusal.code >= 500)
			log.error({ err: error, method: request.method, url: request.url }, 'the local sheet failed to answer');
		void reply.code(refusal.code).send(errorBody(refusal));
	});
	server.setNotFoundHandler((request) => {
		throw notFound(`There is nothing at ${request.method} ${request.url}.`);
	});
	compressAnswers(server);
	serveSheetsApi(server, store);
	servePage(server, store);
	servePageEdits(server, store);
	servePageHistory(server, store, options.db);
	serveFiles(server, store);

	const url = await server.listen({ host, port });
	log.info({ url }, 'local sheet is ready');
	return {
		url,
		async close() {
			clearInterval(pruning);
			await server.close();
		},
	};
}

/** A page of another site, open in somebody's browser, must not edit: browsers name its origin in all but plain GETs. */
function refuseOtherSites(request: FastifyRequest): void {
	const { origin, host } = request.headers;
	const site = request.headers['sec-fetch-site'];
	const foreign =
		(origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`) ||
		site === 'cross-site';
	if (foreign && request.method !== 'GET') {
		throw new ApiError(403, 'PERMISSION_DENIED', 'Pages of other sites may not edit the local sheet.');
	}
}

function asApiError(error: Error & { statusCode?: number }): ApiError {
	if (error instanceof ApiError) return error;
	const { statusCode = 500 } = error;
	if (statusCode === 413) {
		return new ApiError(
			413,
			'INVALID_ARGUMENT',
			'The request is too large: at most 10 MB, or 20 MB for a file to import; send it in parts.',
		);
	}
	if (statusCode >= 400 && statusCode < 500) return invalid(error.message);
	return new ApiError(500, 'INTERNAL', 'Internal error encountered; the log of the local sheet says more.');
}

/** A workbook with a header row on each of its worksheets, frozen. */
function firstWorkbook({ id, title, worksheets }: NewSpreadsheet): Workbook {
	return {
		...newWorkbook(id, title),
		worksheets: worksheets.map((worksheet, sheetId) => {
			const [made] = newWorkbook(id, title, worksheet.title).worksheets;
			const [header, ...rows] = made!.rows;
			const cells = new Map<number, Cell>(worksheet.headers.map((text, column) => [column, { v: text }]));
			return { ...made!, sheetId, frozenRows: 1, rows: [withCells(header!, cells), ...rows] };
		}),
	};
}
