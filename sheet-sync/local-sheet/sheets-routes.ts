/** The Sheets API v4 on the wire: its paths, queries and bodies (https://developers.google.com/workspace/sheets/api/reference/rest). */
import { randomBytes } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { notFound, unimplemented } from './api-error.ts';
import { batchUpdate } from './batch-update.ts';
import { metadataReply } from './developer-metadata.ts';
import { applyFieldMask } from './field-mask.ts';
import { parseBody } from './parse-body.ts';
import type { CellRange } from './ranges.ts';
import { dataFilterSchema, filterRanges, lookUpMetadata, parseA1 } from './ranges.ts';
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
	includeGridData: z
		.enum(['true', 'false', 'True', 'False'])
		.transform((text) => text.toLowerCase() === 'true')
		.default(false),
	excludeTablesInBandedRanges: z.string().optional(),
});
const createBody = z.strictObject({
	properties: z.strictObject({ title: z.string().min(1).default('Untitled spreadsheet') }).optional(),
});
const batchUpdateBody = z.strictObject({
	requests: z.array(z.record(z.string(), z.unknown())).default([]),
	includeSpreadsheetInResponse: z.boolean().default(false),
	responseRanges: z.array(z.string()).default([]),
	responseIncludeGridData: z.boolean().default(false),
});
const getByFilterBody = z.strictObject({
	dataFilters: z.array(dataFilterSchema).default([]),
	includeGridData: z.boolean().default(false),
	excludeTablesInBandedRanges: z.boolean().optional(),
});
const searchBody = z.strictObject({ dataFilters: z.array(dataFilterSchema).default([]) });

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
		return withFields(request, spreadsheetReply(workbook, pageUrl(request, workbook.id), undefined, false));
	});
	server.route<{ Params: { '*': string } }>({
		method: ['GET', 'POST', 'PUT'],
		url: '/v4/spreadsheets/*',
		handler: async (request) => withFields(request, await answer(request, request.params['*'], store)),
	});
}

/** One method of the API; the path's remainder is decoded. */
async function answer(request: FastifyRequest, path: string, store: WorkbookStore): Promise<object> {
	// Some clients put a slash before the verb, which Google takes, too.
	const [, id = '', rest = ''] = /^([^/:]+)(?:\/(?=:|$))?(.*)$/s.exec(path) ?? [];
	const method = request.method;
	const body = request.body ?? {};
	const query = ownQuery(request);
	const read = async (run: (workbook: Workbook) => object) => run((await store.read(id)).workbook);
	const change = (run: (workbook: Workbook) => values.Change) => store.change(id, authorOf(request), run);
	const call = `${method} ${rest}`;

	switch (call) {
		case 'GET ':
			return read((workbook) => {
				const { ranges, includeGridData } = parseBody(getQuery, query, '');
				const asked = [ranges].flat().map((range) => parseA1(workbook, range));
				return spreadsheetReply(
					workbook,
					pageUrl(request, id),
					asked.length > 0 ? asked : undefined,
					wantsCells(request, includeGridData),
				);
			});
		case 'POST :getByDataFilter': {
			const { dataFilters, includeGridData } = parseBody(getByFilterBody, body, '');
			values.refuseEmpty(dataFilters, 'dataFilters');
			return read((workbook) => {
				const ranges = dataFilters.flatMap((filter) => filterRanges(workbook, filter));
				return spreadsheetReply(workbook, pageUrl(request, id), ranges, wantsCells(request, includeGridData));
			});
		}
		case 'POST :batchUpdate': {
			const parsed = parseBody(batchUpdateBody, body, '');
			return change((workbook) => {
				const { workbook: next, replies } = batchUpdate(workbook, parsed.requests, store.habits);
				const ranges = parsed.responseRanges.map((range) => parseA1(next, range));
				const updatedSpreadsheet = () =>
					spreadsheetReply(
						next,
						pageUrl(request, id),
						ranges.length > 0 ? ranges : undefined,
						parsed.responseIncludeGridData,
					);
				return {
					workbook: next,
					reply: {
						spreadsheetId: id,
						replies,
						...(parsed.includeSpreadsheetInResponse ? { updatedSpreadsheet: updatedSpreadsheet() } : {}),
					},
				};
			});
		}
		case 'POST /developerMetadata:search': {
			const { dataFilters } = parseBody(searchBody, body, '');
			return read((workbook) => {
				const matched = dataFilters.flatMap((filter) => {
					if (filter.developerMetadataLookup === undefined)
						throw unimplemented('a search of metadata by place');
					return lookUpMetadata(workbook, filter.developerMetadataLookup).map((found) => ({
						developerMetadata: metadataReply(found),
						dataFilters: [filter],
					}));
				});
				return matched.length > 0 ? { matchedDeveloperMetadata: matched } : {};
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
	const metadata = /^\/developerMetadata\/(\d+)$/.exec(rest);
	if (metadata !== null && method === 'GET') {
		return read((workbook) => {
			const [found] = lookUpMetadata(workbook, { metadataId: Number(metadata[1]) });
			if (found === undefined) throw notFound(`No developer metadata with id: ${metadata[1]}`);
			return metadataReply(found);
		});
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
	if (/^\/sheets\//.test(rest)) throw unimplemented(`${method} ${rest}`);
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

/** A field mask decides alone whether cells are answered, as the API documents it. */
function wantsCells(request: FastifyRequest, includeGridData: boolean): boolean {
	const { fields } = request.query as { fields?: string };
	return fields === undefined ? includeGridData : /\bdata\b|\*|^sheets$|[,(]sheets\s*(?:,|\)|$)/.test(fields);
}

/** Where a person opens the spreadsheet. */
function pageUrl(request: FastifyRequest, id: string): string {
	return `${request.protocol}://${request.host}/#${encodeURIComponent(id)}`;
}
