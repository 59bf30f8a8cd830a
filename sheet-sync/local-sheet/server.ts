/** The local sheet: a server that speaks the Sheets API v4 and shows its spreadsheets on a page. */
import { timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import fastify from 'fastify';
import type { Logger } from 'pino';
import type { Db } from '../../db/connect.ts';
import { ApiError, invalid, notFound } from './api-error.ts';
import { servePage } from './page-routes.ts';
import { serveSheetsApi } from './sheets-routes.ts';
import { WorkbookStore } from './store.ts';
import type { Cell, Workbook } from './workbook.ts';
import { newWorkbook, withCells } from './workbook.ts';

export interface LocalSheetOptions {
	/** Where the cells are kept: a database with all migrations. */
	db: Db;
	/** Address to listen on. Without a token keep it at 127.0.0.1: whoever reaches the server may edit. Default 127.0.0.1. */
	host?: string;
	/** Default 0: any free port. */
	port?: number;
	/** When set, the API wants it as `Authorization: Bearer TOKEN`, and a browser asks for it as the password. */
	token?: string;
	/** Made at the start if it does not exist yet. Others can be made through the API (`spreadsheets.create`). */
	spreadsheet?: { id: string; title: string; worksheets: { title: string; headers: readonly string[] }[] };
	log: Logger;
}

export interface LocalSheet {
	/** Where it answers: the page for people, and the `rootUrl` for API clients (without a slash at the end). */
	url: string;
	/** Stops listening and ends the pages' streams. */
	close(): Promise<void>;
}

/** Google takes requests of 10 MB at most. */
const LARGEST_BODY = 10 * 1024 * 1024;

/** Start the local sheet. Fails when the port is taken. */
export async function startLocalSheet(options: LocalSheetOptions): Promise<LocalSheet> {
	const { host = '127.0.0.1', port = 0, token, log } = options;
	const store = new WorkbookStore(options.db);
	if (options.spreadsheet !== undefined) await store.create(firstWorkbook(options.spreadsheet));

	const server = fastify({
		bodyLimit: LARGEST_BODY,
		forceCloseConnections: true,
		routerOptions: { maxParamLength: 5_000 },
	});
	server.addHook('onRequest', async (request, reply) => {
		refuseOtherSites(request);
		if (token !== undefined && !isAuthorized(request, token)) {
			reply.header('www-authenticate', 'Basic realm="cutsheet local sheet", charset="UTF-8"');
			throw new ApiError(
				401,
				'UNAUTHENTICATED',
				'Request had invalid authentication credentials: the token is missing or wrong.',
			);
		}
	});
	server.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => {
		const refusal = asApiError(error);
		if (refusal.code >= 500)
			log.error({ err: error, method: request.method, url: request.url }, 'the local sheet failed to answer');
		const { code, message, status } = refusal;
		void reply.code(code).send({ error: { code, message, status } });
	});
	server.setNotFoundHandler((request) => {
		throw notFound(`There is nothing at ${request.method} ${request.url}.`);
	});
	serveSheetsApi(server, store);
	servePage(server, store);

	const url = await server.listen({ host, port });
	log.info({ url }, 'local sheet is ready');
	return { url, close: () => server.close() };
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

function isAuthorized(request: FastifyRequest, token: string): boolean {
	const [, scheme = '', given = ''] = /^(\S+) (.*)$/s.exec(request.headers.authorization ?? '') ?? [];
	if (/^bearer$/i.test(scheme)) return sameSecret(given, token);
	if (!/^basic$/i.test(scheme)) return false;
	const [, password = ''] = /^[^:]*:(.*)$/s.exec(Buffer.from(given, 'base64').toString()) ?? [];
	return sameSecret(password, token);
}

function sameSecret(given: string, secret: string): boolean {
	const a = Buffer.from(given);
	const b = Buffer.from(secret);
	return a.length === b.length && timingSafeEqual(a, b);
}

function asApiError(error: Error & { statusCode?: number }): ApiError {
	if (error instanceof ApiError) return error;
	const { statusCode = 500 } = error;
	if (statusCode >= 400 && statusCode < 500) return invalid(error.message);
	return new ApiError(500, 'INTERNAL', 'Internal error encountered; the log of the local sheet says more.');
}

/** A workbook with a header row on each of its worksheets, frozen. */
function firstWorkbook({ id, title, worksheets }: NonNullable<LocalSheetOptions['spreadsheet']>): Workbook {
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
