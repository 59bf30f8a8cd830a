/**
 * Another spreadsheet as a copy written from Postgres: a public schedule, say. Nothing is ever read from it into Postgres,
 * so that it may be shared with everybody; what people write into its columns is written over.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Db } from '../db/connect.ts';
import type { FeedCursor } from '../db/feed.ts';
import { feedCursor, readFeed } from '../db/feed.ts';
import { nextDelay } from './back-off.ts';
import type { PublishedColumn, PublishedFilter, RowRun } from './published-rows.ts';
import { changedRuns, PUBLISHED_FIELDS, publishedRows } from './published-rows.ts';
import { budgeted } from './request-budget.ts';
import type { SheetsAuthorization } from './sheets-credentials.ts';
import { authorize } from './sheets-credentials.ts';
import { SheetsError } from './sheets-error.ts';
import type { SheetsTransport } from './sheets-transport.ts';
import { httpTransport, renewing } from './sheets-transport.ts';
import { observedTransport, type SyncObserver } from './sync-observer.ts';
import { isTimeZone } from './time-zone.ts';

export interface ReverseSyncOptions extends PublishedFilter {
	/** Of the copy; never that of the sheet that is synced. */
	spreadsheetId: string;
	/** Title of the worksheet that is written; made if there is none. */
	worksheet: string;
	/** From left to right. */
	columns: readonly PublishedColumn[];
	endpoint?: string;
	credentialsFile?: string;
	token?: string;
	/** Seconds after which a request without a whole answer is given up. Default 60. */
	timeoutSeconds?: number;
	/** Requests per minute, at most. Default 60 each: with the credentials of another process give each a part. */
	readsPerMinute?: number;
	writesPerMinute?: number;
	/** Seconds between two updates, at least. Default 5. */
	seconds?: number;
	/** Seconds after which the copy is looked at although nothing changed in Postgres. Default 60. */
	lookSeconds?: number;
}

/** A request stays well below the 2 MB that Google recommends. */
const LARGEST_WRITE = 1_000_000;

export class ReverseSync {
	readonly #options: ReverseSyncOptions;
	readonly #db: Db;
	readonly #transport: SheetsTransport;
	readonly #authorization: SheetsAuthorization;

	private constructor(
		options: ReverseSyncOptions,
		db: Db,
		transport: SheetsTransport,
		authorization: SheetsAuthorization,
	) {
		this.#options = options;
		this.#db = db;
		this.#transport = transport;
		this.#authorization = authorization;
	}

	/** @throws Error when credentials are missing or cannot be read */
	static async open(
		options: ReverseSyncOptions,
		db: Db,
		observer?: SyncObserver,
		signal?: AbortSignal,
	): Promise<ReverseSync> {
		const { readsPerMinute = 60, writesPerMinute = 60 } = options;
		const authorization = await authorize(options, options.endpoint !== undefined);
		const transport = observedTransport(httpTransport(options, authorization), observer);
		const limited = budgeted(transport, { readsPerMinute, writesPerMinute, signal });
		return new ReverseSync(options, db, renewing(limited, authorization), authorization);
	}

	/**
	 * Make the copy show what Postgres holds: two reads, and a write if anything differs.
	 *
	 * @returns how many rows were written
	 * @throws SheetsError
	 */
	async update(): Promise<number> {
		const { columns, spreadsheetId, endpoint } = this.#options;
		const events = await this.#db
			.selectFrom('events')
			.select(PUBLISHED_FIELDS)
			.where('removed_from_sheet_at', 'is', null)
			.execute();
		try {
			const { sheetId, rowCount, columnCount, timeZone } = await this.#describe();
			const wanted = publishedRows(events, columns, this.#options, timeZone);
			const present = await this.#read(sheetId, Math.min(columns.length, columnCount));
			const runs = changedRuns(present, wanted, columns.length);
			if (runs.length > 0) await this.#write(sheetId, runs, rowCount, columnCount);
			return runs.reduce((sum, { values }) => sum + values.length, 0);
		} catch (error) {
			throw SheetsError.from(error, { spreadsheetId, endpoint, authorization: this.#authorization });
		}
	}

	async #describe() {
		const { worksheet } = this.#options;
		const find = async () => {
			const data = await this.#transport.get(
				'properties.timeZone,sheets.properties(sheetId,title,gridProperties(rowCount,columnCount))',
			);
			const sheet = data.sheets?.find(({ properties }) => properties?.title === worksheet)?.properties;
			const timeZone = data.properties?.timeZone ?? 'UTC';
			return { sheet, timeZone: isTimeZone(timeZone) ? timeZone : 'UTC' };
		};
		let found = await find();
		if (found.sheet === undefined) {
			await this.#transport.batchUpdate([{ addSheet: { properties: { title: worksheet } } }]);
			found = await find();
		}
		const { rowCount, columnCount } = found.sheet?.gridProperties ?? {};
		return {
			sheetId: found.sheet?.sheetId ?? 0,
			rowCount: rowCount ?? 0,
			columnCount: columnCount ?? 0,
			timeZone: found.timeZone,
		};
	}

	async #read(sheetId: number, width: number): Promise<unknown[][]> {
		const { valueRanges } = await this.#transport.readValues({
			dataFilters: [{ gridRange: { sheetId, startColumnIndex: 0, endColumnIndex: width } }],
			majorDimension: 'ROWS',
			valueRenderOption: 'UNFORMATTED_VALUE',
		});
		return valueRanges?.[0]?.valueRange?.values ?? [];
	}

	/** The grid grows as needed; every write is of RAW values, so that no title becomes a formula. */
	async #write(
		sheetId: number,
		runs: readonly RowRun[],
		rowCount: number,
		columnCount: number,
	): Promise<void> {
		const width = this.#options.columns.length;
		const last = runs.at(-1);
		const height = (last?.startRow ?? 0) + (last?.values.length ?? 0);
		const more = [
			{ dimension: 'ROWS', length: height - rowCount },
			{ dimension: 'COLUMNS', length: width - columnCount },
		].filter(({ length }) => length > 0);
		if (more.length > 0) {
			await this.#transport.batchUpdate(more.map((one) => ({ appendDimension: { sheetId, ...one } })));
		}
		for (const part of inParts(runs)) {
			await this.#transport.writeValues({
				valueInputOption: 'RAW',
				data: part.map(({ startRow, values }) => ({
					dataFilter: {
						gridRange: {
							sheetId,
							startRowIndex: startRow,
							endRowIndex: startRow + values.length,
							startColumnIndex: 0,
							endColumnIndex: width,
						},
					},
					majorDimension: 'ROWS',
					values,
				})),
			});
		}
	}
}

/** The runs in parts of some size, long runs split. */
function* inParts(runs: readonly RowRun[]): Generator<RowRun[]> {
	let part: RowRun[] = [];
	let size = 0;
	for (const { startRow, values } of runs) {
		let run: RowRun | undefined;
		for (const [offset, row] of values.entries()) {
			const length = Buffer.byteLength(JSON.stringify(row));
			if (size + length > LARGEST_WRITE && part.length > 0) {
				yield part;
				part = [];
				size = 0;
				run = undefined;
			}
			if (run === undefined) {
				run = { startRow: startRow + offset, values: [] };
				part.push(run);
			}
			run.values.push(row);
			size += length;
		}
	}
	if (part.length > 0) yield part;
}

/** Keep the copy up to date until `signal` aborts: after changes in Postgres, and now and then by itself. */
export async function runReverseSync(
	options: ReverseSyncOptions,
	{ db, log, signal, observer }: { db: Db; log: Logger; signal: AbortSignal; observer?: SyncObserver },
): Promise<void> {
	const { seconds = 5, lookSeconds = 60, spreadsheetId, worksheet } = options;
	const copy = await ReverseSync.open(options, db, observer, signal);
	const pause = (ms: number) => sleep(ms, undefined, { signal }).catch(() => undefined);
	let cursor: FeedCursor | undefined;
	let failures = 0;
	log.info({ spreadsheet: spreadsheetId, worksheet }, 'publish-sheet is running');
	while (!signal.aborted) {
		const lookedAt = performance.now();
		try {
			// The cursor first: what changes during the update is told again.
			cursor = await feedCursor(db);
			const rows = await copy.update();
			if (rows > 0) log.info({ rows }, 'the copy was brought up to date');
			failures = 0;
			observer?.shown(lookedAt);
			observer?.cycled((performance.now() - lookedAt) / 1000, 0);
		} catch (error) {
			if (signal.aborted) break;
			failures++;
			observer?.failed((error as Error).message);
			const delay = nextDelay(failures, error instanceof SheetsError ? error.retryAfterMs : undefined);
			log.warn(
				{ failures, retryInSeconds: Math.round(delay / 1000) },
				`the copy could not be brought up to date: ${(error as Error).message}`,
			);
			await pause(delay);
			continue;
		}
		const due = performance.now() + lookSeconds * 1000;
		do await pause(seconds * 1000);
		while (!signal.aborted && performance.now() < due && !(await hasChanged(db, cursor, log)));
	}
	log.info('publish-sheet has stopped');
}

async function hasChanged(db: Db, cursor: FeedCursor, log: Logger): Promise<boolean> {
	try {
		const { eventIds, reset } = await readFeed(db, cursor);
		return reset || eventIds.length > 0;
	} catch (error) {
		log.debug({ err: error }, 'cannot read the change feed');
		return false;
	}
}
