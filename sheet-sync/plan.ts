/**
 * The sync plan: from the sheet, the events and what is remembered of them to everything that one cycle does.
 * Pure: it reads nothing else and changes nothing.
 */
import type { Column, HeaderNames } from './columns.ts';
import { OUTPUT_COLUMNS } from './columns.ts';
import { originalOf } from './copied-rows.ts';
import { asksForLink, editLink } from './edit-link.ts';
import type { Claimant, LostRow } from './lost-rows.ts';
import { findLostRows } from './lost-rows.ts';
import { mergeRow } from './merge-row.ts';
import type { PlacedRow, PlacedRows } from './placed-rows.ts';
import { isId, onlyRow } from './placed-rows.ts';
import { cellText } from './plain-cells.ts';
import type { RefusedCell } from './refused-cells.ts';
import { refusedKey, refusedPlace } from './refused-cells.ts';
import type { CellValue, RowInputs } from './row-inputs.ts';
import { cellAt, readRow } from './row-inputs.ts';
import type { OutputCells } from './row-outputs.ts';
import { emptyOutputCells, inputCell, outputCells } from './row-outputs.ts';
import type { SettledRows } from './settled-rows.ts';
import type { EventRow, RememberedRow } from './snapshot.ts';
import type { SpoiledCell } from './spoiled-cells.ts';
import { firstSubmitMemory, readSubmitBox } from './submit-box.ts';
import type { EventUpdate, IdToGive, SyncPlan } from './sync-plan.ts';
import { rowWrite } from './sync-plan.ts';

export interface PlanOptions {
	names: HeaderNames;
	/** Whether an edited event is still cut when its row is gone: then it is not marked before that. */
	cutRemoved: boolean;
	/** Where the editor page is; undefined when there is none to link to. */
	editUrl?: string | undefined;
}

/** What Postgres knows, by event id, and what the sync itself remembers of the cycles before. */
export interface Known {
	events: ReadonlyMap<string, EventRow>;
	remembered: ReadonlyMap<string, RememberedRow>;
	/** What Postgres said when it refused an event's last change, as a sentence for the row. */
	refusals: ReadonlyMap<string, string>;
	/** Cells that the API refused. */
	refusedCells: ReadonlyMap<string, RefusedCell>;
	/** Sentences that a row shows for a while. */
	notices: ReadonlyMap<string, string>;
	/** Ids of events of other spreadsheets, whose rows are still there. */
	foreign: ReadonlySet<string>;
	/** Ids given by this process that are no events yet, each with the row that it was meant for. */
	fresh: ReadonlyMap<string, PlacedRow>;
	/** Outputs written lately, in lower case: one that stands in an id cell is no person's. */
	outputsWritten: ReadonlySet<string>;
	/** The rows of the snapshot before. */
	before: PlacedRows;
	/** Rows that need nothing as long as nothing changes. */
	settled: SettledRows;
}

/** What a row is to show, and the sentences about the row itself in it. */
interface Shown {
	outputs: OutputCells;
	sentences: string[];
}

/**
 * Plan one cycle. See the types for what comes in and out; the rules are those of the design's event row.
 *
 * @param spoiled cells of `now` that a write of ours spoiled: they are read as if they were right already
 */
export function planSync(
	now: PlacedRows,
	known: Known,
	options: PlanOptions,
	spoiled: readonly SpoiledCell[] = [],
): SyncPlan {
	return new Planner(now, known, options).plan(spoiled);
}

class Planner {
	readonly #now: PlacedRows;
	readonly #known: Known;
	readonly #options: PlanOptions;
	readonly #plan: SyncPlan;
	/** Ids that stand on emptied rows. */
	readonly #emptied: string[] = [];

	constructor(now: PlacedRows, known: Known, options: PlanOptions) {
		this.#now = now;
		this.#known = known;
		this.#options = options;
		this.#plan = {
			idsToGive: [],
			inserts: [],
			updates: [],
			remember: [],
			removed: [],
			returned: [],
			inputs: [],
			outputs: [],
			setAside: [],
			worksheetProblems: now.problems,
		};
	}

	plan(spoiled: readonly SpoiledCell[]): SyncPlan {
		for (const { row, column, value } of spoiled) {
			this.#plan.inputs.push(rowWrite(row, new Map([[column, value]])));
		}
		const claimants: Claimant[] = [];
		for (const { rows } of this.#now.sheets.values()) {
			for (const row of rows) this.#planRow(row, claimants);
		}
		this.#planLost(claimants);
		return this.#plan;
	}

	#planRow(row: PlacedRow, claimants: Claimant[]): void {
		const { events, remembered, settled, fresh, foreign } = this.#known;
		if (row.empty) {
			if (row.id !== '') this.#emptied.push(row.id);
			this.#planOutputs(row, emptyOutputCells());
			return;
		}
		const event = events.get(row.id);
		const same = this.#now.byId.get(row.id);
		if (event !== undefined && same?.length === 1) {
			const sentences = settled.find(row, this.#now.timeZone, event, this.#known);
			if (sentences === undefined) this.#planEvent(row, event);
			else this.#setAside(row, sentences);
			return;
		}
		const inputs = this.#read(row);
		if (foreign.has(row.id)) {
			this.#planId({ row, lostId: undefined, copyOf: 'elsewhere' });
			return;
		}
		if (!isId(row.id)) claimants.push({ row, inputs, meant: undefined });
		else if (same !== undefined && same.length > 1) {
			const original = originalOf(same, this.#now, this.#known.before, remembered.get(row.id));
			if (row === original) {
				if (event === undefined) this.#planInsert(row, inputs);
				else this.#planEvent(row, event, false);
			} else this.#planId({ row, lostId: undefined, copyOf: original });
		} else claimants.push({ row, inputs, meant: fresh.get(row.id) });
	}

	/** Rows without an id that an event has: each is a lost one, or new. */
	#planLost(claimants: readonly Claimant[]): void {
		const { events, remembered, before, fresh } = this.#known;
		const unusable = new Set(this.#now.unusable);
		const emptied = new Set(this.#emptied);
		const lost = [...remembered.values()].filter(
			({ id, sheetId }) =>
				!this.#now.byId.has(id) && !unusable.has(sheetId) && events.get(id)?.removed === false,
		);
		// A new id whose row was emptied in the same moment still stands there.
		const early = [...fresh].flatMap(([id, { layout }]): RememberedRow[] =>
			this.#now.byId.has(id) || emptied.has(id)
				? []
				: [{ id, sheetId: layout.sheetId, agreed: {}, written: {} }],
		);
		const wanted = [...lost, ...early].map((one): LostRow => {
			const old = onlyRow(before, one.id) ?? fresh.get(one.id);
			return { remembered: one, old, vanished: events.has(one.id) && !emptied.has(one.id) };
		});
		const found = findLostRows(claimants, wanted, this.#now, before);
		for (const { row, inputs } of claimants) {
			const lostId = found.get(row);
			if (lostId !== undefined || row.id === '' || this.#known.outputsWritten.has(row.id)) {
				this.#planId({ row, lostId, copyOf: undefined });
			} else if (isId(row.id)) this.#planInsert(row, inputs);
			else {
				const sentence =
					`${this.#options.names.id}: “${row.id.slice(0, 60)}” is not an id that cutsheet gave; ` +
					'empty the cell to get a new one, or undo the change.';
				this.#show(row, { outputs: emptyOutputCells([sentence]), sentences: [sentence] });
			}
		}
		const kept = new Set(found.values());
		for (const { id } of lost) {
			const waits = this.#options.cutRemoved && events.get(id)?.state === 'EDITED';
			if (!kept.has(id) && !waits) this.#plan.removed.push(id);
		}
	}

	#planId(id: IdToGive): void {
		const { row } = id;
		const refused = this.#known.refusedCells.get(refusedPlace(row));
		if (refused === undefined) this.#plan.idsToGive.push(id);
		else this.#show(row, { outputs: emptyOutputCells([refused.sentence]), sentences: [refused.sentence] });
	}

	/** A row whose id no event has yet. */
	#planInsert(row: PlacedRow, inputs: RowInputs): void {
		const { id, layout } = row;
		const remember = {
			id,
			sheetId: layout.sheetId,
			agreed: inputs.values,
			written: {},
			submit: firstSubmitMemory(row, this.#options.names),
		};
		this.#plan.inserts.push({ sheetName: layout.title, values: inputs.values, remember });
		const refusal = this.#known.refusals.get(id);
		const sentences = this.#remarks(row, inputs, refusal);
		const fresh = { state: 'UNEDITED', video_link: null, error: null, progress: null };
		this.#show(row, {
			outputs: refusal === undefined ? outputCells(fresh, sentences) : emptyOutputCells(sentences),
			sentences,
		});
	}

	/** @param certain false while the row's id stands on others, too */
	#planEvent(row: PlacedRow, event: EventRow, certain = true): void {
		const { id, layout } = row;
		const { names } = this.#options;
		const known = this.#known;
		const inputs = this.#read(row);
		const remembered = known.remembered.get(id);
		const box = readSubmitBox(row, inputs, names, event, remembered?.submit, certain);
		const merged = mergeRow(inputs, layout.columns, names, layout.sheetId, event, remembered, box.memory);
		const changes: EventUpdate['changes'] = { ...merged.changes };
		if (event.sheet_name !== layout.title) changes.sheet_name = layout.title;
		const changed = Object.keys(changes).length > 0 || box.order !== undefined;
		if (changed) {
			const submit = box.order === undefined ? {} : { submit: box.order };
			this.#plan.updates.push({ id, changes, remember: merged.remember, ...submit });
		} else if (merged.remembersMore) this.#plan.remember.push(merged.remember);
		if (event.removed) this.#plan.returned.push(id);
		const link = this.#editLink(row);
		const write = new Map(
			Object.entries(merged.write).map(([name, value]) => [
				name,
				inputCell(name as 'tags', value as string[]),
			]),
		) as Map<Column, CellValue>;
		if (box.untick) write.set('submit', false);
		if (link.write !== undefined) write.set('edit_link', link.write);
		const written = this.#planInputs(row, write);
		const sentences = [
			...this.#remarks(row, inputs, known.refusals.get(id)),
			...merged.waiting,
			...box.sentences,
			...link.sentences,
		];
		const notice = known.notices.get(id);
		const shown = notice === undefined ? sentences : [...sentences, notice];
		const outputs = this.#planOutputs(row, outputCells(event, shown));
		this.#setAside(row, sentences);
		if (!changed && !merged.remembersMore && !event.removed && !written && outputs === 0) {
			known.settled.settle(row, this.#now.timeZone, event, known, sentences);
		}
	}

	#editLink({ cells, layout, id }: PlacedRow): { write?: string; sentences: string[] } {
		const { editUrl, names } = this.#options;
		const cell = cellAt(cells, layout.columns, 'edit_link');
		if (layout.columns.edit_link === undefined || !asksForLink(cell)) return { sentences: [] };
		if (editUrl === undefined) {
			const sentence = `${names.edit_link}: nobody told cutsheet where the editor page is; have sheet.editUrl configured.`;
			return { sentences: [sentence] };
		}
		const write = editLink(editUrl, id);
		return cell === write ? { sentences: [] } : { write, sentences: [] };
	}

	#read(row: PlacedRow): RowInputs {
		const { layout, cells } = row;
		const time = { timeZone: this.#now.timeZone, countFrom: layout.countFrom };
		return readRow(cells, layout.columns, this.#options.names, time);
	}

	/** What is wrong with the row itself. */
	#remarks(row: PlacedRow, inputs: RowInputs, refusal: string | undefined): string[] {
		const refused: string[] = [];
		if (this.#known.refusedCells.size > 0) {
			for (const name of Object.keys(row.layout.columns) as Column[]) {
				const cell = this.#known.refusedCells.get(refusedKey(row.id, name));
				if (cell !== undefined) refused.push(cell.sentence);
			}
		}
		return [...inputs.problems, ...(refusal === undefined ? [] : [refusal]), ...refused];
	}

	#show(row: PlacedRow, { outputs, sentences }: Shown): void {
		this.#setAside(row, sentences);
		this.#planOutputs(row, outputs);
	}

	#setAside({ layout, index, id }: PlacedRow, sentences: string[]): void {
		if (sentences.length > 0)
			this.#plan.setAside.push({ worksheet: layout.title, row: index + 1, id, sentences });
	}

	/** Write the outputs that differ, where the worksheet has a column for them. @returns how many */
	#planOutputs(row: PlacedRow, outputs: OutputCells): number {
		const { layout, index, cells, id } = row;
		let count = 0;
		for (const name of OUTPUT_COLUMNS) {
			const column = layout.columns[name];
			if (column === undefined) continue;
			const value = outputs[name];
			const shown = cellAt(cells, layout.columns, name);
			if (cellText(shown === false ? '' : shown) === value) continue;
			if (this.#known.refusedCells.get(refusedKey(id, name))?.value === value) continue;
			this.#plan.outputs.push({ sheetId: layout.sheetId, row: index, column, value, id, name });
			count++;
		}
		return count;
	}

	#planInputs(row: PlacedRow, write: ReadonlyMap<Column, CellValue>): boolean {
		const cells = new Map<number, CellValue>();
		for (const [name, value] of write) {
			const column = row.layout.columns[name];
			if (this.#known.refusedCells.get(refusedKey(row.id, name))?.value === value) continue;
			if (column !== undefined) cells.set(column, value);
		}
		if (cells.size > 0) this.#plan.inputs.push(rowWrite(row, cells));
		return cells.size > 0;
	}
}
