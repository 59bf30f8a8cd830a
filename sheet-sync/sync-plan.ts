/** What one sync cycle is to do, on both sides, as plain data. */
import type { Column } from './columns.ts';
import type { PlacedRow } from './placed-rows.ts';
import type { CellValue, EventInputs } from './row-inputs.ts';
import type { RememberedRow } from './snapshot.ts';
import type { SubmitOrder } from './submit-box.ts';

/** One cell, addressed by worksheet, row and column, counted from 0. */
export interface CellWrite {
	sheetId: number;
	row: number;
	column: number;
	value: CellValue;
	/** The row's id, '' when it has none. */
	id: string;
	/** What the cell is for. */
	name: Column;
}

/** Cells that must land on this very row and no other, wherever it is by then. */
export interface RowWrite {
	sheetId: number;
	row: number;
	/** The row as it was read, to recognize it by. */
	seen: readonly CellValue[];
	/** The worksheet's header row as it was read: a moved column would take the cell to a wrong place. */
	headers: readonly CellValue[];
	/** Where that header row is, counted from 0. */
	headerIndex: number;
	/** By column, counted from 0. */
	cells: ReadonlyMap<number, CellValue>;
}

/** A row that needs an id. */
export interface IdToGive {
	row: PlacedRow;
	/** The id that the row lost, or undefined for a new one. */
	lostId: string | undefined;
	/** The row that it was copied from, with its id; `elsewhere` when that is in another spreadsheet. */
	copyOf: PlacedRow | 'elsewhere' | undefined;
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
	/** What the row's box asks for, carried out after the changes. */
	submit?: SubmitOrder;
	/** Remembered only if the change was taken. */
	remember: RememberedRow;
}

/** A row that is not synced in full, and why: for the log. */
export interface SetAside {
	worksheet: string;
	/** As people count, from 1. */
	row: number;
	/** What stands in its id cell: the event's id, or nothing yet. */
	id: string;
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
	/** Inputs set elsewhere, and inputs that a write of ours spoiled, to be written into their rows. */
	inputs: RowWrite[];
	/** Output cells that differ from what they should say. */
	outputs: CellWrite[];
	setAside: SetAside[];
	/** Sentences about worksheets that cannot be synced at all. */
	worksheetProblems: readonly string[];
}

/** Cells for a row, with all that is needed to recognize it. */
export function rowWrite({ layout, index, cells, seen }: PlacedRow, values: RowWrite['cells']): RowWrite {
	const { sheetId, headers, headerIndex } = layout;
	return { sheetId, row: index, seen: seen ?? cells, headers, headerIndex, cells: values };
}
