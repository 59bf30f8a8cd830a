/** Carrying out the Postgres side of a plan: few statements for all rows, and no row that stops another. */
import type { Transaction } from 'kysely';
import { sql } from 'kysely';
import pg from 'pg';
import type { Db } from '../db/connect.ts';
import type { Tables } from '../db/tables.ts';
import type { SyncPlan } from './plan.ts';
import type { RememberedRow } from './snapshot.ts';

/** What is to happen to one event, in one piece: all of it is taken, or nothing. */
interface RowChange {
	id: string;
	/** Insert it, rather than update it. */
	fresh: boolean;
	/** Columns to set, by name; `removed` sets or clears `removed_from_sheet_at`. */
	changes: Record<string, unknown>;
	remember?: RememberedRow;
}

export interface Applied {
	/** Ids of the events that were changed, inserted or remembered. */
	taken: Set<string>;
	remembered: RememberedRow[];
	/** What Postgres said about each event whose change it refused, as a sentence for its row. */
	refusals: Map<string, string>;
}

/** The actor in the history of every change that comes from the sheet. */
const ACTOR = 'sheet-sync';

/**
 * Apply a plan's inserts, updates, removals and memory. All of it is one transaction of at most four statements; when
 * Postgres refuses a row, the rows are halved until the refused ones stand alone.
 *
 * @param spreadsheet id of the spreadsheet, which memory is kept for
 * @throws what is no row's fault: a lost connection, a lack of space
 */
export async function applyChanges(db: Db, spreadsheet: string, plan: SyncPlan): Promise<Applied> {
	const applied: Applied = { taken: new Set(), remembered: [], refusals: new Map() };
	const rows = rowChanges(plan);
	if (rows.length > 0) await applyRows(db, spreadsheet, rows, applied);
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
	for (const { id, changes: set, remember } of plan.updates) {
		changes.set(id, { id, fresh: false, changes: { ...set }, remember });
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

async function applyRows(
	db: Db,
	spreadsheet: string,
	rows: readonly RowChange[],
	applied: Applied,
): Promise<void> {
	try {
		await db.transaction().execute(async (transaction) => {
			await sql`select set_config('cutsheet.actor', ${ACTOR}, true)`.execute(transaction);
			await insertEvents(
				transaction,
				rows.filter((row) => row.fresh),
			);
			await updateEvents(
				transaction,
				rows.filter((row) => !row.fresh && Object.keys(row.changes).length > 0),
			);
			await remember(
				transaction,
				spreadsheet,
				rows.flatMap((row) => row.remember ?? []),
			);
		});
	} catch (error) {
		if (!isRowsFault(error)) throw error;
		const [only, second] = rows;
		if (only !== undefined && second === undefined) {
			applied.refusals.set(only.id, `The database did not take this row: ${error.message}.`);
			return;
		}
		const middle = Math.ceil(rows.length / 2);
		await applyRows(db, spreadsheet, rows.slice(0, middle), applied);
		await applyRows(db, spreadsheet, rows.slice(middle), applied);
		return;
	}
	for (const row of rows) {
		applied.taken.add(row.id);
		if (row.remember !== undefined) applied.remembered.push(row.remember);
	}
}

/** Bad data (22), a broken constraint (23) or a rule of the transition trigger (P0). */
function isRowsFault(error: unknown): error is pg.DatabaseError {
	return error instanceof pg.DatabaseError && /^(?:22|23|P0)/.test(error.code ?? '');
}

/** An event that exists by now is left as it is: the next cycle compares it with its row. */
async function insertEvents(transaction: Transaction<Tables>, rows: readonly RowChange[]): Promise<void> {
	if (rows.length === 0) return;
	await sql`
		insert into events (
			id, sheet_name, "start", "end", category, description, notes,
			allow_holes, uploader_whitelist, upload_location, tags, priority
		)
		select
			id, changes ->> 'sheet_name', (changes ->> 'start')::timestamptz, (changes ->> 'end')::timestamptz,
			coalesce(changes ->> 'category', ''), coalesce(changes ->> 'description', ''), coalesce(changes ->> 'notes', ''),
			coalesce((changes ->> 'allow_holes')::boolean, false),
			case when jsonb_typeof(changes -> 'uploader_whitelist') = 'array'
				then array(select jsonb_array_elements_text(changes -> 'uploader_whitelist')) end,
			coalesce(changes ->> 'upload_location', ''),
			case when changes ? 'tags' then array(select jsonb_array_elements_text(changes -> 'tags')) else '{}' end,
			coalesce((changes ->> 'priority')::int, 0)
		from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as row (id uuid, changes jsonb)
		on conflict (id) do nothing
	`.execute(transaction);
}

/** Only the columns that are named change, so that what somebody else changes meanwhile stays. */
async function updateEvents(transaction: Transaction<Tables>, rows: readonly RowChange[]): Promise<void> {
	if (rows.length === 0) return;
	await sql`
		update events set
			sheet_name = coalesce(changes ->> 'sheet_name', sheet_name),
			"start" = case when changes ? 'start' then (changes ->> 'start')::timestamptz else "start" end,
			"end" = case when changes ? 'end' then (changes ->> 'end')::timestamptz else "end" end,
			category = coalesce(changes ->> 'category', category),
			description = coalesce(changes ->> 'description', description),
			notes = coalesce(changes ->> 'notes', notes),
			allow_holes = coalesce((changes ->> 'allow_holes')::boolean, allow_holes),
			uploader_whitelist = case
				when not changes ? 'uploader_whitelist' then uploader_whitelist
				when jsonb_typeof(changes -> 'uploader_whitelist') = 'array'
					then array(select jsonb_array_elements_text(changes -> 'uploader_whitelist'))
			end,
			upload_location = coalesce(changes ->> 'upload_location', upload_location),
			tags = case when changes ? 'tags'
				then array(select jsonb_array_elements_text(changes -> 'tags')) else tags end,
			priority = coalesce((changes ->> 'priority')::int, priority),
			removed_from_sheet_at = case (changes ->> 'removed')::boolean
				when true then clock_timestamp() when false then null else removed_from_sheet_at end
		from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as row (id uuid, changes jsonb)
		where events.id = row.id
	`.execute(transaction);
}

async function remember(
	transaction: Transaction<Tables>,
	spreadsheet: string,
	rows: readonly RememberedRow[],
): Promise<void> {
	if (rows.length === 0) return;
	await sql`
		insert into sheet_rows (event_id, spreadsheet, worksheet, agreed, written)
		select id, ${spreadsheet}, "sheetId", agreed, written
		from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
			as row (id uuid, "sheetId" int, agreed jsonb, written jsonb)
		on conflict (event_id) do update set
			spreadsheet = excluded.spreadsheet, worksheet = excluded.worksheet,
			agreed = excluded.agreed, written = excluded.written
	`.execute(transaction);
}
