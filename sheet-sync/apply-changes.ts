/** Carrying out the Postgres side of a plan: one statement for all rows, and no row that stops another. */
import { sql } from 'kysely';
import pg from 'pg';
import type { Db } from '../db/connect.ts';
import type { RememberedRow, SubmitMemory } from './snapshot.ts';
import type { SubmitOrder } from './submit-box.ts';
import type { SyncPlan } from './sync-plan.ts';

/** What is to happen to one event, in one piece: all of it is taken, or nothing. */
interface RowChange {
	id: string;
	/** Insert it, rather than update it. */
	fresh: boolean;
	/** Columns to set, by name; `removed` sets or clears `removed_from_sheet_at`. */
	changes: Record<string, unknown>;
	remember?: RememberedRow;
	submit?: SubmitOrder;
}

export interface Applied {
	/** Ids of the events that were changed, inserted or remembered. */
	taken: Set<string>;
	remembered: RememberedRow[];
	/** What Postgres said about each event whose change it refused, as a sentence for its row. */
	refusals: Map<string, string>;
	/** Ids of events that another transaction held: the next cycle tries again. */
	busy: Set<string>;
}

/** What `sheet_journal` is to hold from now on; without `base` that stays. */
export interface JournalText {
	base?: string;
	rest: string;
}

/**
 * Apply a plan's inserts, updates, removals and memory. All of it is one statement; when Postgres refuses a
 * row, the rows are halved until the refused ones stand alone.
 *
 * @param spreadsheet id of the spreadsheet, which memory is kept for
 * @param journal stored in the same statement; undefined to leave it as it is
 * @throws what is no row's fault: a lost connection, a lack of space
 */
export async function applyChanges(
	db: Db,
	spreadsheet: string,
	plan: SyncPlan,
	journal: JournalText | undefined,
): Promise<Applied> {
	const applied: Applied = { taken: new Set(), remembered: [], refusals: new Map(), busy: new Set() };
	const rows = rowChanges(plan);
	const target = { db, spreadsheet, journal };
	if (rows.length > 0) await applyRows(target, rows, applied);
	// Where every row was refused, the journal was, too.
	if (journal !== undefined && applied.taken.size + applied.busy.size === 0) await apply(target, []);
	return applied;
}

function rowChanges(plan: SyncPlan): RowChange[] {
	const changes = new Map<string, RowChange>();
	for (const { sheetName, values, remember } of plan.inserts) {
		changes.set(remember.id, {
			id: remember.id,
			fresh: true,
			changes: { ...values, sheet_name: sheetName },
			remember,
		});
	}
	for (const { id, changes: set, remember, submit } of plan.updates) {
		changes.set(id, {
			id,
			fresh: false,
			changes: { ...set },
			remember,
			...(submit === undefined ? {} : { submit }),
		});
	}
	for (const remember of plan.remember)
		changes.set(remember.id, { id: remember.id, fresh: false, changes: {}, remember });
	const flag = (id: string, removed: boolean) => {
		const change = changes.get(id) ?? { id, fresh: false, changes: {} };
		change.changes.removed = removed;
		changes.set(id, change);
	};
	for (const id of plan.removed) flag(id, true);
	for (const id of plan.returned) flag(id, false);
	return [...changes.values()];
}

interface Target {
	db: Db;
	spreadsheet: string;
	journal: JournalText | undefined;
}

interface Outcome {
	busy: string[];
	submits: Record<string, SubmitMemory>;
}

async function apply({ db, spreadsheet, journal }: Target, rows: readonly RowChange[]): Promise<Outcome> {
	const stored = journal === undefined ? null : JSON.stringify(journal);
	const { rows: answers } = await sql<{
		outcome: Outcome;
	}>`select apply_sheet_rows(${spreadsheet}, ${JSON.stringify(rows)}::jsonb, ${stored}::jsonb) as outcome`.execute(
		db,
	);
	return answers[0]?.outcome ?? { busy: [], submits: {} };
}

async function applyRows(target: Target, rows: readonly RowChange[], applied: Applied): Promise<void> {
	let outcome: Outcome;
	try {
		outcome = await apply(target, rows);
	} catch (error) {
		if (!isRowsFault(error)) throw error;
		const [only, second] = rows;
		if (only !== undefined && second === undefined) {
			applied.refusals.set(only.id, `The database did not take this row: ${error.message}.`);
			return;
		}
		const middle = Math.ceil(rows.length / 2);
		await applyRows(target, rows.slice(0, middle), applied);
		await applyRows(target, rows.slice(middle), applied);
		return;
	}
	const busy = new Set(outcome.busy);
	for (const { id, remember } of rows) {
		if (busy.has(id)) {
			applied.busy.add(id);
			continue;
		}
		applied.taken.add(id);
		const submit = outcome.submits[id] ?? remember?.submit;
		if (remember !== undefined) applied.remembered.push({ ...remember, submit });
	}
}

/** Bad data (22), a broken constraint (23) or a rule of the transition trigger (P0). */
function isRowsFault(error: unknown): error is pg.DatabaseError {
	return error instanceof pg.DatabaseError && /^(?:22|23|P0)/.test(error.code ?? '');
}
