/** `spreadsheets.batchUpdate`: a list of requests, all of them carried out or none. */
import { z } from 'zod';
import { isTimeZone } from '../time-zone.ts';
import { invalid } from './api-error.ts';
import { grown } from './cell-operations.ts';
import {
	appendCells,
	appendCellsBody,
	deleteRange,
	insertRange,
	repeatCell,
	repeatCellBody,
	shiftBody,
	updateCells,
	updateCellsBody,
} from './cell-requests.ts';
import { copyPaste, copyPasteBody, cutPaste, cutPasteBody } from './copy-requests.ts';
import { addMetadata, deleteMetadata, metadataReply } from './developer-metadata.ts';
import { appendDimension, deleteDimension, insertDimension, moveDimension, sortRange } from './dimensions.ts';
import { findReplace, findReplaceBody } from './find-replace.ts';
import type { MetadataHabits } from './metadata-habits.ts';
import { parseBody } from './parse-body.ts';
import { dataFilterSchema, gridRangeSchema, parseGridRange } from './ranges.ts';
import { addRule, addRuleBody, deleteRule, deleteRuleBody } from './row-rules.ts';
import { worksheetProperties } from './spreadsheet-reply.ts';
import type { Workbook } from './workbook.ts';
import { demandRoom, NEW_COLUMNS, NEW_ROWS, newWorksheet, withWorksheet, worksheetById } from './workbook.ts';

interface Outcome {
	workbook: Workbook;
	reply: object;
}

const index = z.int().min(0);
const dimension = z.enum(['ROWS', 'COLUMNS']);
const sheetId = z.int().min(0).default(0);
const dimensionRange = z.strictObject({ sheetId, dimension, startIndex: index.default(0), endIndex: index });
const gridProperties = z.strictObject({
	rowCount: index.min(1).optional(),
	columnCount: index.min(1).max(18_278).optional(),
	frozenRowCount: index.optional(),
});
const sheetProperties = z.strictObject({
	sheetId: z.int().min(0).optional(),
	title: z.string().min(1).max(100).optional(),
	index: index.optional(),
	sheetType: z.literal('GRID').optional(),
	gridProperties: gridProperties.optional(),
});
type SheetProperties = z.infer<typeof sheetProperties>;

const REQUESTS = {
	addSheet: request(
		z.strictObject({ properties: sheetProperties.optional() }),
		(workbook, { properties = {} }) => addSheet(workbook, properties),
	),
	deleteSheet: request(z.strictObject({ sheetId }), (workbook, body) => {
		worksheetById(workbook, body.sheetId);
		if (workbook.worksheets.length === 1) throw invalid("You can't remove all the sheets in a document.");
		return silent({
			...workbook,
			worksheets: workbook.worksheets.filter((one) => one.sheetId !== body.sheetId),
			metadata: workbook.metadata.filter((one) => one.sheetId !== body.sheetId),
		});
	}),
	updateSheetProperties: request(
		z.strictObject({ properties: sheetProperties, fields: z.string().min(1) }),
		(workbook, { properties, fields }) => silent(updateSheet(workbook, properties, fields)),
	),
	updateSpreadsheetProperties: request(
		z.strictObject({
			properties: z.strictObject({ title: z.string().min(1).optional(), timeZone: z.string().optional() }),
			fields: z.string().min(1),
		}),
		(workbook, { properties, fields }) => {
			const named = namedFields(fields, ['title', 'timeZone']);
			const { title, timeZone } = properties;
			if (named.has('timeZone') && (timeZone === undefined || !isTimeZone(timeZone))) {
				throw invalid(`Invalid time zone: ${timeZone}`);
			}
			return silent({
				...workbook,
				title: (named.has('title') ? title : undefined) ?? workbook.title,
				timeZone: (named.has('timeZone') ? timeZone : undefined) ?? workbook.timeZone,
			});
		},
	),
	insertDimension: request(
		z.strictObject({ range: dimensionRange, inheritFromBefore: z.boolean().optional() }),
		(workbook, { range }) => silent(insertDimension(workbook, range)),
	),
	deleteDimension: request(z.strictObject({ range: dimensionRange }), (workbook, { range }) =>
		silent(deleteDimension(workbook, range)),
	),
	moveDimension: request(
		z.strictObject({ source: dimensionRange, destinationIndex: index.default(0) }),
		(workbook, { source, destinationIndex }) => silent(moveDimension(workbook, source, destinationIndex)),
	),
	appendDimension: request(
		z.strictObject({ sheetId, dimension, length: index.min(1) }),
		(workbook, { sheetId: id, dimension: which, length }) =>
			silent(appendDimension(workbook, id, which, length)),
	),
	sortRange: request(
		z.strictObject({
			range: gridRangeSchema,
			sortSpecs: z.array(
				z.strictObject({
					dimensionIndex: index.default(0),
					sortOrder: z.enum(['ASCENDING', 'DESCENDING']).default('ASCENDING'),
				}),
			),
		}),
		(workbook, { range, sortSpecs }, { followsSort }) =>
			silent(sortRange(workbook, parseGridRange(workbook, range), sortSpecs, followsSort)),
	),
	updateCells: request(updateCellsBody, (workbook, body) => silent(updateCells(workbook, body))),
	appendCells: request(appendCellsBody, (workbook, body) => silent(appendCells(workbook, body))),
	repeatCell: request(repeatCellBody, (workbook, body) => silent(repeatCell(workbook, body))),
	addConditionalFormatRule: request(addRuleBody, (workbook, body) => silent(addRule(workbook, body))),
	deleteConditionalFormatRule: request(deleteRuleBody, (workbook, body) =>
		silent(deleteRule(workbook, body)),
	),
	deleteRange: request(shiftBody, (workbook, body) => silent(deleteRange(workbook, body))),
	copyPaste: request(copyPasteBody, (workbook, body) => silent(copyPaste(workbook, body))),
	cutPaste: request(cutPasteBody, (workbook, body, { followsCut }) =>
		silent(cutPaste(workbook, body, followsCut)),
	),
	findReplace: request(findReplaceBody, (workbook, body) => findReplace(workbook, body)),
	insertRange: request(shiftBody, (workbook, body) => silent(insertRange(workbook, body))),
	duplicateSheet: request(
		z.strictObject({
			sourceSheetId: z.int().min(0).default(0),
			insertSheetIndex: index.optional(),
			newSheetId: z.int().min(0).optional(),
			newSheetName: z.string().min(1).max(100).optional(),
		}),
		(workbook, body) => duplicateSheet(workbook, body),
	),
	createDeveloperMetadata: request(
		z.strictObject({
			developerMetadata: z.strictObject({
				metadataId: z.int().min(1).optional(),
				metadataKey: z.string().min(1),
				metadataValue: z.string().default(''),
				visibility: z.enum(['DOCUMENT', 'PROJECT']),
				location: z.strictObject({ dimensionRange }),
			}),
		}),
		(workbook, { developerMetadata }) => {
			const added = addMetadata(workbook, developerMetadata);
			return { workbook: added.workbook, reply: { developerMetadata: metadataReply(added.metadata) } };
		},
	),
	deleteDeveloperMetadata: request(
		z.strictObject({ dataFilter: dataFilterSchema }),
		(workbook, { dataFilter }) => {
			const { workbook: next, deleted } = deleteMetadata(workbook, dataFilter);
			return { workbook: next, reply: { deletedDeveloperMetadata: deleted.map(metadataReply) } };
		},
	),
} as const;

type Handler = (workbook: Workbook, body: unknown, where: string, habits: MetadataHabits) => Outcome;

/** A kind of request: its body's shape, and what it does. */
function request<T>(
	schema: z.ZodType<T>,
	run: (workbook: Workbook, body: T, habits: MetadataHabits) => Outcome | { workbook: Workbook },
): Handler {
	return (workbook, body, where, habits) => ({
		reply: {},
		...run(workbook, parseBody(schema, body, where), habits),
	});
}

function silent(workbook: Workbook): { workbook: Workbook } {
	return { workbook };
}

/**
 * Carry out the requests of a batch one after another.
 *
 * @param habits what the API's documentation leaves open
 * @returns the workbook after the last one, and one reply per request ({} for most)
 * @throws ApiError that names the first request that cannot be carried out, or is none that we know
 */
export function batchUpdate(
	workbook: Workbook,
	requests: readonly Record<string, unknown>[],
	habits: MetadataHabits,
): { workbook: Workbook; replies: object[] } {
	if (requests.length === 0) throw invalid('Must specify at least one request.');
	const replies: object[] = [];
	let current = workbook;
	for (const [position, one] of requests.entries()) {
		const kinds = Object.keys(one);
		const kind = kinds[0];
		if (kind === undefined || kinds.length !== 1) {
			throw invalid(`Invalid requests[${position}]: it must hold exactly one kind of request.`);
		}
		if (!Object.hasOwn(REQUESTS, kind)) {
			throw invalid(
				`Invalid requests[${position}].${kind}: the local sheet does not implement this kind of request.`,
			);
		}
		const outcome = REQUESTS[kind as keyof typeof REQUESTS](
			current,
			one[kind],
			`requests[${position}].${kind}`,
			habits,
		);
		current = outcome.workbook;
		const hasReply = Object.keys(outcome.reply).length > 0;
		replies.push(hasReply ? { [kind]: outcome.reply } : {});
	}
	return { workbook: current, replies };
}

function addSheet(workbook: Workbook, properties: SheetProperties): Outcome {
	const used = new Set(workbook.worksheets.map((one) => one.sheetId));
	const id = properties.sheetId ?? unusedId(used);
	if (used.has(id)) throw invalid(`Invalid requests.addSheet: A sheet with the ID "${id}" already exists.`);
	const title = properties.title ?? unusedTitle(workbook);
	refuseTitleInUse(workbook, title, undefined);
	const {
		rowCount = NEW_ROWS,
		columnCount = NEW_COLUMNS,
		frozenRowCount = 0,
	} = properties.gridProperties ?? {};
	demandRoom(workbook, rowCount * columnCount, 1);
	const worksheet = { ...newWorksheet(id, title, rowCount, columnCount), frozenRows: frozenRowCount };
	const worksheets = [...workbook.worksheets];
	worksheets.splice(properties.index ?? worksheets.length, 0, worksheet);
	const next = { ...workbook, worksheets };
	return { workbook: next, reply: { properties: worksheetProperties(next, worksheet) } };
}

function duplicateSheet(
	workbook: Workbook,
	{
		sourceSheetId,
		insertSheetIndex = 0,
		newSheetId,
		newSheetName,
	}: {
		sourceSheetId: number;
		insertSheetIndex?: number | undefined;
		newSheetId?: number | undefined;
		newSheetName?: string | undefined;
	},
): Outcome {
	const source = worksheetById(workbook, sourceSheetId);
	const used = new Set(workbook.worksheets.map((one) => one.sheetId));
	const sheetId = newSheetId ?? unusedId(used);
	if (used.has(sheetId)) throw invalid(`A sheet with the ID "${sheetId}" already exists.`);
	let title = newSheetName ?? `Copy of ${source.title}`;
	if (newSheetName !== undefined) refuseTitleInUse(workbook, title, undefined);
	const titles = new Set(workbook.worksheets.map((one) => one.title));
	for (let number = 2; titles.has(title); number++) title = `Copy of ${source.title} ${number}`;
	demandRoom(workbook, source.rows.length * source.columns.length, 1);
	const copy = { ...source, sheetId, title };
	const next = { ...workbook, worksheets: workbook.worksheets.toSpliced(insertSheetIndex, 0, copy) };
	return { workbook: next, reply: { properties: worksheetProperties(next, copy) } };
}

export function unusedId(used: ReadonlySet<number>): number {
	for (;;) {
		const id = Math.floor(Math.random() * 2 ** 31);
		if (!used.has(id)) return id;
	}
}

function unusedTitle(workbook: Workbook): string {
	const titles = new Set(workbook.worksheets.map((one) => one.title));
	let number = workbook.worksheets.length + 1;
	while (titles.has(`Sheet${number}`)) number++;
	return `Sheet${number}`;
}

function refuseTitleInUse(workbook: Workbook, title: string, except: number | undefined): void {
	const same = workbook.worksheets.some(
		(one) => one.sheetId !== except && one.title.toLowerCase() === title.toLowerCase(),
	);
	if (same) throw invalid(`A sheet with the name "${title}" already exists. Please enter another name.`);
}

function updateSheet(workbook: Workbook, properties: SheetProperties, fields: string): Workbook {
	const grid = ['gridProperties.rowCount', 'gridProperties.columnCount', 'gridProperties.frozenRowCount'];
	const named = namedFields(fields, ['title', 'index', 'gridProperties', ...grid]);
	let worksheet = worksheetById(workbook, properties.sheetId ?? 0);
	if (named.has('title')) {
		if (properties.title === undefined) throw invalid('A sheet must have a title.');
		refuseTitleInUse(workbook, properties.title, worksheet.sheetId);
		worksheet = { ...worksheet, title: properties.title };
	}
	const has = (field: string) => named.has('gridProperties') || named.has(`gridProperties.${field}`);
	const { rowCount, columnCount, frozenRowCount } = properties.gridProperties ?? {};
	if (has('frozenRowCount')) worksheet = { ...worksheet, frozenRows: frozenRowCount ?? 0 };
	let next = withWorksheet(workbook, worksheet);
	if (has('rowCount') && rowCount !== undefined) next = resized(next, worksheet.sheetId, 'ROWS', rowCount);
	if (has('columnCount') && columnCount !== undefined)
		next = resized(next, worksheet.sheetId, 'COLUMNS', columnCount);
	if (named.has('index') && properties.index !== undefined) {
		const moved = worksheetById(next, worksheet.sheetId);
		const others = next.worksheets.filter((one) => one !== moved);
		next = { ...next, worksheets: others.toSpliced(properties.index, 0, moved) };
	}
	return next;
}

function resized(workbook: Workbook, id: number, which: 'ROWS' | 'COLUMNS', size: number): Workbook {
	const worksheet = worksheetById(workbook, id);
	const now = which === 'ROWS' ? worksheet.rows.length : worksheet.columns.length;
	if (size < now)
		return deleteDimension(workbook, { sheetId: id, dimension: which, startIndex: size, endIndex: now });
	return withWorksheet(workbook, which === 'ROWS' ? grown(worksheet, size, 0) : grown(worksheet, 0, size));
}

/** The fields of a mask such as `title,gridProperties.frozenRowCount`; `*` is all of them. */
function namedFields(mask: string, known: readonly string[]): Set<string> {
	// Google takes a slash for the dot, too, as some clients write it.
	const fields = mask.split(',').map((field) => field.trim().replaceAll('/', '.'));
	if (fields.includes('*')) return new Set(known);
	const stranger = fields.find((field) => !known.includes(field));
	if (stranger !== undefined)
		throw invalid(`Invalid field: ${stranger}; the local sheet can change ${known.join(', ')}.`);
	return new Set(fields);
}
