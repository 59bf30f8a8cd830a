import type { Logger } from 'pino';
import type { Db } from '../db/connect.ts';
import type { HeaderNames } from './columns.ts';
import type { RowColors } from './row-colors.ts';
import type { SyncObserver } from './sync-observer.ts';

/** What the sync is told; `services/` makes it of the configuration. */
export interface SheetSyncOptions {
	/** From the spreadsheet's address: docs.google.com/spreadsheets/d/ID/edit. */
	spreadsheetId: string;
	/** The API's root when it is not Google's: the address of a local sheet. */
	endpoint?: string;
	/** A JSON file: the key of a service account, or an OAuth client with a refresh token. Not needed for a local sheet. */
	credentialsFile?: string;
	/** For a local sheet that asks for one. */
	token?: string;
	/** Seconds after which a request, or a sign-in, without a whole answer is given up: the next cycle makes it anew. Default 60. */
	timeoutSeconds?: number;
	/** Titles of the worksheets to sync, `*` standing for any text. Default: every worksheet that has our headers. */
	worksheets?: readonly string[];
	/** Header texts that differ from the defaults. */
	headers?: Partial<HeaderNames>;
	/** The row that holds the headers, counted from 1. Default 1. Rows inserted above it move it. */
	headerRow?: number;
	/** The same for single worksheets, by title. */
	worksheetHeaderRows?: Readonly<Record<string, number>>;
	/** What times such as `1:30` count from, in all worksheets. */
	start?: Date;
	/** The same for single worksheets, by title. */
	worksheetStarts?: Readonly<Record<string, Date>>;
	/**
	 * Seconds between looks at the sheet while nothing happens; half of it after a change. Default 2.5, which is 24 of
	 * Google's 60 reads per minute.
	 */
	pollSeconds?: number;
	/** Show in the state cell how far the cutter is, looked up every so many seconds. Default: not shown. */
	progressSeconds?: number;
	/** Cut an edited event even when its row was taken out of the sheet before a cutter claimed it. Default false. */
	cutRemoved?: boolean;
	/** Background colours of rows. Default: as people have them. */
	rowColors?: RowColors;
	/** Where the pages of `cutsheet web` are, for links to the editor; without it no row gets one. */
	editUrl?: string;
	/** Seconds for which rows say that one was a copy of the other. Default 600. */
	noticeSeconds?: number;
	/** Seconds between looks for new or renamed worksheets. Default 60. */
	worksheetsSeconds?: number;
	/** Seconds between readings of all events; changes are followed all the time. Default 600. */
	fullReadSeconds?: number;
	/** Requests per minute, at most. Default 60 each, Google's quota per user. */
	readsPerMinute?: number;
	writesPerMinute?: number;
}

/** What the sync works with. */
export interface SyncContext {
	/** A database with all migrations. */
	db: Db;
	log: Logger;
	/** Ends the daemon: waits are given up, calls and statements under way are finished. */
	signal?: AbortSignal;
	/** Told of what the sync does. */
	observer?: SyncObserver;
}
