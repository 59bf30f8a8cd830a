/** The sheet's side of a plan: ids and inputs into the very rows that were read, outputs by position. */
import type { Column, HeaderNames } from './columns.ts';
import { OUTPUT_COLUMNS } from './columns.ts';
import { copyNotices } from './copied-rows.ts';
import { MOST_ROWS, writeMarkedRows } from './marked-rows.ts';
import type { PlacedRow, PlacedRows } from './placed-rows.ts';
import { NO_ROWS } from './placed-rows.ts';
import { cellText } from './plain-cells.ts';
import type { RefusedCell } from './refused-cells.ts';
import {
	isRefusal,
	refusedCell,
	refusedKey,
	refusedPlace,
	refusedSentence,
	writeInHalves,
} from './refused-cells.ts';
import type { CellValue } from './row-inputs.ts';
import type { SheetsClient } from './sheets-client.ts';
import type { SpoiledCell, WrittenCell } from './spoiled-cells.ts';
import type { CellWrite, IdToGive, RowWrite, SyncPlan } from './sync-plan.ts';
import { rowWrite } from './sync-plan.ts';

/** A row's write, and the id that it gives. */
interface IdWrite extends RowWrite {
	given?: { id: string; for: IdToGive };
}

/** What was written from which snapshot: the next one shows whether it arrived. */
export interface Journal {
	before: PlacedRows;
	written: WrittenCell[];
}

/** A plan's writes, ready to be sent. */
export interface PreparedWrites {
	now: PlacedRows;
	outputs: readonly CellWrite[];
	rows: readonly IdWrite[];
	/** Every cell that may be written, to be stored before the first one is. */
	written: WrittenCell[];
	/** Ids that may be given, each with the row that it is meant for. */
	fresh: ReadonlyMap<string, PlacedRow>;
	spoiled: WrittenCell[];
}

/** So many different outputs are remembered at most; the oldest were seen where they belong long ago. */
const MOST_OUTPUTS = 5_000;

export class SheetWriter {
	/** Cells that the API refused, by `refusedKey` or `refusedPlace`. */
	readonly refusedCells = new Map<string, RefusedCell>();
	/** Ids given that are no events yet, as far as this class knows, each with the row that it was meant for. */
	readonly fresh = new Map<string, PlacedRow>();
	/** Outputs written lately, in lower case as ids are compared. */
	readonly outputsWritten = new Set<string>();
	journal: Journal = { before: NO_ROWS, written: [] };
	readonly #client: SheetsClient;
	readonly #names: HeaderNames;
	readonly #noticeMs: number;
	/** What rows say for a while, by id. */
	readonly #notices = new Map<string, { sentence: string; until: number }>();
	/** Whether the API refused the last write: only then is the refused cell searched for. */
	#refused = false;

	constructor(client: SheetsClient, names: HeaderNames, noticeSeconds: number) {
		this.#client = client;
		this.#names = names;
		this.#noticeMs = noticeSeconds * 1000;
	}

	/** What rows are to say now, by id. */
	notices(): ReadonlyMap<string, string> {
		const now = performance.now();
		for (const [id, { until }] of this.#notices) if (until <= now) this.#notices.delete(id);
		return new Map([...this.#notices].map(([id, { sentence }]) => [id, sentence]));
	}

	/** Say something in a row's error cell for a while. */
	notice(id: string, sentence: string): void {
		if (this.#noticeMs > 0) this.#notices.set(id, { sentence, until: performance.now() + this.#noticeMs });
	}

	/** Take up what an earlier process was writing when it died. */
	restore(journal: Journal, fresh: ReadonlyMap<string, PlacedRow>): void {
		this.journal = journal;
		for (const [id, row] of fresh) this.fresh.set(id, row);
		for (const { id, value, ours } of journal.written) if (ours && value !== id) this.#noteOutput(value);
	}

	/**
	 * Choose new ids, and say what will be written.
	 *
	 * @param spoiled the cells that the plan puts right
	 */
	prepare(plan: SyncPlan, now: PlacedRows, spoiled: readonly SpoiledCell[]): PreparedWrites {
		const ids: IdWrite[] = plan.idsToGive.map((one) => {
			const { row, lostId, copyOf } = one;
			const id = lostId ?? crypto.randomUUID();
			return { ...rowWrite(row, idCells(row, id, copyOf !== undefined)), given: { id, for: one } };
		});
		const inputs = plan.inputs.map((write) => ({ ...write, seen: withOutputs(write, plan.outputs) }));
		const rows = mergeByRow([...ids, ...inputs]);
		// What is not put right by this cycle is by the next one.
		const astray = spoiled.map(
			({ row, column }): WrittenCell => ({
				id: row.id,
				header: row.layout.headers[column] ?? '',
				column,
				value: row.cells[column] ?? '',
				ours: false,
				withId: false,
				astrayIn: placeOf(row.layout.sheetId, row.index),
			}),
		);
		const fresh = new Map(this.fresh);
		const sent = rows.slice(0, MOST_ROWS);
		for (const { given } of sent) if (given !== undefined) fresh.set(given.id, given.for.row);
		const outputs = writtenOutputs(plan.outputs, now);
		const written = [...astray, ...outputs, ...sent.flatMap((write) => writtenInRow(write, now))];
		return { now, outputs: plan.outputs, rows, written, fresh, spoiled: astray };
	}

	/**
	 * Write what was prepared. Outputs first, as their positions grow old; one request, none when nothing differs.
	 *
	 * @returns how many rows were given an id, and how many other cells were written
	 */
	async write(prepared: PreparedWrites): Promise<{ idsGiven: number; cells: number }> {
		this.journal = { before: prepared.now, written: [...prepared.spoiled] };
		try {
			// Outputs that cannot be written do not keep rows from their ids, nor the other way round.
			const [outputs, ids] = [
				await settle(this.#writeOutputs(prepared)),
				await settle(this.#writeRows(prepared)),
			];
			if ('error' in outputs) throw outputs.error;
			if ('error' in ids) throw ids.error;
			this.#refused = false;
			return { idsGiven: ids.value.idsGiven, cells: prepared.outputs.length + ids.value.cells };
		} catch (error) {
			this.#refused = isRefusal(error);
			throw error;
		}
	}

	async #writeOutputs({ outputs, now }: PreparedWrites): Promise<void> {
		for (const { value } of outputs) this.#noteOutput(value);
		this.journal.written.push(...writtenOutputs(outputs, now));
		const refused = await writeInHalves(outputs, this.#refused, (part) => this.#client.writeCells(part));
		for (const { item, reason } of refused)
			this.#refuse(refusedKey(item.id, item.name), item.name, item.value, reason);
	}

	/** Ids and inputs, which must not land on a wrong row. */
	async #writeRows({ rows, now }: PreparedWrites): Promise<{ idsGiven: number; cells: number }> {
		const result = await writeMarkedRows(this.#client, rows, this.#refused, (tried) =>
			this.#noteTried(tried, now),
		);
		const refused = new Set<IdWrite>(result.refused.map(({ item }) => item));
		for (const { item, reason } of result.refused) this.#refuseRow(item, now, reason);
		const done = result.tried.filter((write) => !refused.has(write));
		for (const { given } of done) if (given !== undefined) this.#noteCopy(given.id, given.for);
		const mended = new Set(done.map(({ sheetId, row }) => placeOf(sheetId, row)));
		this.journal.written = this.journal.written.filter(({ astrayIn = '' }) => !mended.has(astrayIn));
		return {
			idsGiven: done.filter(({ given }) => given !== undefined).length,
			cells: done.reduce((sum, { cells, given }) => sum + cells.size - (given === undefined ? 0 : 1), 0),
		};
	}

	#noteTried(tried: readonly IdWrite[], now: PlacedRows): void {
		for (const write of tried) {
			const { given } = write;
			if (given !== undefined && given.for.lostId === undefined) this.fresh.set(given.id, given.for.row);
			this.journal.written.push(...writtenInRow(write, now));
		}
	}

	#noteOutput(value: CellValue): void {
		if (this.outputsWritten.size > MOST_OUTPUTS) this.outputsWritten.clear();
		if (value !== '') this.outputsWritten.add(String(value).trim().toLowerCase());
	}

	#noteCopy(id: string, { row, copyOf }: IdToGive): void {
		if (copyOf === undefined) return;
		const notices = copyNotices(this.#names.id, row, copyOf);
		this.notice(id, notices.copy);
		if (copyOf !== 'elsewhere') this.notice(copyOf.id, notices.original);
	}

	#refuseRow({ cells, given, sheetId, row }: IdWrite, now: PlacedRows, reason: string): void {
		if (given !== undefined) {
			this.#refuse(refusedPlace(given.for.row), 'id', given.id, reason);
			return;
		}
		const placed = rowAt(now, sheetId, row);
		for (const [name, column] of Object.entries(placed?.layout.columns ?? {}) as [Column, number][]) {
			const value = cells.get(column);
			if (placed !== undefined && value !== undefined)
				this.#refuse(refusedKey(placed.id, name), name, value, reason);
		}
	}

	#refuse(key: string, name: Column, value: CellValue, reason: string): void {
		const sentence = refusedSentence(this.#names[name], reason);
		this.refusedCells.set(key, refusedCell(value, sentence, performance.now()));
	}
}

async function settle<T>(work: Promise<T>): Promise<{ value: T } | { error: unknown }> {
	try {
		return { value: await work };
	} catch (error) {
		return { error };
	}
}

/** Outputs of rows that have their id, as they are looked for in the next snapshot. */
function writtenOutputs(outputs: readonly CellWrite[], now: PlacedRows): WrittenCell[] {
	return outputs.flatMap(({ id, sheetId, column, value }): WrittenCell[] => {
		if (!now.byId.has(id)) return [];
		const header = now.sheets.get(sheetId)?.layout.headers[column] ?? '';
		return [{ id, header, column, value, ours: true, withId: false }];
	});
}

function writtenInRow({ cells, headers, given, sheetId, row }: IdWrite, now: PlacedRows): WrittenCell[] {
	const id = given?.id ?? rowAt(now, sheetId, row)?.id ?? '';
	return [...cells].map(([column, value]) => ({
		id,
		header: headers[column] ?? '',
		column,
		value,
		ours: value === id,
		withId: given !== undefined,
	}));
}

/** A copy also loses the outputs of the row that it was copied from, and its tick. */
function idCells(row: PlacedRow, id: string, isCopy: boolean): Map<number, CellValue> {
	const cells = new Map<number, CellValue>([[row.layout.columns.id as number, id]]);
	for (const name of isCopy ? OUTPUT_COLUMNS : []) {
		const column = row.layout.columns[name];
		if (column !== undefined) cells.set(column, '');
	}
	const { submit } = row.layout.columns;
	if (isCopy && submit !== undefined && cellText(row.cells[submit]) !== '') cells.set(submit, false);
	return cells;
}

/** The row as it is to be found after its outputs were written, a moment ago. */
function withOutputs({ sheetId, row, seen }: RowWrite, outputs: readonly CellWrite[]): readonly CellValue[] {
	const cells = [...seen];
	for (const one of outputs) if (one.sheetId === sheetId && one.row === row) cells[one.column] = one.value;
	return Array.from(cells, (cell) => cell ?? '');
}

function placeOf(sheetId: number, row: number): string {
	return `${sheetId} ${row}`;
}

function mergeByRow(writes: readonly IdWrite[]): IdWrite[] {
	const merged = new Map<string, IdWrite>();
	for (const write of writes) {
		const key = placeOf(write.sheetId, write.row);
		const other = merged.get(key);
		merged.set(
			key,
			other === undefined ? write : { ...other, cells: new Map([...other.cells, ...write.cells]) },
		);
	}
	return [...merged.values()];
}

function rowAt(now: PlacedRows, sheetId: number, index: number): PlacedRow | undefined {
	const sheet = now.sheets.get(sheetId);
	return sheet?.rows[index - sheet.layout.headerIndex - 1];
}
