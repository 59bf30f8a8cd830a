/** What a published copy of the events shows: pure, from events to rows of cells, and to the cells that differ. */
import type { Selectable } from 'kysely';
import type { EventState, EventsTable } from '../db/tables.ts';

/** Columns of an event that may be published; who works on it and what failed are nobody else's business. */
export const PUBLISHED_FIELDS = [
	'start',
	'end',
	'category',
	'description',
	'notes',
	'tags',
	'priority',
	'sheet_name',
	'state',
	'video_title',
	'video_description',
	'video_link',
	'id',
] as const;

export type PublishedField = (typeof PUBLISHED_FIELDS)[number];
export type PublishedEvent = Pick<Selectable<EventsTable>, PublishedField>;

export interface PublishedColumn {
	header: string;
	field: PublishedField;
}

/** Which events are published; what is not named does not matter. */
export interface PublishedFilter {
	states?: readonly EventState[];
	categories?: readonly string[];
	/** One of them is enough. */
	tags?: readonly string[];
	/** Titles of the worksheets that the rows stand in. */
	worksheets?: readonly string[];
}

/**
 * Header and rows, by start and then by id; events without a start come last. Times are written as `2026-07-04 18:30:00`.
 *
 * @param timeZone IANA name of the zone that the times are shown in
 */
export function publishedRows(
	events: readonly PublishedEvent[],
	columns: readonly PublishedColumn[],
	filter: PublishedFilter,
	timeZone: string,
): string[][] {
	const { states, categories, tags, worksheets } = filter;
	const wanted = events.filter(
		(event) =>
			(states?.includes(event.state) ?? true) &&
			(categories?.includes(event.category) ?? true) &&
			(tags?.some((tag) => event.tags.includes(tag)) ?? true) &&
			(worksheets?.includes(event.sheet_name) ?? true),
	);
	const order = (event: PublishedEvent) => event.start?.getTime() ?? Number.POSITIVE_INFINITY;
	wanted.sort((a, b) => (order(a) === order(b) ? (a.id < b.id ? -1 : 1) : order(a) < order(b) ? -1 : 1));
	// The one locale that writes dates as ISO 8601 does.
	const clock = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' });
	const text = (value: PublishedEvent[PublishedField]): string => {
		if (value === null) return '';
		if (value instanceof Date) return clock.format(value);
		return Array.isArray(value) ? value.join(', ') : String(value);
	};
	return [
		columns.map(({ header }) => header),
		...wanted.map((event) => columns.map(({ field }) => text(event[field]))),
	];
}

/** Rows to write, each from the first column on, in runs of neighbours. */
export interface RowRun {
	/** Counted from 0. */
	startRow: number;
	values: string[][];
}

/**
 * The rows that differ from those of the copy; rows that it has too many are emptied.
 *
 * @param present as the API answers, without empty cells and rows at the ends
 * @param width how many columns are ours; people may keep notes to the right of them
 */
export function changedRuns(
	present: readonly (readonly unknown[])[],
	wanted: readonly string[][],
	width: number,
): RowRun[] {
	const runs: RowRun[] = [];
	const empty = new Array<string>(width).fill('');
	for (let row = 0; row < Math.max(present.length, wanted.length); row++) {
		const values = wanted[row] ?? empty;
		const shown = present[row] ?? [];
		if (values.every((value, column) => value === String(shown[column] ?? ''))) continue;
		const last = runs.at(-1);
		if (last !== undefined && last.startRow + last.values.length === row) last.values.push(values);
		else runs.push({ startRow: row, values: [values] });
	}
	return runs;
}
