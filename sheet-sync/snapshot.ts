/** What a sync cycle starts from: both sides as they were read, and what the sync remembers of their last agreement. */
import type { CellValue, EventInputs } from './row-inputs.ts';
import type { EventOutputs } from './row-outputs.ts';

/** The spreadsheet as one read request gave it. */
export interface SheetSnapshot {
	/** The spreadsheet's time zone, an IANA name. */
	timeZone: string;
	worksheets: WorksheetSnapshot[];
	/** Ids of worksheets that exist but are not synced; nothing is said about rows there. */
	unread: readonly number[];
}

export interface WorksheetSnapshot {
	/** The API's number for the worksheet, which a rename does not change. */
	sheetId: number;
	title: string;
	/** All rows from the first on; trailing empty cells and rows may be missing. */
	rows: CellValue[][];
	/** The instant (ms) that `HH:MM` in this worksheet counts from, or null. */
	countFrom: number | null;
	/** Which row holds the headers, counted from 1; rows above are people's own. */
	headerRow: number;
}

/** The columns of an event that the sync reads. */
export interface EventRow extends EventInputs, EventOutputs {
	id: string;
	sheet_name: string;
	/** Whether `removed_from_sheet_at` is set. */
	removed: boolean;
	/** What a cutter is doing with it, such as `42 % on node-2`; null when nobody does, or when it is not shown. */
	progress: string | null;
}

/** What the sync remembers of an event's row. */
export interface RememberedRow {
	id: string;
	sheetId: number;
	/** Input values on which the sheet and Postgres last agreed; of columns that the worksheet has. */
	agreed: Partial<EventInputs>;
	/**
	 * Values set elsewhere that the sync is writing into the sheet and has not seen there yet. Stored before the
	 * write, so that our own value is not taken for a person's change, whenever the daemon dies.
	 */
	written: Partial<EventInputs>;
	/** What was last seen of the row's Submit; undefined while its worksheet has no such column. */
	submit?: SubmitMemory | undefined;
}

/** What is remembered of a row's box. */
export interface SubmitMemory {
	/** How the box stood when it was last looked at; what it asked for then is done, or refused. */
	seen: boolean;
	/** Why the last tick was refused, for the row's error cell. */
	refused?: string;
	/** What the row and the event said when it was refused: the sentence is shown while they say the same. */
	about?: string;
	/** The box is being unticked by us: seen without its tick, that is nobody's order to cancel. */
	unticking?: boolean;
}

/** Equality of input values, which are plain JSON. */
export function sameInput(a: unknown, b: unknown): boolean {
	return a === b || (Array.isArray(a) && Array.isArray(b) && JSON.stringify(a) === JSON.stringify(b));
}
