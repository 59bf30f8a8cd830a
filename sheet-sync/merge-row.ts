/** One row of the sheet against its event: which side changed, what is taken, what is written back, what waits. */
import type { ColumnPositions, HeaderNames, InputColumn, SharedColumn } from './columns.ts';
import { INPUT_COLUMNS, SHARED_COLUMNS, STEERING_COLUMNS } from './columns.ts';
import type { EventInputs, RowInputs } from './row-inputs.ts';
import { inputCell } from './row-outputs.ts';
import type { EventRow, RememberedRow, SubmitMemory } from './snapshot.ts';
import { sameInput } from './snapshot.ts';
import { sameSubmitMemory } from './submit-box.ts';

export interface MergedRow {
	/** To be set in Postgres. */
	changes: Partial<EventInputs>;
	/** To be written into the sheet, as values of the event's. */
	write: Partial<Pick<EventInputs, SharedColumn>>;
	/** What to remember once `changes` are in Postgres. */
	remember: RememberedRow;
	/** Whether `remember` differs from what was remembered before. */
	remembersMore: boolean;
	/** A sentence for each change that the event's state does not allow now. */
	waiting: string[];
}

/** In these states a cutter works with the steering inputs, or a video made from them is out. */
const FROZEN = new Set(['CLAIMED', 'FINALIZING', 'UPLOADED']);

/**
 * Decide column by column. The sheet is the master of plain inputs. For shared ones the side that changed since
 * both last agreed wins, and the sheet does if both did. Nothing is decided about cells that could not be read
 * or columns that the worksheet does not have.
 *
 * @param remembered undefined when this row is seen for the first time, although its event exists
 * @param submit what is to be remembered of the row's box
 */
export function mergeRow(
	row: RowInputs,
	columns: ColumnPositions,
	names: HeaderNames,
	sheetId: number,
	event: EventRow,
	remembered: RememberedRow | undefined,
	submit: SubmitMemory | undefined,
): MergedRow {
	const agreed: Partial<Record<InputColumn, unknown>> = {};
	const written: Partial<Record<InputColumn, unknown>> = {};
	const changes: Partial<Record<InputColumn, unknown>> = {};
	const write: Partial<Record<InputColumn, unknown>> = {};
	const waiting: string[] = [];

	for (const column of INPUT_COLUMNS) {
		// A column that the worksheet lost is forgotten, so that it comes back as a new one: its blank cells are
		// then no orders to erase what Postgres has.
		if (columns[column] === undefined) continue;
		const before = remembered?.agreed[column];
		const ours = remembered?.written[column];
		const sheet = row.values[column];
		const database = event[column];
		agreed[column] = before;
		if (ours !== undefined) written[column] = ours;
		if (sheet === undefined) continue;
		if (sameInput(sheet, database)) {
			agreed[column] = sheet;
			delete written[column];
			continue;
		}
		const neverWritten = before === undefined && row.blank.has(column);
		if (!isShared(column)) {
			if (neverWritten) continue;
			changes[column] = sheet;
			agreed[column] = sheet;
			continue;
		}
		const asBefore = sameInput(sheet, before) || (ours !== undefined && sameInput(sheet, ours));
		if (neverWritten || asBefore) {
			write[column] = database;
			written[column] = database;
		} else if (isSteering(column) && FROZEN.has(event.state)) {
			waiting.push(waitingSentence(names[column], inputCell(column, sheet as never), event.state));
		} else {
			changes[column] = sheet;
			agreed[column] = sheet;
			delete written[column];
		}
	}
	for (const column of INPUT_COLUMNS) if (agreed[column] === undefined) delete agreed[column];

	const remember = { id: event.id, sheetId, agreed, written, submit } as RememberedRow;
	return {
		changes: changes as Partial<EventInputs>,
		write: write as MergedRow['write'],
		remember,
		remembersMore: remembered === undefined || !sameMemory(remembered, remember),
		waiting,
	};
}

function waitingSentence(header: string, cell: unknown, state: string): string {
	const value = cell === '' ? 'nothing' : `“${String(cell)}”`;
	return (
		`${header}: the change to ${value} waits, because the event is ${state}; ` +
		'it is taken when the event goes back to UNEDITED.'
	);
}

function sameMemory(a: RememberedRow, b: RememberedRow): boolean {
	return (
		a.sheetId === b.sheetId &&
		sameSubmitMemory(a.submit, b.submit) &&
		INPUT_COLUMNS.every(
			(column) =>
				sameInput(a.agreed[column], b.agreed[column]) && sameInput(a.written[column], b.written[column]),
		)
	);
}

function isShared(column: InputColumn): column is SharedColumn {
	return (SHARED_COLUMNS as readonly string[]).includes(column);
}

function isSteering(column: InputColumn): boolean {
	return (STEERING_COLUMNS as readonly string[]).includes(column);
}
