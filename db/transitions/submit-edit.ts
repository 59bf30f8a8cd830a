import { sql } from 'kysely';
import type { Db } from '../connect.ts';
import type { VideoRange, VideoTransition } from '../tables.ts';

export interface EditInputs {
	/** In playing order, at least one; `[start, end)` each, to the millisecond. */
	ranges: { start: Date; end: Date }[];
	/** One per join of two ranges; absent = hard cuts. */
	transitions?: VideoTransition[];
	title: string;
	description: string;
	/** Absent = as the row has it. */
	uploadLocation?: string;
	allowHoles?: boolean;
	uploaderWhitelist?: string[];
	/** For the history. */
	editor?: string;
	/** Refuse when the row's edit_version is another one: somebody changed it since it was loaded. */
	expectedVersion?: number;
}

/**
 * UNEDITED → EDITED: a cutter takes it from there. Returns the row's new edit_version. Rejects with the database's
 * sentence when the inputs are not sound, exceed the limits of the location, or the row is in another state.
 */
export async function submitEdit(db: Db, eventId: string, inputs: EditInputs): Promise<number> {
	const starts = inputs.ranges.map((range) => range.start.getTime());
	const ends = inputs.ranges.map((range) => range.end.getTime());
	const one = inputs.ranges.length === 1;
	const ranges = inputs.ranges.map(
		(range): VideoRange => ({ start: range.start.toISOString(), end: range.end.toISOString() }),
	);
	const { rows } = await sql<{ version: number }>`select submit_edit(
		${eventId}, ${new Date(Math.min(...starts))}, ${new Date(Math.max(...ends))}, ${inputs.title}, ${inputs.description},
		ranges => ${one ? null : JSON.stringify(ranges)}, transitions => ${inputs.transitions ? JSON.stringify(inputs.transitions) : null},
		editor_name => ${inputs.editor ?? null}, location => ${inputs.uploadLocation ?? null},
		holes => ${inputs.allowHoles ?? null}, whitelist => ${inputs.uploaderWhitelist ?? null},
		expected_version => ${inputs.expectedVersion ?? null}) as version`.execute(db);
	return rows[0]!.version;
}
