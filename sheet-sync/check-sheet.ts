/** What an organizer's admin wants to know before the event: can we read and write the sheet, and is everything in it? */
import type { sheets_v4 } from 'googleapis/build/src/apis/sheets/index.js';
import type { Column } from './columns.ts';
import { DEFAULT_HEADERS, INPUT_COLUMNS, matchHeaders, OUTPUT_COLUMNS } from './columns.ts';
import type { SheetSyncOptions } from './options.ts';
import type { SheetsAuthorization } from './sheets-credentials.ts';
import { authorize } from './sheets-credentials.ts';
import { SheetsError } from './sheets-error.ts';
import type { SheetsTransport } from './sheets-transport.ts';
import { httpTransport, renewing } from './sheets-transport.ts';
import { isTimeZone } from './time-zone.ts';
import type { WorksheetChoice } from './worksheet-choice.ts';
import { chooseWorksheets, missingWorksheets } from './worksheet-choice.ts';

/** One thing that was looked at: fine, worth knowing, or to be mended before the sheet can be synced. */
export interface Finding {
	kind: 'fine' | 'hint' | 'problem';
	/** A sentence that says what is, where, and what to do. */
	sentence: string;
}

/** No event has this mark: its removal needs the right to write and changes nothing. */
const NO_MARK = 'cutsheet-check';

/**
 * Look at access, time zone, worksheets and headers, in that order, with three reads and one write that changes nothing.
 * What hides the rest from view (no access) is the last finding.
 *
 * @param transport in place of the network, for tests
 */
export async function checkSheet(options: SheetSyncOptions, transport?: SheetsTransport): Promise<Finding[]> {
	const findings: Finding[] = [];
	const add = (kind: Finding['kind'], sentence: string) => findings.push({ kind, sentence });
	let authorization: SheetsAuthorization;
	try {
		authorization = await authorize(options, options.endpoint !== undefined);
	} catch (error) {
		add('problem', (error as Error).message);
		return findings;
	}
	const { spreadsheetId, endpoint } = options;
	const way = transport ?? renewing(httpTransport(options, authorization), authorization);
	const call = async <T>(run: () => Promise<T>): Promise<T | undefined> => {
		try {
			return await run();
		} catch (error) {
			add('problem', SheetsError.from(error, { spreadsheetId, endpoint, authorization }).message);
			return undefined;
		}
	};
	if (authorization.account !== undefined) add('fine', `The service account is ${authorization.account}.`);

	const spreadsheet = await call(() =>
		way.get(
			'properties(title,timeZone),sheets(properties(sheetId,title,sheetType,gridProperties.rowCount),protectedRanges.description)',
		),
	);
	if (spreadsheet === undefined) return findings;
	add('fine', `The spreadsheet “${spreadsheet.properties?.title ?? ''}” can be read.`);
	const lookup = { developerMetadataLookup: { metadataKey: NO_MARK } };
	const written = await call(() => way.batchUpdate([{ deleteDeveloperMetadata: { dataFilter: lookup } }]));
	if (written !== undefined) add('fine', 'It can be written.');

	checkTimeZone(spreadsheet.properties?.timeZone ?? '', add);
	const chosen = checkWorksheets(spreadsheet.sheets ?? [], options, add);
	const headers = await call(() => readHeaders(way, spreadsheet.sheets ?? [], chosen));
	if (headers !== undefined) checkHeaders(chosen, headers, options, add);
	return findings;
}

type Add = (kind: Finding['kind'], sentence: string) => void;

function checkTimeZone(timeZone: string, add: Add): void {
	if (isTimeZone(timeZone)) {
		add('fine', `Dates and times in cells are read in the spreadsheet’s time zone, ${timeZone}.`);
	} else {
		add(
			'problem',
			`The spreadsheet’s time zone “${timeZone}” is unknown here; choose another in its settings (File, Settings).`,
		);
	}
}

function checkWorksheets(
	sheets: readonly sheets_v4.Schema$Sheet[],
	options: SheetSyncOptions,
	add: Add,
): WorksheetChoice[] {
	const grids = sheets.flatMap(({ properties }) =>
		(properties?.sheetType ?? 'GRID') === 'GRID'
			? [{ sheetId: properties?.sheetId ?? 0, title: properties?.title ?? '' }]
			: [],
	);
	const chosen = chooseWorksheets(grids, [], {
		worksheets: options.worksheets,
		start: options.start,
		worksheetStarts: options.worksheetStarts ?? {},
		headerRow: options.headerRow ?? 1,
		worksheetHeaderRows: options.worksheetHeaderRows ?? {},
	});
	for (const title of missingWorksheets(chosen, options.worksheets)) {
		const present = grids.map((one) => `“${one.title}”`).join(', ');
		add(
			'problem',
			`No worksheet is called “${title}”; there are ${present}. Rename one or mend the configuration.`,
		);
	}
	for (const { properties, protectedRanges } of sheets) {
		if (!protectedRanges?.length || !chosen.some(({ sheetId }) => sheetId === (properties?.sheetId ?? 0)))
			continue;
		add(
			'hint',
			`Worksheet “${properties?.title}” has protected ranges; let the account of the credentials edit them, or take ` +
				'the protection off, where cutsheet writes.',
		);
	}
	return chosen;
}

/** The header rows of the worksheets that are long enough to have one, by id. One read. */
async function readHeaders(
	way: SheetsTransport,
	sheets: readonly sheets_v4.Schema$Sheet[],
	chosen: readonly WorksheetChoice[],
): Promise<Map<number, unknown[]>> {
	const heights = new Map(
		sheets.map(({ properties }) => [properties?.sheetId ?? 0, properties?.gridProperties?.rowCount ?? 0]),
	);
	const dataFilters = chosen
		.filter(({ sheetId, headerRow }) => headerRow <= (heights.get(sheetId) ?? 0))
		.map(({ sheetId, headerRow }) => ({
			gridRange: { sheetId, startRowIndex: headerRow - 1, endRowIndex: headerRow },
		}));
	const headers = new Map<number, unknown[]>();
	if (dataFilters.length === 0) return headers;
	const { valueRanges = [] } = await way.readValues({ dataFilters, majorDimension: 'ROWS' });
	for (const { dataFilters: matched = [], valueRange } of valueRanges) {
		for (const { gridRange } of matched) headers.set(gridRange?.sheetId ?? 0, valueRange?.values?.[0] ?? []);
	}
	return headers;
}

function checkHeaders(
	chosen: readonly WorksheetChoice[],
	headers: ReadonlyMap<number, unknown[]>,
	options: SheetSyncOptions,
	add: Add,
): void {
	const names = { ...DEFAULT_HEADERS, ...options.headers };
	let usable = 0;
	for (const { sheetId, title, headerRow, countFrom } of chosen) {
		const match = matchHeaders(title, headers.get(sheetId) ?? [], names);
		if (match.kind === 'unusable') for (const problem of match.problems) add('problem', problem);
		else if (match.kind === 'foreign') {
			const asked = options.worksheets !== undefined;
			add(
				asked ? 'problem' : 'hint',
				`Worksheet “${title}” has none of our headers in row ${headerRow}, and is left alone; to have it synced, ` +
					`write the headers “${names.description}”, “${names.start}” and “${names.id}” there.`,
			);
		} else {
			usable++;
			add('fine', `Worksheet “${title}” is synced.`);
			hintAtMissing(title, match.columns, names, add);
			if (match.columns.edit_link !== undefined && options.editUrl === undefined) {
				add(
					'hint',
					`Worksheet “${title}” has a column “${names.edit_link}”, and nobody told cutsheet where the pages for editors are; ` +
						'configure sheet.editUrl.',
				);
			}
			if (countFrom === null) {
				add(
					'hint',
					`Worksheet “${title}” has no start to count from: times such as 1:30 cannot be read, full ones can. ` +
						'Configure sheet.start or sheet.worksheetStarts to use them.',
				);
			}
		}
	}
	if (usable === 0) add('problem', 'No worksheet can be synced.');
}

function hintAtMissing(
	title: string,
	columns: Readonly<Partial<Record<Column, number>>>,
	names: Readonly<Record<Column, string>>,
	add: Add,
): void {
	const list = (which: readonly Column[]) =>
		which.filter((column) => columns[column] === undefined).map((column) => `“${names[column]}”`);
	const outputs = list(OUTPUT_COLUMNS);
	const inputs = list(INPUT_COLUMNS);
	if (outputs.length > 0) {
		add('hint', `Worksheet “${title}” has no column ${outputs.join(', ')}, so people do not see that there.`);
	}
	if (inputs.length > 0) {
		add(
			'hint',
			`Worksheet “${title}” has no column ${inputs.join(', ')}; that is fine if nobody wants to set it there.`,
		);
	}
	const form = list(['video_start', 'video_end']);
	if (columns.submit !== undefined && form.length > 0) {
		add(
			'hint',
			`Worksheet “${title}” has a column “${names.submit}”, but no column ${form.join(', ')}: nothing can be submitted there.`,
		);
	}
}
