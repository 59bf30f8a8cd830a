import test from 'ava';
import fc from 'fast-check';
import { applyEdit, type PageEdit } from '../../../sheet-sync/local-sheet/page-edits.ts';
import { revertChange } from '../../../sheet-sync/local-sheet/revert-change.ts';
import type { Workbook } from '../../../sheet-sync/local-sheet/workbook.ts';
import { newWorkbook, newWorksheet } from '../../../sheet-sync/local-sheet/workbook.ts';
import { workbookChange } from '../../../sheet-sync/local-sheet/workbook-change.ts';

const ROWS = 5;
const COLUMNS = 4;

function startingWorkbook(): Workbook {
	const empty = { ...newWorkbook('test', 'Test'), worksheets: [newWorksheet(0, 'First', ROWS, COLUMNS)] };
	const [first] = empty.worksheets;
	const values = first!.rows.map((row) => first!.columns.map((column) => `${row.key}/${column}`));
	const { key: row } = first!.rows[0]!;
	return applyEdit(empty, { kind: 'write', sheetId: 0, row, column: first!.columns[0]!, values });
}

/** What a person does: which rows, columns and texts it names is chosen when the workbook is there. */
const step = fc.record({
	kind: fc.constantFrom('write', 'clear', 'insert', 'delete', 'move', 'sort'),
	dimension: fc.constantFrom('ROWS' as const, 'COLUMNS' as const),
	at: fc.nat(20),
	to: fc.nat(20),
	count: fc.integer({ min: 1, max: 2 }),
	text: fc.constantFrom('', 'typed', '12:30'),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function edited(workbook: Workbook, { kind, dimension, at, to, count, text }: Step): Workbook {
	const [worksheet] = workbook.worksheets;
	const rows = worksheet!.rows.map(({ key }) => key);
	const { columns } = worksheet!;
	const all = dimension === 'ROWS' ? rows : columns;
	const one = (keys: readonly number[], index: number) => keys[index % keys.length] as number;
	const some = Array.from({ length: Math.min(count, all.length) }, (_, offset) => one(all, at + offset));
	const keys = [...new Set(some)];
	const before = to % 3 === 0 ? null : one(all, to);
	const edits: Record<Step['kind'], PageEdit> = {
		write: {
			kind: 'write',
			sheetId: 0,
			row: one(rows, at),
			column: one(columns, to),
			values: [[text, text]],
		},
		clear: { kind: 'clear', sheetId: 0, rows: [one(rows, at)], columns: [one(columns, to)] },
		insert: { kind: 'insert', sheetId: 0, dimension, beside: one(all, at), where: 'after', count },
		delete: { kind: 'delete', sheetId: 0, dimension, keys },
		move: { kind: 'move', sheetId: 0, dimension, keys, before },
		sort: { kind: 'sort', sheetId: 0, column: one(columns, at), order: 'DESCENDING' },
	};
	if (kind === 'delete' && keys.length === all.length) return workbook;
	return applyEdit(workbook, edits[kind]);
}

/** All that a person sees, in its order, and the keys. */
function visible({ worksheets }: Workbook): object {
	return worksheets.map(({ title, columns, rows, frozenRows }) => ({
		title,
		columns,
		frozenRows,
		rows: rows.map(({ key, cells }) => ({ key, cells })),
	}));
}

test('whatever a person does, undoing it all step by step brings everything back', (t) => {
	fc.assert(
		fc.property(fc.array(step, { maxLength: 10 }), (steps) => {
			const states = [startingWorkbook()];
			for (const one of steps) states.push(edited(states.at(-1)!, one));
			let current = states.at(-1)!;
			for (let index = states.length - 2; index >= 0; index--) {
				const change = workbookChange(states[index]!, states[index + 1]!);
				const { workbook, kept } = revertChange(current, change, true);
				t.is(kept, 0);
				t.deepEqual(visible(workbook), visible(states[index]!));
				// Redo, and undo again.
				const redone = revertChange(workbook, workbookChange(current, workbook), true).workbook;
				t.deepEqual(visible(redone), visible(current));
				current = workbook;
			}
		}),
		{ numRuns: 150 },
	);
});

test('undoing one person’s step loses nothing of what others wrote since', (t) => {
	fc.assert(
		fc.property(step, fc.array(step, { maxLength: 6 }), (mine, theirs) => {
			const before = startingWorkbook();
			const after = edited(before, mine);
			let current = after;
			for (const one of theirs) current = edited(current, one);
			const { workbook } = revertChange(current, workbookChange(before, after), true);
			const texts = (state: Workbook) =>
				new Map(
					state.worksheets[0]!.rows.flatMap(({ key, cells }) =>
						cells.flatMap((cell, place) =>
							cell === null ? [] : [[`${key}:${state.worksheets[0]!.columns[place]}`, cell.v] as const],
						),
					),
				);
			const [afterMine, now, undone] = [texts(after), texts(current), texts(workbook)];
			for (const [place, text] of now) if (afterMine.get(place) !== text) t.is(undone.get(place), text);
			const keys = workbook.worksheets[0]!.rows.map(({ key }) => key);
			t.is(new Set(keys).size, keys.length);
			t.true(
				workbook.worksheets[0]!.rows.every(
					({ cells }) => cells.length <= workbook.worksheets[0]!.columns.length,
				),
			);
		}),
		{ numRuns: 300 },
	);
});
