/** How values of an event's columns are shown where its history is told. Without I/O. */

/** What stands for an empty one. */
export const NOTHING = 'nothing';

/** A value of the history, short and plain: times without their letters, ranges as times, lists with commas. */
export function shownValue(value: unknown): string {
	if (value === null || value === undefined || value === '') return NOTHING;
	if (typeof value === 'boolean') return value ? 'yes' : 'no';
	if (typeof value === 'string') return shownTime(value) ?? value;
	if (!Array.isArray(value)) return JSON.stringify(value);
	if (value.length === 0) return NOTHING;
	return value.map(shownItem).join(', ');
}

/** One of a list: a word, a range, a transition (null is a hard cut), or a chapter. */
function shownItem(item: unknown): string {
	if (item === null) return 'cut';
	if (typeof item !== 'object') return String(item);
	const { start, end, kind, seconds, at, title } = item as Record<string, unknown>;
	if (typeof start === 'string' && typeof end === 'string')
		return `${shownTime(start) ?? start} – ${shownTime(end)?.slice(11) ?? end}`;
	if (typeof kind === 'string' && typeof seconds === 'number') return `${kind} ${seconds} s`;
	if (typeof at === 'string' && typeof title === 'string')
		return `${shownTime(at)?.slice(11) ?? at} ${title}`;
	return JSON.stringify(item);
}

/** `2026-05-01 12:00:03.200` of a time as Postgres or JSON write it; undefined of other text. */
function shownTime(text: string): string | undefined {
	const time = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d(\.\d+)?)(\+00:00|Z)$/.exec(text);
	return time ? `${time[1]} ${time[2]}` : undefined;
}
