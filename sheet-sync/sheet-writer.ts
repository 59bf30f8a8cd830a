/** The sheet's side of a plan: ids and inputs into the very rows that were read, outputs by position. */
import type { Column, HeaderNames } from './columns.ts';
import { OUTPUT_COLUMNS } from './columns.ts';
import { writeMarkedRows } from './marked-rows.ts';
import type { PlacedRow, PlacedRows } from './placed-rows.ts';
import { NO_ROWS } from './placed-rows.ts';
import type { CellWrite, IdToGive, RowWrite, SyncPlan } from './plan.ts';
import { copyNotices, rowWrite } from './plan.ts';
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

/** A row's write, and the id that it gives. */
interface IdWrite extends RowWrite {
	given?: { id: string; for: IdToGive };
}

/** What was written from which snapshot: the next one shows whether it arrived. */
interface Journal {
	before: PlacedRows;
	written: WrittenCell[];
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

	/**
	 * Write what a plan asks for. Outputs first, as their positions grow old; one request, none when nothing differs.
	 *
	 * @param spoiled the cells that the plan puts right
	 * @returns how many rows were given an id, and how many other cells were written
	 */
	async write(
		plan: SyncPlan,
		now: PlacedRows,
		spoiled: readonly SpoiledCell[],
	): Promise<{ idsGiven: number; cells: number }> {
		// What is not put right by this cycle is by the next one.
		const written = spoiled.map(({ row, column }): WrittenCell => {
			const value = row.cells[column] ?? '';
			return {
				id: row.id,
				header: row.layout.headers[column] ?? '',
				column,
				value,
				ours: false,
				withId: false,
				astrayIn: placeOf(row.layout.sheetId, row.index),
			};
		});
		this.journal = { before: now, written };
		try {
			// Outputs that cannot be written do not keep rows from their ids, nor the other way round.
			const [outputs, ids] = [
				await settle(this.#writeOutputs(plan.outputs, now)),
				await settle(this.#writeRows(plan, now)),
			];
			if ('error' in outputs) throw outputs.error;
			if ('error' in ids) throw ids.error;
			this.#refused = false;
			return { idsGiven: ids.value.idsGiven, cells: plan.outputs.length + ids.value.cells };
		} catch (error) {
			this.#refused = isRefusal(error);
			throw error;
		}
	}

	async #writeOutputs(outputs: readonly CellWrite[], now: PlacedRows): Promise<void> {
		if (this.outputsWritten.size > MOST_OUTPUTS) this.outputsWritten.clear();
		for (const { id, sheetId, column, value } of outputs) {
			if (value !== '') this.outputsWritten.add(String(value).trim().toLowerCase());
			if (!now.byId.has(id)) continue;
			const header = now.sheets.get(sheetId)?.layout.headers[column] ?? '';
			this.journal.written.push({ id, header, column, value, ours: true, withId: false });
		}
		const refused = await writeInHalves(outputs, this.#refused, (part) => this.#client.writeCells(part));
		for (const { item, reason } of refused)
			this.#refuse(refusedKey(item.id, item.name), item.name, item.value, reason);
	}

	/** Ids and inputs, which must not land on a wrong row. */
	async #writeRows(plan: SyncPlan, now: PlacedRows): Promise<{ idsGiven: number; cells: number }> {
		const ids: IdWrite[] = plan.idsToGive.map((one) => {
			const { row, lostId, copyOf } = one;
			const id = lostId ?? crypto.randomUUID();
			return { ...rowWrite(row, idCells(row, id, copyOf !== undefined)), given: { id, for: one } };
		});
		const inputs = plan.inputs.map((write) => ({ ...write, seen: withOutputs(write, plan.outputs) }));
		const writes = mergeByRow([...ids, ...inputs]);
		const result = await writeMarkedRows(this.#client, writes, this.#refused, (tried) =>
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
		for (const { cells, headers, given, sheetId, row } of tried) {
			if (given !== undefined && given.for.lostId === undefined) this.fresh.set(given.id, given.for.row);
			const id = given?.id ?? rowAt(now, sheetId, row)?.id ?? '';
			for (const [column, value] of cells)
				this.journal.written.push({
					id,
					header: headers[column] ?? '',
					column,
					value,
					ours: value === id,
					withId: given !== undefined,
				});
		}
	}

	#noteCopy(id: string, { row, copyOf }: IdToGive): void {
		if (copyOf === undefined || this.#noticeMs <= 0) return;
		const until = performance.now() + this.#noticeMs;
		const notices = copyNotices(this.#names.id, row, copyOf);
		this.#notices.set(id, { sentence: notices.copy, until });
		if (copyOf !== 'elsewhere') this.#notices.set(copyOf.id, { sentence: notices.original, until });
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

/** A copy also loses the outputs of the row that it was copied from. */
function idCells(row: PlacedRow, id: string, isCopy: boolean): Map<number, CellValue> {
	const cells = new Map<number, CellValue>([[row.layout.columns.id as number, id]]);
	for (const name of isCopy ? OUTPUT_COLUMNS : []) {
		const column = row.layout.columns[name];
		if (column !== undefined) cells.set(column, '');
	}
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
