/**
 * The sync plan: from the sheet, the events and what is remembered of them to everything that one cycle does.
 * Pure: it reads nothing else and changes nothing.
 */
import type { Column, ColumnPositions, HeaderNames } from './columns.ts';
import { matchHeaders, OUTPUT_COLUMNS } from './columns.ts';
import { LostRows } from './lost-rows.ts';
import { mergeRow } from './merge-row.ts';
import { cellText } from './plain-cells.ts';
import type { CellValue, EventInputs } from './row-inputs.ts';
import { cellAt, isEmptyRow, readRow } from './row-inputs.ts';
import type { OutputCells } from './row-outputs.ts';
import { emptyOutputCells, inputCell, outputCells } from './row-outputs.ts';
import type { EventRow, RememberedRow, SheetSnapshot, WorksheetSnapshot } from './snapshot.ts';

export interface PlanOptions {
	names: HeaderNames;
	/** Which row holds the headers, counted from 1; rows above are people's own. */
	headerRow: number;
}

/** What Postgres knows, by event id. */
export interface Known {
	events: ReadonlyMap<string, EventRow>;
	remembered: ReadonlyMap<string, RememberedRow>;
	/** What Postgres said when it refused an event's last change, as a sentence for the row. */
	refusals: ReadonlyMap<string, string>;
}

/** One cell, addressed by worksheet, row and column, counted from 0. */
export interface CellWrite {
	sheetId: number;
	row: number;
	column: number;
	value: CellValue;
}

/** Cells that must land on this very row and no other, wherever it is by then. */
export interface RowWrite {
	sheetId: number;
	row: number;
	/** The row as it was read, to recognize it by. */
	seen: readonly CellValue[];
	/** The worksheet's header row as it was read: a moved column would take the cell to a wrong place. */
	headers: readonly CellValue[];
	/** By column, counted from 0. */
	cells: ReadonlyMap<number, CellValue>;
}

/** A row that needs an id in its column `idColumn`. */
export interface IdToGive extends Omit<RowWrite, 'cells'> {
	idColumn: number;
	/** The id that the row lost, or undefined for a new one. */
	lostId: string | undefined;
}

/** An event to be made of a row that carries an id of ours. */
export interface EventInsert {
	sheetName: string;
	values: Partial<EventInputs>;
	remember: RememberedRow;
}

export interface EventUpdate {
	id: string;
	changes: Partial<EventInputs> & { sheet_name?: string };
	/** Remembered only if the change was taken. */
	remember: RememberedRow;
}

/** A row that is not synced in full, and why: for the log. */
export interface SetAside {
	worksheet: string;
	/** As people count, from 1. */
	row: number;
	sentences: string[];
}

export interface SyncPlan {
	idsToGive: IdToGive[];
	inserts: EventInsert[];
	updates: EventUpdate[];
	/** Memory alone that changed. */
	remember: RememberedRow[];
	/** Ids of events whose row is gone or emptied. */
	removed: string[];
	/** Ids of events whose row is back. */
	returned: string[];
	/** Inputs set elsewhere, to be written into their rows. */
	inputs: RowWrite[];
	/** Output cells that differ from what they should say. */
	outputs: CellWrite[];
	setAside: SetAside[];
	/** Sentences about worksheets that cannot be synced at all. */
	worksheetProblems: string[];
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** A row of a usable worksheet, with what is needed to plan it. */
interface PlacedRow {
	worksheet: WorksheetSnapshot;
	columns: ColumnPositions;
	/** Counted from 0. */
	index: number;
	cells: readonly CellValue[];
	/** The id cell in lower case, '' when empty. */
	id: string;
	empty: boolean;
}

/** Plan one cycle. See the types for what comes in and out; the rules are those of the design's event row. */
export function planSync(snapshot: SheetSnapshot, known: Known, options: PlanOptions): SyncPlan {
	const plan: SyncPlan = {
		idsToGive: [],
		inserts: [],
		updates: [],
		remember: [],
		removed: [],
		returned: [],
		inputs: [],
		outputs: [],
		setAside: [],
		worksheetProblems: [],
	};
	const { rows, unusable } = placeRows(snapshot, known, options, plan);
	const places = placesOfIds(rows);
	const unread = new Set([...snapshot.unread, ...unusable]);
	const lost = new LostRows(
		[...known.remembered.values()].filter(
			({ id, sheetId }) => known.events.get(id)?.removed === false && !places.has(id) && !unread.has(sheetId),
		),
	);
	for (const row of rows) {
		const shown = planRow(row, places, lost, snapshot.timeZone, known, options, plan);
		if (shown === undefined) continue;
		const { outputs, sentences } = shown;
		if (sentences.length > 0)
			plan.setAside.push({ worksheet: row.worksheet.title, row: row.index + 1, sentences });
		planOutputs(row, outputs, plan);
	}

	plan.removed.push(...lost.unclaimed);
	return plan;
}

function placeRows(snapshot: SheetSnapshot, known: Known, options: PlanOptions, plan: SyncPlan) {
	const rows: PlacedRow[] = [];
	const unusable: number[] = [];
	const syncedBefore = new Set([...known.remembered.values()].map(({ sheetId }) => sheetId));
	for (const worksheet of snapshot.worksheets) {
		const match = matchHeaders(worksheet.title, worksheet.rows[options.headerRow - 1] ?? [], options.names);
		if (match.kind !== 'ours') {
			unusable.push(worksheet.sheetId);
			if (match.kind === 'unusable') plan.worksheetProblems.push(...match.problems);
			else if (syncedBefore.has(worksheet.sheetId)) {
				plan.worksheetProblems.push(
					`Worksheet “${worksheet.title}” has lost its headers; row ${options.headerRow} must hold them again.`,
				);
			}
			continue;
		}
		for (let index = options.headerRow; index < worksheet.rows.length; index++) {
			const cells = worksheet.rows[index] ?? [];
			const id = cellText(cellAt(cells, match.columns, 'id'))
				.trim()
				.toLowerCase();
			rows.push({
				worksheet,
				columns: match.columns,
				index,
				cells,
				id,
				empty: isEmptyRow(cells, match.columns),
			});
		}
	}
	return { rows, unusable };
}

/** Where each id stands; emptied rows do not count, as they are removed ones. */
function placesOfIds(rows: readonly PlacedRow[]): Map<string, PlacedRow[]> {
	const places = new Map<string, PlacedRow[]>();
	for (const row of rows) {
		if (row.empty || row.id === '') continue;
		const others = places.get(row.id);
		if (others === undefined) places.set(row.id, [row]);
		else others.push(row);
	}
	return places;
}

/** What a row is to show, and the sentences about the row itself in it. */
interface Shown {
	outputs: OutputCells;
	sentences: string[];
}

/** Add to the plan what the row asks for, and say what the row is to show (nothing while it has no id). */
function planRow(
	row: PlacedRow,
	places: ReadonlyMap<string, PlacedRow[]>,
	lost: LostRows,
	timeZone: string,
	known: Known,
	options: PlanOptions,
	plan: SyncPlan,
): Shown | undefined {
	const { worksheet, columns, cells, id } = row;
	const { sheetId, title } = worksheet;
	if (row.empty) return { outputs: emptyOutputCells(), sentences: [] };
	const inputs = readRow(cells, columns, options.names, { timeZone, countFrom: worksheet.countFrom });
	const giveId = (lostId: string | undefined) => {
		const headers = worksheet.rows[options.headerRow - 1] ?? [];
		const idColumn = columns.id as number;
		plan.idsToGive.push({ sheetId, row: row.index, seen: cells, headers, idColumn, lostId });
	};
	if (id === '') {
		giveId(lost.claim(inputs));
		return undefined;
	}
	if (!UUID.test(id)) {
		const sentence =
			`${options.names.id}: “${id.slice(0, 60)}” is not an id that cutsheet gave; ` +
			'empty the cell to get a new one, or undo the change.';
		return { outputs: emptyOutputCells([sentence]), sentences: [sentence] };
	}

	const event = known.events.get(id);
	const refusal = known.refusals.get(id);
	const others = (places.get(id) ?? []).filter((other) => other !== row);
	if (others.length > 0) {
		const sentence = duplicateSentence(options.names.id, row, others);
		const outputs = event ? outputCells(event, [sentence]) : emptyOutputCells([sentence]);
		return { outputs, sentences: [sentence] };
	}

	const lostId = event === undefined ? lost.claim(inputs) : undefined;
	if (lostId !== undefined) {
		giveId(lostId);
		return undefined;
	}
	const remarks = refusal === undefined ? inputs.problems : [...inputs.problems, refusal];
	if (event === undefined) {
		const remember = { id, sheetId, agreed: inputs.values, written: {} };
		plan.inserts.push({ sheetName: title, values: inputs.values, remember });
		const fresh = { state: 'UNEDITED', video_link: null, error: null };
		const outputs = refusal === undefined ? outputCells(fresh, remarks) : emptyOutputCells(remarks);
		return { outputs, sentences: remarks };
	}

	const merged = mergeRow(inputs, columns, options.names, sheetId, event, known.remembered.get(id));
	const changes: EventUpdate['changes'] = { ...merged.changes };
	if (event.sheet_name !== title) changes.sheet_name = title;
	if (Object.keys(changes).length > 0) plan.updates.push({ id, changes, remember: merged.remember });
	else if (merged.remembersMore) plan.remember.push(merged.remember);
	if (event.removed) plan.returned.push(id);
	planInputs(row, merged.write, options, plan);
	const sentences = [...remarks, ...merged.waiting];
	return { outputs: outputCells(event, sentences), sentences };
}

/** Write the outputs that differ, where the worksheet has a column for them. */
function planOutputs(row: PlacedRow, outputs: OutputCells, plan: SyncPlan): void {
	for (const name of OUTPUT_COLUMNS) {
		const column = row.columns[name];
		const value = outputs[name];
		const shown = cellAt(row.cells, row.columns, name);
		if (column === undefined || cellText(shown === false ? '' : shown) === value) continue;
		plan.outputs.push({ sheetId: row.worksheet.sheetId, row: row.index, column, value });
	}
}

function planInputs(row: PlacedRow, write: Partial<EventInputs>, options: PlanOptions, plan: SyncPlan): void {
	const cells = new Map<number, CellValue>();
	for (const [name, value] of Object.entries(write) as [Column, EventInputs[keyof EventInputs]][]) {
		const column = row.columns[name];
		if (column !== undefined) cells.set(column, inputCell(name as 'tags', value as string[]));
	}
	if (cells.size === 0) return;
	const headers = row.worksheet.rows[options.headerRow - 1] ?? [];
	plan.inputs.push({ sheetId: row.worksheet.sheetId, row: row.index, seen: row.cells, headers, cells });
}

function duplicateSentence(header: string, row: PlacedRow, others: readonly PlacedRow[]): string {
	const where = others.map(({ worksheet, index }) =>
		worksheet === row.worksheet ? `row ${index + 1}` : `row ${index + 1} of “${worksheet.title}”`,
	);
	return (
		`${header}: the same id stands in ${where.join(' and ')}; empty the ${header} cell of the row that is the copy. ` +
		'Until then changes of these rows are not taken.'
	);
}
