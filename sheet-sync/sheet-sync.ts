import type { Logger } from 'pino';
import type { Db } from '../db/connect.ts';
import type { FeedCursor } from '../db/feed.ts';
import { feedCursor, readFeed } from '../db/feed.ts';
import { applyChanges } from './apply-changes.ts';
import { DEFAULT_HEADERS } from './columns.ts';
import { readEvents, readRemembered } from './event-rows.ts';
import { writeMarkedRows } from './marked-rows.ts';
import type { SheetSyncOptions, SyncContext } from './options.ts';
import type { PlanOptions, RowWrite, SyncPlan } from './plan.ts';
import { planSync } from './plan.ts';
import { SheetsClient } from './sheets-client.ts';
import type { SheetsAuthorization } from './sheets-credentials.ts';
import { bearerToken, readCredentials } from './sheets-credentials.ts';
import { SheetsError } from './sheets-error.ts';
import type { EventRow, RememberedRow, SheetSnapshot } from './snapshot.ts';
import { isTimeZone } from './time-zone.ts';
import type { WorksheetChoice } from './worksheet-choice.ts';
import { chooseWorksheets, missingWorksheets } from './worksheet-choice.ts';

/** What one cycle did. */
export interface CycleReport {
	/** Rows that were given an id; their events come with the next cycle. */
	idsGiven: number;
	/** Rows that need an id and did not get it yet: they changed at that moment, or were too many for one cycle. */
	idsWaiting: number;
	inserted: number;
	updated: number;
	removed: number;
	/** Cells written into the sheet, ids not counted. */
	cellsWritten: number;
	/** Rows that are not in full sync and say why. */
	setAside: number;
}

/** What changes of a spreadsheet's description are looked for between two looks. */
interface Description {
	timeZone: string;
	chosen: WorksheetChoice[];
	/** Ids of worksheets that exist and are not synced. */
	unread: number[];
	readAt: number;
}

export class SheetSync {
	readonly #options: SheetSyncOptions;
	readonly #db: Db;
	readonly #log: Logger;
	readonly #client: SheetsClient;
	readonly #planOptions: PlanOptions;
	readonly #events = new Map<string, EventRow>();
	readonly #remembered = new Map<string, RememberedRow>();
	#refusals = new Map<string, string>();
	#cursor: FeedCursor | undefined;
	/** Events that changed since their rows were last read. */
	readonly #stale = new Set<string>();
	#fullReadAt = Number.NEGATIVE_INFINITY;
	#description: Description | undefined;
	/** The worksheets chosen last, which outlives the description. */
	#chosen: WorksheetChoice[] = [];
	/** Sentences in the log, so that each is told once and not every cycle. */
	#told = new Set<string>();

	private constructor(
		options: SheetSyncOptions,
		authorization: SheetsAuthorization,
		{ db, log, signal }: SyncContext,
	) {
		this.#options = options;
		this.#db = db;
		this.#log = log;
		this.#planOptions = {
			names: { ...DEFAULT_HEADERS, ...options.headers },
			headerRow: options.headerRow ?? 1,
		};
		this.#client = new SheetsClient({
			spreadsheetId: options.spreadsheetId,
			endpoint: options.endpoint,
			authorization,
			readsPerMinute: options.readsPerMinute ?? 60,
			writesPerMinute: options.writesPerMinute ?? 60,
			signal,
		});
	}

	/** @throws Error when credentials are missing or cannot be read */
	static async open(options: SheetSyncOptions, context: SyncContext): Promise<SheetSync> {
		const { credentialsFile, token, endpoint } = options;
		let authorization: SheetsAuthorization = {};
		if (token !== undefined) authorization = bearerToken(token);
		else if (credentialsFile !== undefined) authorization = await readCredentials(credentialsFile);
		else if (endpoint === undefined)
			throw new Error('Google Sheets needs credentials: configure the file that holds them.');
		return new SheetSync(options, authorization, context);
	}

	/** Whether events changed in Postgres since the last cycle. One query, no matter how many events there are. */
	async hasChanges(): Promise<boolean> {
		await this.#followFeed();
		return this.#stale.size > 0;
	}

	/**
	 * One cycle: one read of the sheet, at most one write (three and a read more when rows need ids or take inputs).
	 *
	 * @throws SheetsError, or an error of the database; the next cycle makes up for whatever was not done
	 */
	async cycle(): Promise<CycleReport> {
		const snapshot = await this.#readSheet();
		await this.#readDatabase();
		const known = { events: this.#events, remembered: this.#remembered, refusals: this.#refusals };
		const plan = planSync(snapshot, known, this.#planOptions);
		this.#tell(plan);

		const applied = await applyChanges(this.#db, this.#options.spreadsheetId, plan);
		for (const row of applied.remembered) this.#remembered.set(row.id, row);
		this.#refusals = applied.refusals;
		for (const id of applied.taken) this.#stale.add(id);

		let idsGiven = 0;
		try {
			idsGiven = await this.#writeRows(plan);
		} finally {
			// Rows that cannot be given an id do not keep the others from being told their state.
			if (plan.outputs.length > 0) await this.#client.writeCells(plan.outputs);
		}
		return {
			idsGiven,
			idsWaiting: plan.idsToGive.length - idsGiven,
			inserted: plan.inserts.filter(({ remember }) => applied.taken.has(remember.id)).length,
			updated: plan.updates.filter(({ id }) => applied.taken.has(id)).length,
			removed: plan.removed.length,
			cellsWritten: plan.outputs.length + plan.inputs.reduce((sum, { cells }) => sum + cells.size, 0),
			setAside: plan.setAside.length,
		};
	}

	/** Ids and inputs, which must not land on a wrong row. @returns how many rows were given an id */
	async #writeRows(plan: SyncPlan): Promise<number> {
		const ids: RowWrite[] = plan.idsToGive.map(({ idColumn, lostId, ...row }) => ({
			...row,
			cells: new Map([[idColumn, lostId ?? crypto.randomUUID()]]),
		}));
		const writes = [...ids, ...plan.inputs];
		const written = new Set(await writeMarkedRows(this.#client, writes, this.#planOptions.headerRow));
		return ids.filter((row) => written.has(row)).length;
	}

	async #readSheet(): Promise<SheetSnapshot> {
		const { timeZone, chosen, unread } = await this.#describe();
		try {
			const rows =
				chosen.length === 0 ? new Map() : await this.#client.readRows(chosen.map(({ sheetId }) => sheetId));
			return {
				timeZone,
				unread,
				worksheets: chosen.map(({ sheetId, title, countFrom }) => ({
					sheetId,
					title,
					countFrom,
					rows: rows.get(sheetId) ?? [],
				})),
			};
		} catch (error) {
			// A worksheet that was deleted since the last look; the next cycle looks again.
			if (error instanceof SheetsError && error.status === 400) this.#description = undefined;
			throw error;
		}
	}

	/** Which worksheets there are, looked up once a minute. */
	async #describe(): Promise<Description> {
		const seconds = this.#options.worksheetsSeconds ?? 60;
		const before = this.#description;
		if (before !== undefined && performance.now() - before.readAt < seconds * 1000) return before;
		const { timeZone, worksheets } = await this.#client.readWorksheets();
		if (!isTimeZone(timeZone)) {
			throw new Error(
				`The spreadsheet’s time zone “${timeZone}” is unknown here; choose another in its settings.`,
			);
		}
		const chosen = chooseWorksheets(worksheets, this.#chosen, {
			worksheets: this.#options.worksheets,
			start: this.#options.start,
			worksheetStarts: this.#options.worksheetStarts ?? {},
		});
		for (const title of missingWorksheets(chosen, this.#options.worksheets)) {
			this.#log.warn(
				{ worksheet: title },
				`The spreadsheet has no worksheet “${title}”; rename one or mend the configuration.`,
			);
		}
		const ids = new Set(chosen.map(({ sheetId }) => sheetId));
		const unread = worksheets.map(({ sheetId }) => sheetId).filter((sheetId) => !ids.has(sheetId));
		this.#description = { timeZone, chosen, unread, readAt: performance.now() };
		this.#chosen = chosen;
		return this.#description;
	}

	/** Events that changed since the last cycle; all of them at the start, now and then, and on another server. */
	async #readDatabase(): Promise<void> {
		const seconds = this.#options.fullReadSeconds ?? 600;
		if (performance.now() - this.#fullReadAt >= seconds * 1000) return this.#readEverything();
		await this.#followFeed();
		if (this.#cursor === undefined) return this.#readEverything();
		const ids = [...this.#stale];
		for (const event of await readEvents(this.#db, ids)) this.#events.set(event.id, event);
		for (const id of ids) this.#stale.delete(id);
	}

	async #readEverything(): Promise<void> {
		// The cursor first: what changes while the rows are read is told again.
		this.#cursor = await feedCursor(this.#db);
		this.#stale.clear();
		const events = await readEvents(this.#db);
		const remembered = await readRemembered(this.#db, this.#options.spreadsheetId);
		this.#events.clear();
		this.#remembered.clear();
		for (const event of events) this.#events.set(event.id, event);
		for (const row of remembered) this.#remembered.set(row.id, row);
		this.#fullReadAt = performance.now();
	}

	async #followFeed(): Promise<void> {
		if (this.#cursor === undefined) return;
		const { cursor, eventIds, reset } = await readFeed(this.#db, this.#cursor);
		this.#cursor = reset ? undefined : cursor;
		for (const id of eventIds) this.#stale.add(id);
	}

	/** Say in the log, once, what is wrong with worksheets and rows. */
	#tell(plan: SyncPlan): void {
		const told = new Set<string>();
		const tell = (level: 'warn' | 'info', fields: object, sentence: string) => {
			const key = `${JSON.stringify(fields)} ${sentence}`;
			told.add(key);
			if (!this.#told.has(key)) this.#log[level](fields, sentence);
		};
		for (const problem of plan.worksheetProblems) tell('warn', {}, problem);
		for (const { worksheet, row, sentences } of plan.setAside)
			tell('info', { worksheet, row }, sentences.join(' '));
		this.#told = told;
	}
}
