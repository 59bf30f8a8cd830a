/** An event → the cells that the sync writes for people. All are written RAW, so that no text becomes a formula. */
import type { OutputColumn, SharedColumn } from './columns.ts';
import type { CellValue, EventInputs } from './row-inputs.ts';

/** Google refuses a cell of more than 50,000 characters, and with it the whole batch. */
const LONGEST_CELL = 50_000;

/** The columns of an event that its row shows. */
export interface EventOutputs {
	state: string;
	video_link: string | null;
	error: string | null;
	/** What a cutter is doing, to be shown beside the state, or null. */
	progress: string | null;
}

/** The text of each output cell. */
export type OutputCells = Record<OutputColumn, string>;

/**
 * What the output cells of an event's row should say.
 *
 * @param remarks sentences about the row itself: cells that cannot be read, changes that wait
 */
export function outputCells(event: EventOutputs, remarks: readonly string[]): OutputCells {
	const error = [...remarks, event.error ?? ''].filter((sentence) => sentence !== '').join(' ');
	const state = event.progress === null ? event.state : `${event.state} ${event.progress}`;
	return { state, video_link: shorten(event.video_link ?? ''), error: shorten(error) };
}

/** What a row shows that has no event to speak of. */
export function emptyOutputCells(remarks: readonly string[] = []): OutputCells {
	return { state: '', video_link: '', error: shorten(remarks.join(' ')) };
}

/** An input that was set elsewhere (on the editor page, by SQL) → the cell that a person would have written. */
export function inputCell<C extends SharedColumn>(column: C, value: EventInputs[C]): CellValue {
	if (column === 'priority') return value === 0 ? '' : (value as number);
	if (typeof value === 'boolean') return value;
	return shorten(Array.isArray(value) ? value.join(', ') : ((value as string | null) ?? ''));
}

function shorten(text: string): string {
	return text.length <= LONGEST_CELL ? text : `${text.slice(0, LONGEST_CELL - 1).toWellFormed()}…`;
}
