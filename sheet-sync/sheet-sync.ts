/**
 * One sync cycle after another, over one spreadsheet. A cycle reads the sheet, brings the events up to date, plans,
 * changes Postgres, then writes the sheet. Postgres comes first because it can be asked again: whatever does not reach
 * the sheet is seen to be missing by the next cycle, which compares everything anew.
 */
import type { Logger } from 'pino';
import type { Db } from '../db/connect.ts';
import type { Applied } from './apply-changes.ts';
import { applyChanges } from './apply-changes.ts';
import { DEFAULT_HEADERS } from './columns.ts';
import { KnownEvents } from './known-events.ts';
import type { SheetSyncOptions, SyncContext } from './options.ts';
import type { PlacedRows } from './placed-rows.ts';
import { carryPlaces, NO_ROWS, placeRows, withCellsPutRight } from './placed-rows.ts';
import { cellText } from './plain-cells.ts';
import type { Known, PlanOptions } from './plan.ts';
import { planSync } from './plan.ts';
import { dropOld, isRefusal } from './refused-cells.ts';
import type { ColorRules } from './row-colors.ts';
import { planRowColors } from './row-colors.ts';
import { SettledRows } from './settled-rows.ts';
import type { PreparedWrites } from './sheet-writer.ts';
import { SheetWriter } from './sheet-writer.ts';
import { SheetsClient } from './sheets-client.ts';
import type { SheetsAuthorization } from './sheets-credentials.ts';
import { authorize } from './sheets-credentials.ts';
import { SheetsError } from './sheets-error.ts';
import type { SheetsTransport } from './sheets-transport.ts';
import { httpTransport } from './sheets-transport.ts';
import type { SheetSnapshot } from './snapshot.ts';
import type { SpoiledCell } from './spoiled-cells.ts';
import { findSpoiled, findStrayIds } from './spoiled-cells.ts';
import { observedTransport, type SyncObserver } from './sync-observer.ts';
import type { SyncPlan } from './sync-plan.ts';
import type { Description } from './worksheet-watch.ts';
import { WorksheetWatch } from './worksheet-watch.ts';
import { readInterrupted, WriteJournal } from './write-journal.ts';

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

const HELD =
	'Changes of this row wait, because somebody holds it in an open database transaction; ask who works in the database.';

/** A row that another transaction holds for so long says so. */
const LONG_HELD_MS = 10_000;

/** More ids than this were not given a moment ago; the oldest of them are forgotten. */
const MOST_FRESH = 2_000;

export class SheetSync {
	readonly #options: SheetSyncOptions;
	readonly #db: Db;
	readonly #log: Logger;
	readonly #observer: SyncObserver | undefined;
	readonly #client: SheetsClient;
	readonly #planOptions: PlanOptions;
	readonly #worksheets: WorksheetWatch;
	readonly #known: KnownEvents;
	readonly #writer: SheetWriter;
	readonly #settled = new SettledRows();
	#refusals: ReadonlyMap<string, string> = new Map();
	#before: PlacedRows = NO_ROWS;
	readonly #journal = new WriteJournal();
	#described: Description | undefined;
	/** The rules that colour rows, until they were compared with those that are configured. */
	#colorRules: ColorRules | undefined;
	#started = false;
	/** Rows that another transaction holds, and since when, by `performance.now()`. */
	#held = new Map<string, number>();
	/** Sentences in the log, so that each is told once and not every cycle. */
	#told = new Set<string>();

	private constructor(
		options: SheetSyncOptions,
		transport: SheetsTransport,
		authorization: SheetsAuthorization,
		{ db, log, signal, observer }: SyncContext,
	) {
		const { spreadsheetId, endpoint, readsPerMinute = 60, writesPerMinute = 60 } = options;
		this.#options = options;
		this.#db = db;
		this.#log = log;
		this.#observer = observer;
		this.#planOptions = {
			names: { ...DEFAULT_HEADERS, ...options.headers },
			cutRemoved: options.cutRemoved ?? false,
			editUrl: options.editUrl,
		};
		this.#client = new SheetsClient({
			transport: observedTransport(transport, observer),
			context: { spreadsheetId, endpoint, authorization },
			readsPerMinute,
			writesPerMinute,
			signal,
		});
		this.#worksheets = new WorksheetWatch(this.#client, options, log);
		this.#known = new KnownEvents(db, {
			spreadsheet: spreadsheetId,
			fullReadSeconds: options.fullReadSeconds ?? 600,
			progressSeconds: options.progressSeconds,
		});
		this.#writer = new SheetWriter(this.#client, this.#planOptions.names, options.noticeSeconds ?? 600);
	}

	/**
	 * @param transport to the spreadsheet, when it is not the API's over HTTP
	 * @throws Error when credentials are missing or cannot be read
	 */
	static async open(
		options: SheetSyncOptions,
		context: SyncContext,
		transport?: SheetsTransport,
	): Promise<SheetSync> {
		const isOpen = options.endpoint !== undefined || transport !== undefined;
		const authorization = await authorize(options, isOpen);
		const way = transport ?? httpTransport(options, authorization);
		return new SheetSync(options, way, authorization, context);
	}

	/** Whether events changed in Postgres since the last cycle. One query, no matter how many events there are. */
	async hasChanges(): Promise<boolean> {
		return this.#known.hasChanges();
	}

	/**
	 * One cycle: one read of the sheet, at most one write (three and a read more when rows need ids or take inputs).
	 *
	 * @throws SheetsError, or an error of the database; the next cycle makes up for whatever was not done
	 */
	async cycle(): Promise<CycleReport> {
		const sheetLookedAt = performance.now();
		const snapshot = await this.#readSheet();
		const eventsLookedAt = performance.now();
		await this.#known.refresh();
		await this.#takeUp();
		const { now, spoiled } = this.#place(snapshot);
		await this.#known.lookUp(now.byId.keys());
		const plan = planSync(now, this.#knownNow(), this.#planOptions, spoiled);
		this.#tell(plan);

		const prepared = this.#writer.prepare(plan, now, spoiled);
		const applied = await this.#apply(plan, prepared);
		for (const row of applied.remembered) this.#known.remembered.set(row.id, row);
		this.#known.touched(applied.taken);
		this.#refusals = this.#withHeld(applied);
		this.#observer?.taken?.(sheetLookedAt);

		// Until the rows have their ids back, the places where they stood are kept.
		const isMissed = (id: string) => this.#known.events.get(id)?.removed === false;
		this.#before = carryPlaces(now, this.#before, isMissed);
		const written = await this.#write(prepared);
		await this.#colorRows(now);
		this.#observer?.shown(eventsLookedAt);
		return {
			idsGiven: written.idsGiven,
			idsWaiting: plan.idsToGive.length - written.idsGiven,
			inserted: plan.inserts.filter(({ remember }) => applied.taken.has(remember.id)).length,
			updated: plan.updates.filter(({ id }) => applied.taken.has(id)).length,
			removed: plan.removed.length,
			cellsWritten: written.cells,
			setAside: plan.setAside.length,
		};
	}

	/** What an earlier process was writing when it died is put right as if it had been this one. */
	async #takeUp(): Promise<void> {
		if (this.#started) return;
		const { spreadsheetId } = this.#options;
		const interrupted = await readInterrupted(this.#db, spreadsheetId, this.#planOptions.names);
		this.#started = true;
		if (interrupted === undefined) return;
		const { before, beforeWithMissed, written, fresh } = interrupted;
		const current = written.length > 0;
		if (current) this.#before = beforeWithMissed;
		this.#writer.restore({ before: current ? before : NO_ROWS, written }, fresh);
	}

	async #apply(plan: SyncPlan, { now, written, fresh }: PreparedWrites): Promise<Applied> {
		const journal = this.#journal.entry(now, this.#before, written, fresh);
		try {
			return await applyChanges(this.#db, this.#options.spreadsheetId, plan, journal);
		} catch (error) {
			this.#journal.doubt();
			throw error;
		}
	}

	/** Refusals, and a sentence for each row that is held by somebody else for long. */
	#withHeld({ refusals, busy }: Applied): Map<string, string> {
		const now = performance.now();
		const held = new Map([...busy].map((id) => [id, this.#held.get(id) ?? now]));
		this.#held = held;
		const sentences = new Map(refusals);
		for (const [id, since] of held) if (now - since >= LONG_HELD_MS) sentences.set(id, HELD);
		return sentences;
	}

	#place(snapshot: SheetSnapshot) {
		const syncedBefore = new Set([...this.#known.remembered.values()].map(({ sheetId }) => sheetId));
		const found = placeRows(snapshot, this.#planOptions.names, this.#before, syncedBefore);
		const { journal, fresh } = this.#writer;
		const spoiled = findSpoiled(found, journal.before, journal.written);
		const told = new Set(spoiled.map(({ row, column }) => `${row.layout.sheetId} ${row.index} ${column}`));
		for (const cell of findStrayIds(found, this.#before, fresh)) {
			const { row, column } = cell;
			if (!told.has(`${row.layout.sheetId} ${row.index} ${column}`)) spoiled.push(cell);
		}
		const restored = spoiled.filter((cell) => !this.#wouldTick(cell));
		for (const { row, column } of restored) {
			const { title, headers } = row.layout;
			this.#log.warn({ worksheet: title, row: row.index + 1, column }, 'putting back what a write overwrote');
			this.#writer.notice(
				row.id,
				`${cellText(headers[column])}: the sheet changed in the very moment in which cutsheet wrote, and the write landed ` +
					'in this cell; what stood there before is put back. Look whether it is right.',
			);
		}
		return { now: withCellsPutRight(found, restored), spoiled: restored };
	}

	/** A tick that was not carried out yet is never put back: it may have been taken off by a person after all. */
	#wouldTick({ row, column, value }: SpoiledCell): boolean {
		const seen = this.#known.remembered.get(row.id)?.submit?.seen ?? false;
		return column === row.layout.columns.submit && value !== '' && value !== false && !seen;
	}

	#knownNow(): Known {
		const { refusedCells, fresh, outputsWritten } = this.#writer;
		dropOld(refusedCells, performance.now());
		for (const id of fresh.keys())
			if (this.#known.events.has(id) || fresh.size > MOST_FRESH) fresh.delete(id);
		return {
			events: this.#known.events,
			remembered: this.#known.remembered,
			foreign: this.#known.foreign,
			refusals: this.#refusals,
			refusedCells,
			notices: this.#writer.notices(),
			fresh,
			outputsWritten,
			before: this.#before,
			settled: this.#settled,
		};
	}

	async #write(prepared: PreparedWrites) {
		try {
			return await this.#writer.write(prepared);
		} catch (error) {
			if (isMisaddressed(error)) this.#worksheets.forget();
			throw error;
		}
	}

	/** After a look at the worksheets: one write if their rules are not those that are configured. */
	async #colorRows(now: PlacedRows): Promise<void> {
		const { rowColors } = this.#options;
		const rules = this.#colorRules;
		this.#colorRules = undefined;
		if (rowColors === undefined || rules === undefined) return;
		const requests = planRowColors(now, rules, rowColors);
		if (requests.length === 0) return;
		try {
			await this.#client.changeRules(requests);
		} catch (error) {
			if (!isRefusal(error)) throw error;
			this.#log.warn(`the sheet does not let cutsheet colour its rows: ${error.message}`);
		}
	}

	async #readSheet(): Promise<SheetSnapshot> {
		const description = await this.#worksheets.describe();
		const { timeZone, chosen, unread, colorRules } = description;
		if (description !== this.#described) this.#colorRules = colorRules;
		this.#described = description;
		try {
			const rows =
				chosen.length === 0 ? new Map() : await this.#client.readRows(chosen.map(({ sheetId }) => sheetId));
			return {
				timeZone,
				unread,
				worksheets: chosen.map((one) => ({ ...one, rows: rows.get(one.sheetId) ?? [] })),
			};
		} catch (error) {
			// A worksheet that was deleted since the last look; the next cycle looks again.
			if (isMisaddressed(error)) this.#worksheets.forget();
			throw error;
		}
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
		for (const { worksheet, row, id, sentences } of plan.setAside)
			tell('info', { worksheet, row, ...(id !== '' && { event: id }) }, sentences.join(' '));
		this.#told = told;
	}
}

function isMisaddressed(error: unknown): boolean {
	return error instanceof SheetsError && error.status === 400;
}
