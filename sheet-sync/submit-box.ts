/**
 * The checkbox that submits an edit from the sheet. A tick is an order, and always a person's: cutsheet only ever unticks.
 *
 * - Ticked while the event is UNEDITED: what the row's form says is submitted. If it is refused, the box is unticked
 *   and the row says why, until the form changes or the box is ticked again.
 * - The box stays ticked while the edit is under way or published; it is unticked when the event comes back to UNEDITED.
 * - Unticked while the event is EDITED or CLAIMED: the edit is cancelled. An UPLOADED event stays published; it is cut
 *   anew when the box is ticked again with another form.
 * - A tick counts only if this very row was seen without it before. So a copied row, a pasted one and one that was ticked
 *   before cutsheet knew it never submit anything: they are unticked and asked to be ticked again.
 *
 * What was seen is stored in the transaction in which the order is carried out. So no tick is carried out twice, whenever
 * the sync dies.
 */
import type { ColumnPositions, HeaderNames } from './columns.ts';
import { FORM_COLUMNS } from './columns.ts';
import type { PlacedRow } from './placed-rows.ts';
import { readBoolean } from './plain-cells.ts';
import type { EditForm, RowInputs } from './row-inputs.ts';
import { cellAt } from './row-inputs.ts';
import type { EventRow, SubmitMemory } from './snapshot.ts';

/** What the database is to do, and what it says when that is refused begins with the header. */
export type SubmitOrder =
	| { kind: 'submit'; header: string; about: string; form: EditForm }
	| { kind: 'cancel'; header: string };

export interface SubmitDecision {
	order: SubmitOrder | undefined;
	/** To be remembered once the order is carried out; undefined when the worksheet has no such column. */
	memory: SubmitMemory | undefined;
	/** Whether the box is to be unticked. */
	untick: boolean;
	sentences: string[];
}

/**
 * What a row's box asks for.
 *
 * @param before what was remembered of it
 * @param certain false while several rows have this id: nobody knows for sure which of them was ticked
 */
export function readSubmitBox(
	row: PlacedRow,
	inputs: RowInputs,
	names: HeaderNames,
	event: EventRow,
	before: SubmitMemory | undefined,
	certain: boolean,
): SubmitDecision {
	const { cells, layout } = row;
	const decision: SubmitDecision = { order: undefined, memory: undefined, untick: false, sentences: [] };
	if (layout.columns.submit === undefined) return decision;
	const header = names.submit;
	const reading = readBoolean(cellAt(cells, layout.columns, 'submit'));
	if ('unreadable' in reading) {
		const sentences = [`${header}: ${reading.unreadable}.`, ...(before?.refused ? [before.refused] : [])];
		return { ...decision, memory: before, sentences };
	}
	const ticked = reading.value;
	const about = aboutRow(row, event);
	const refuse = (why: string): SubmitMemory => ({ seen: true, refused: `${header}: ${why}`, about });
	decision.memory = remaining(before, about);

	if (before === undefined) {
		const early = ticked && event.state === 'UNEDITED';
		decision.memory = early ? refuse(TICKED_EARLY) : { seen: ticked };
	} else if (ticked && !before.seen) {
		const why = certain ? whyNot(inputs, layout.columns, names, event) : TICKED_EARLY;
		if (why !== undefined) decision.memory = refuse(why);
		else {
			decision.order = { kind: 'submit', header, about, form: filledForm(inputs, event) };
			decision.memory = { seen: true };
		}
	} else if (!ticked && before.seen && certain) {
		const refused = decision.memory?.refused;
		const noted = { seen: false, ...(refused === undefined ? {} : { refused, about }) };
		// A box that we untick, or whose tick was refused, says nothing about the edit that is under way.
		const ours = before.unticking === true || before.refused !== undefined;
		if (!ours && (event.state === 'EDITED' || event.state === 'CLAIMED')) {
			decision.order = { kind: 'cancel', header };
			decision.memory = { seen: false };
		} else if (!ours && event.state === 'FINALIZING') {
			decision.sentences.push(
				`${header}: the video is being published at this moment, and cannot be cancelled now.`,
			);
		} else decision.memory = noted;
	}
	const { memory, order } = decision;
	if (ticked && memory?.seen === true && order === undefined) {
		decision.untick =
			event.state === 'UNEDITED' || memory.refused !== undefined || before?.unticking === true;
		if (decision.untick) decision.memory = { ...memory, unticking: true };
	}
	if (memory?.refused !== undefined) decision.sentences.push(memory.refused);
	return decision;
}

/** What to remember of the box of a row that becomes an event now. */
export function firstSubmitMemory(
	{ cells, layout }: PlacedRow,
	names: HeaderNames,
): SubmitMemory | undefined {
	if (layout.columns.submit === undefined) return undefined;
	const reading = readBoolean(cellAt(cells, layout.columns, 'submit'));
	const ticked = 'value' in reading && reading.value;
	return ticked ? { seen: true, refused: `${names.submit}: ${TICKED_EARLY}` } : { seen: false };
}

export function sameSubmitMemory(a: SubmitMemory | undefined, b: SubmitMemory | undefined): boolean {
	return (
		a?.seen === b?.seen &&
		a?.refused === b?.refused &&
		a?.about === b?.about &&
		(a?.unticking ?? false) === (b?.unticking ?? false)
	);
}

const TICKED_EARLY =
	'it was ticked before cutsheet knew this row, or in a copy of another row; look whether all is right, and tick it again.';

const TRY_AGAIN = 'mend that and tick it again';

/** Without what was refused, once the row or the event says something else. */
function remaining(memory: SubmitMemory | undefined, about: string): SubmitMemory | undefined {
	if (memory?.refused === undefined || memory.about === undefined || memory.about === about) return memory;
	const { refused: _refused, about: _about, ...rest } = memory;
	return rest;
}

function aboutRow({ cells, layout }: PlacedRow, event: EventRow): string {
	const columns = [...FORM_COLUMNS, 'description', 'upload_location'] as const;
	return JSON.stringify([event.state, ...columns.map((column) => cellAt(cells, layout.columns, column))]);
}

/** What the database would refuse, in the words of the sheet's headers. */
function whyNot(
	{ form, unreadable, values }: RowInputs,
	columns: ColumnPositions,
	names: HeaderNames,
	event: EventRow,
): string | undefined {
	const times = ['video_start', 'video_end'] as const;
	const absent = times.filter((column) => columns[column] === undefined);
	const quoted = (list: readonly (keyof HeaderNames)[]) =>
		list.map((column) => `“${names[column]}”`).join(' and ');
	if (absent.length > 0) return `this worksheet has no column ${quoted(absent)}; add it and tick this again.`;
	if (unreadable.length > 0) return `${quoted(unreadable)} cannot be read; ${TRY_AGAIN}.`;
	const missing = times.filter((column) => form[column] === null);
	if (missing.length > 0) return `${quoted(missing)} must be filled in; ${TRY_AGAIN}.`;
	if ((form.video_start ?? '') >= (form.video_end ?? ''))
		return `“${names.video_end}” is not after “${names.video_start}”; ${TRY_AGAIN}.`;
	const { video_title } = filledForm({ form, values }, event);
	if (video_title === '') return `“${names.video_title}” must be filled in; ${TRY_AGAIN}.`;
	return undefined;
}

/** Without a title of its own the video gets the first line of the row's description. */
function filledForm({ form, values }: Pick<RowInputs, 'form' | 'values'>, event: EventRow): EditForm {
	const description = values.description ?? event.description;
	return {
		video_start: form.video_start ?? null,
		video_end: form.video_end ?? null,
		video_title: form.video_title || (description.split('\n')[0] ?? '').trim(),
		video_description: form.video_description ?? '',
	};
}
