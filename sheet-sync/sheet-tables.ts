/** The sheet's own tables (db/migrations/0002_sheet.sql) for Kysely, beside those of the rest. */
import type { ColumnType, Generated } from 'kysely';
import type { Tables } from '../db/tables.ts';
import type { EventInputs } from './row-inputs.ts';

/** jsonb: read parsed, always written as a string. */
type Json<T> = ColumnType<T, string | undefined, string>;

export interface SheetRowsTable {
	event_id: string;
	spreadsheet: string;
	worksheet: number;
	agreed: Json<Partial<EventInputs>>;
	written: Json<Partial<EventInputs>>;
}

export interface LocalSpreadsheetsTable {
	id: string;
	title: string;
	time_zone: string;
	/** bigint: a string in JavaScript. */
	version: ColumnType<string, number | undefined, number>;
	metadata: Json<unknown[]>;
}

export interface LocalWorksheetsTable {
	spreadsheet: string;
	sheet_id: number;
	title: string;
	position: number;
	column_count: number;
	frozen_rows: Generated<number>;
	row_keys: number[];
}

export interface LocalRowsTable {
	spreadsheet: string;
	sheet_id: number;
	key: number;
	cells: Json<unknown[]>;
}

export interface SheetTables extends Tables {
	sheet_rows: SheetRowsTable;
	local_spreadsheets: LocalSpreadsheetsTable;
	local_worksheets: LocalWorksheetsTable;
	local_rows: LocalRowsTable;
}
