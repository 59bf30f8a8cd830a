/** The Sheets API v4 on the wire: its paths, queries and bodies (https://developers.google.com/workspace/sheets/api/reference/rest). */
import { randomBytes } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { notFound, unimplemented } from './api-error.ts';
import { batchUpdate, parseBody } from './batch-update.ts';
import { applyFieldMask } from './field-mask.ts';
import type { CellRange } from './ranges.ts';
import { filterRanges, parseA1 } from './ranges.ts';
import { authorOf } from './sign-in.ts';
import { spreadsheetReply } from './spreadsheet-reply.ts';
import type { WorkbookStore } from './store.ts';
import * as values from './values-api.ts';
import * as shapes from './values-shapes.ts';
import type { Workbook } from './workbook.ts';
import { newWorkbook } from './workbook.ts';

/** Parameters that every method of Google's APIs takes. Only `fields` changes an answer here. */
const COMMON = new Set([
	'fields',
	'alt',
	'prettyPrint',
	'quotaUser',
	'key',
	'access_token',
	'oauth_token',
	'$.xgafv',
	'upload_protocol',
]);

const oneOrMore = z.union([z.string(), z.array(z.string())]).default([]);
const getQuery = z.strictObject({
	ranges: oneOrMore,
	includeGridData: z.enum(['false', 'False']).optional(),
	excludeTablesInBandedRanges: z.string().optional(),
});
const createBody = z.strictObject({
	properties: z.strictObject({ title: z.string().min(1).default('Untitled spreadsheet') }).optional(),
});
const batchUpdateBody = z.strictObject({
	requests: z.array(z.record(z.string(), z.unknown())).default([]),
	includeSpreadsheetInResponse: z.literal(false).optional(),
	responseRanges: z.array(z.string()).max(0).optional(),
	responseIncludeGridData: z.literal(false).optional(),
});

/**
 * Serve the API under `/v4/spreadsheets`. Verbs follow a colon in the path (`/values:batchGet`), which no router
 * parses, hence the two catch-all routes and the tables of methods below.
 */
export function serveSheetsApi(server: FastifyInstance, store: WorkbookStore): void {
	server.post('/v4/spreadsheets', async (request) => {
		const { properties } = parseBody(createBody, request.body ?? {}, '');
		const workbook = newWorkbook(
			randomBytes(16).toString('hex'),
			properties?.title ?? 'Untitled spreadsheet',
		);
		await store.create(workbook);
		return withFields(request, spreadsheetReply(workbook, pageUrl(request, workbook.id)));
	});
	server.route<{ Params: { '*': string } }>({
		method: ['GET', 'POST', 'PUT'],
		url: '/v4/spreadsheets/*',
		handler: async (request) => withFields(request, await answer(request, request.params['*'], store)),
	});
}

/** One method of the API; the path's remainder is decoded. */
async function answer(request: FastifyRequest, path: string, store: WorkbookStore): Promise<object> {
	const [, id = '', rest = ''] = /^([^/:]+)(.*)$/s.exec(path) ?? [];
	const method = request.method;
	const body = request.body ?? {};
	const query = ownQuery(request);
	const read = async (run: (workbook: Workbook) => object) => run((await store.read(id)).workbook);
	const change = (run: (workbook: Workbook) => values.Change) => store.change(id, authorOf(request), run);
	const call = `${method} ${rest}`;

	switch (call) {
		case 'GET ':
			parseBody(getQuery, query, '');
			return read((workbook) => spreadsheetReply(workbook, pageUrl(request, id)));
		case 'POST :batchUpdate': {
			const { requests } = parseBody(batchUpdateBody, body, '');
			return change((workbook) => {
				const { workbook: next, replies } = batchUpdate(workbook, requests);
				return { workbook: next, reply: { spreadsheetId: id, replies } };
			});
		}
		case 'GET /values:batchGet': {
			const { ranges, ...options } = parseBody(
				z.strictObject({ ranges: oneOrMore, ...shapes.readOptions }),
				query,
				'',
			);
			return read((workbook) => values.batchGetValues(workbook, [ranges].flat(), options));
		}
		case 'POST /values:batchUpdate': {
			const parsed = parseBody(shapes.batchUpdateBody, body, '');
			return change((workbook) => values.batchUpdateValues(workbook, parsed));
		}
		case 'POST /values:batchClear': {
			const { ranges } = parseBody(shapes.batchClearBody, body, '');
			return change((workbook) =>
				values.batchClearValues(
					workbook,
					ranges.map((range) => parseA1(workbook, range)),
				),
			);
		}
		case 'POST /values:batchGetByDataFilter': {
			const parsed = parseBody(shapes.batchGetByFilterBody, body, '');
			values.refuseEmpty(parsed.dataFilters, 'dataFilters');
			return read((workbook) => values.batchGetByFilter(workbook, parsed));
		}
		case 'POST /values:batchUpdateByDataFilter': {
			const parsed = parseBody(shapes.batchUpdateByFilterBody, body, '');
			return change((workbook) => values.batchUpdateByFilter(workbook, parsed));
		}
		case 'POST /values:batchClearByDataFilter': {
			const { dataFilters } = parseBody(shapes.batchClearByFilterBody, body, '');
			const ranges = (workbook: Workbook): CellRange[] =>
				dataFilters.flatMap((filter) => filterRanges(workbook, filter));
			return change((workbook) => values.batchClearValues(workbook, ranges(workbook)));
		}
	}
	const range = /^\/values\/(.+?)(:append|:clear)?$/s.exec(rest);
	if (range !== null) {
		const [, a1 = '', verb = ''] = range;
		switch (`${method} ${verb}`) {
			case 'GET ': {
				const options = parseBody(z.strictObject(shapes.readOptions), query, '');
				return read((workbook) => values.getValues(workbook, parseA1(workbook, a1), options));
			}
			case 'PUT ': {
				const options = parseBody(shapes.updateQuery, query, '');
				const written = parseBody(shapes.valueRange, body, '');
				return change((workbook) =>
					values.updateValues(workbook, a1, written.values, written.majorDimension, options),
				);
			}
			case 'POST :append': {
				const options = parseBody(shapes.appendQuery, query, '');
				const written = parseBody(shapes.valueRange, body, '');
				return change((workbook) =>
					values.appendValues(workbook, a1, written.values, written.majorDimension, options),
				);
			}
			case 'POST :clear':
				parseBody(z.strictObject({}), body, '');
				return change((workbook) => values.clearValues(workbook, a1));
		}
	}
	if (/^(?::getByDataFilter|\/developerMetadata|\/sheets\/)/.test(rest))
		throw unimplemented(`${method} ${rest}`);
	throw notFound(`There is no method ${method} /v4/spreadsheets/${path}.`);
}

/** The query without the parameters that all methods share. */
function ownQuery(request: FastifyRequest): Record<string, unknown> {
	return Object.fromEntries(Object.entries(request.query as object).filter(([name]) => !COMMON.has(name)));
}

function withFields(request: FastifyRequest, reply: object): object {
	const { fields } = request.query as { fields?: string };
	return fields === undefined ? reply : applyFieldMask(reply, fields);
}

/** Where a person opens the spreadsheet. */
function pageUrl(request: FastifyRequest, id: string): string {
	return `${request.protocol}://${request.host}/#${encodeURIComponent(id)}`;
}
