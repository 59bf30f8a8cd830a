/** Workbooks in Postgres. The tables are the truth; the workbook in memory is a copy that knows its version. */
import { sql } from 'kysely';
import PQueue from 'p-queue';
import type { Db } from '../../db/connect.ts';
import { notFound } from './api-error.ts';
import type { Author } from './history.ts';
import { changeToTakeBack, recordChange } from './history.ts';
import type { MetadataHabits } from './metadata-habits.ts';
import { USUAL_HABITS } from './metadata-habits.ts';
import { revertChange } from './revert-change.ts';
import type { Cell, Metadata, Row, RowRule, Workbook, Worksheet } from './workbook.ts';
import { workbookChange } from './workbook-change.ts';

/** A committed change, as the pages hear of it. */
export interface Committed {
	before: Workbook;
	after: Workbook;
	version: number;
}

interface Held {
	workbook: Workbook;
	version: number;
}

/** Cells that are written with one statement; a worksheet of 50,000 rows is loaded and stored in as many parts. */
const ROWS_PER_STATEMENT = 5_000;

export class WorkbookStore {
	readonly #db: Db;
	readonly #held = new Map<string, Held>();
	readonly #listeners = new Set<(change: Committed) => void>();
	/** Changes are made one at a time, as each starts from the result of the one before. */
	readonly #changes = new PQueue({ concurrency: 1 });

	/** What the documentation of the API leaves open. */
	readonly habits: MetadataHabits;

	constructor(db: Db, habits: MetadataHabits = USUAL_HABITS) {
		this.#db = db;
		this.habits = habits;
	}

	/** Called after every change that this process commits. @returns a function that stops that */
	onCommit(listener: (change: Committed) => void): () => void {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	}

	/** @throws ApiError 404 when there is no such spreadsheet */
	async read(id: string): Promise<Held> {
		const held = await this.#inMemory(id);
		if (held !== undefined) return held;
		// One snapshot for all the tables, as another process may be changing them.
		const loading = this.#db.transaction().setIsolationLevel('repeatable read').setAccessMode('read only');
		const loaded = await loading.execute((transaction) => this.#load(transaction, id, 'unlocked'));
		this.#held.set(id, loaded);
		return loaded;
	}

	/** Ids and titles of all spreadsheets, by title. */
	async list(): Promise<{ id: string; title: string }[]> {
		return this.#db
			.selectFrom('local_spreadsheets')
			.select(['id', 'title'])
			.orderBy('title')
			.orderBy('id')
			.execute();
	}

	/** Store a new spreadsheet, unless there is one with its id. */
	async create(workbook: Workbook): Promise<void> {
		await this.#changes.add(() =>
			this.#db.transaction().execute(async (transaction) => {
				const { id, title, timeZone } = workbook;
				const inserted = await transaction
					.insertInto('local_spreadsheets')
					.values({ id, title, time_zone: timeZone })
					.onConflict((conflict) => conflict.doNothing())
					.returning('id')
					.executeTakeFirst();
				if (inserted !== undefined)
					await writeDifference(transaction, { ...workbook, worksheets: [] }, workbook);
			}),
		);
	}

	/**
	 * Change a spreadsheet in one transaction, and keep in its history what changed: what `change` throws changes nothing.
	 *
	 * @param change a pure function to the workbook's next state and an answer
	 */
	async change<T>(
		id: string,
		author: Author,
		change: (workbook: Workbook) => { workbook: Workbook; reply: T },
	): Promise<T> {
		return this.#commit(id, async (transaction, workbook) => {
			const outcome = change(workbook);
			await recordChange(transaction, id, workbookChange(workbook, outcome.workbook), author, 'change');
			return outcome;
		});
	}

	/**
	 * Take back the author's last change, or the last undo of it.
	 *
	 * @returns how many cells stay as others have made them since; undefined when there is nothing to take back
	 */
	async takeBack(id: string, author: Author, kind: 'undo' | 'redo'): Promise<{ kept: number } | undefined> {
		return this.#commit(id, async (transaction, workbook) => {
			const change = await changeToTakeBack(transaction, id, author, kind);
			if (change === undefined) return { workbook, reply: undefined };
			const { workbook: next, kept } = revertChange(workbook, change, this.habits.followsUndo);
			await recordChange(transaction, id, workbookChange(workbook, next), author, kind);
			return { workbook: next, reply: { kept } };
		});
	}

	async #commit<T>(
		id: string,
		change: (transaction: Db, workbook: Workbook) => Promise<{ workbook: Workbook; reply: T }>,
	): Promise<T> {
		const { committed, reply } = await this.#changes.add(() =>
			this.#db.transaction().execute(async (transaction) => {
				const held = await this.#load(transaction, id, 'locked');
				const outcome = await change(transaction, held.workbook);
				const version = held.version + 1;
				await writeDifference(transaction, held.workbook, outcome.workbook);
				await transaction
					.updateTable('local_spreadsheets')
					.set({
						title: outcome.workbook.title,
						time_zone: outcome.workbook.timeZone,
						metadata: JSON.stringify(outcome.workbook.metadata),
						version,
					})
					.where('id', '=', id)
					.execute();
				return {
					committed: { before: held.workbook, after: outcome.workbook, version },
					reply: outcome.reply,
				};
			}),
		);
		this.#held.set(id, { workbook: committed.after, version: committed.version });
		for (const listener of this.#listeners) listener(committed);
		return reply;
	}

	/** The copy in memory, if no other process has changed the tables since. */
	async #inMemory(id: string): Promise<Held | undefined> {
		demandStorable(id);
		const held = this.#held.get(id);
		if (held === undefined) return undefined;
		const stored = await this.#db
			.selectFrom('local_spreadsheets')
			.select('version')
			.where('id', '=', id)
			.executeTakeFirst();
		return Number(stored?.version) === held.version ? held : undefined;
	}

	/** What the tables hold, unless the copy in memory is of the same version. */
	async #load(db: Db, id: string, lock: 'locked' | 'unlocked'): Promise<Held> {
		demandStorable(id);
		const query = db.selectFrom('local_spreadsheets').selectAll().where('id', '=', id);
		const stored = await (lock === 'locked' ? query.forUpdate() : query).executeTakeFirst();
		if (stored === undefined) throw notFound('Requested entity was not found.');
		const version = Number(stored.version);
		const held = this.#held.get(id);
		if (held?.version === version) return held;
		const { title, time_zone: timeZone, metadata } = stored;
		const worksheets = await loadWorksheets(db, id);
		return { workbook: { id, title, timeZone, worksheets, metadata: metadata as Metadata[] }, version };
	}
}

/** PostgreSQL knows no NUL, and so there is no such spreadsheet. */
function demandStorable(id: string): void {
	if (id.includes('\0')) throw notFound('Requested entity was not found.');
}

async function loadWorksheets(db: Db, spreadsheet: string): Promise<Worksheet[]> {
	const worksheets = await db
		.selectFrom('local_worksheets')
		.selectAll()
		.where('spreadsheet', '=', spreadsheet)
		.orderBy('position')
		.execute();
	const stored = await db
		.selectFrom('local_rows')
		.selectAll()
		.where('spreadsheet', '=', spreadsheet)
		.execute();
	const cellsByRow = new Map(
		stored.map((row) => [`${row.sheet_id}/${row.key}`, row.cells as (Cell | null)[]]),
	);
	return worksheets.map(
		({
			sheet_id: sheetId,
			title,
			column_keys: columns,
			next_key: nextKey,
			frozen_rows: frozenRows,
			row_rules: rules,
			row_keys,
		}) => ({
			sheetId,
			title,
			columns,
			nextKey,
			frozenRows,
			rules: rules as RowRule[],
			rows: row_keys.map((key) => ({ key, cells: cellsByRow.get(`${sheetId}/${key}`) ?? [] })),
		}),
	);
}

/** Store what differs between two states of a workbook: objects that are the same were not changed. */
async function writeDifference(db: Db, before: Workbook, after: Workbook): Promise<void> {
	const spreadsheet = after.id;
	const old = new Map(before.worksheets.map((worksheet) => [worksheet.sheetId, worksheet]));
	for (const [position, worksheet] of after.worksheets.entries()) {
		const previous = old.get(worksheet.sheetId);
		old.delete(worksheet.sheetId);
		if (previous === worksheet && before.worksheets[position] === worksheet) continue;
		const { sheetId, title, columns, nextKey, frozenRows, rules = [], rows } = worksheet;
		const changed = {
			title,
			position,
			column_keys: [...columns],
			next_key: nextKey,
			frozen_rows: frozenRows,
			row_rules: JSON.stringify(rules),
		};
		if (previous === undefined) {
			const row_keys = rows.map(({ key }) => key);
			await db
				.insertInto('local_worksheets')
				.values({ spreadsheet, sheet_id: sheetId, ...changed, row_keys })
				.execute();
		} else {
			const reordered =
				rows.length !== previous.rows.length ||
				rows.some(({ key }, index) => key !== previous.rows[index]?.key);
			await db
				.updateTable('local_worksheets')
				.set(reordered ? { ...changed, row_keys: rows.map(({ key }) => key) } : changed)
				.where('spreadsheet', '=', spreadsheet)
				.where('sheet_id', '=', sheetId)
				.execute();
		}
		await writeRows(db, spreadsheet, sheetId, previous?.rows ?? [], rows);
	}
	if (old.size > 0) {
		await db
			.deleteFrom('local_worksheets')
			.where('spreadsheet', '=', spreadsheet)
			.where('sheet_id', 'in', [...old.keys()])
			.execute();
	}
}

async function writeRows(
	db: Db,
	spreadsheet: string,
	sheetId: number,
	before: readonly Row[],
	after: readonly Row[],
): Promise<void> {
	const unchanged = new Set(before);
	const filled = after.filter((row) => row.cells.length > 0);
	const changed = filled.filter((row) => !unchanged.has(row));
	const kept = new Set(filled.map(({ key }) => key));
	const gone = before.filter(({ key, cells }) => cells.length > 0 && !kept.has(key)).map(({ key }) => key);
	if (gone.length > 0) {
		await sql`delete from local_rows where spreadsheet = ${spreadsheet} and sheet_id = ${sheetId} and key = any(${gone}::int[])`.execute(
			db,
		);
	}
	for (let start = 0; start < changed.length; start += ROWS_PER_STATEMENT) {
		const part = JSON.stringify(changed.slice(start, start + ROWS_PER_STATEMENT));
		await sql`
			insert into local_rows (spreadsheet, sheet_id, key, cells)
			select ${spreadsheet}, ${sheetId}, key, cells from jsonb_to_recordset(${part}::jsonb) as r (key int, cells jsonb)
			on conflict (spreadsheet, sheet_id, key) do update set cells = excluded.cells
		`.execute(db);
	}
}
