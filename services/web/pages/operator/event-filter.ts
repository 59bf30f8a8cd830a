/** Which events the list shows, and in which order. Without I/O; kept in the page's address. */
import type { EventRow } from './event-row.ts';

export const STATES = ['UNEDITED', 'EDITED', 'CLAIMED', 'FINALIZING', 'UPLOADED'] as const;

export const SORTS = ['state', 'start', 'category', 'title', 'node', 'priority', 'updated'] as const;

export type SortKey = (typeof SORTS)[number];

export interface Filter {
	/** None: all. */
	states: readonly string[];
	category: string;
	/** `2026-05-01`, UTC, of the event's start. */
	day: string;
	node: string;
	/** Only events with an error. */
	failed: boolean;
	/** Every word of it must be in the event; of its id, the first eight or more characters. */
	find: string;
	sort: SortKey;
	descending: boolean;
}

export const EVERYTHING: Filter = {
	states: [],
	category: '',
	day: '',
	node: '',
	failed: false,
	find: '',
	sort: 'start',
	descending: true,
};

/** What the address says, as a filter; what it does not know is left out. */
export function parseFilter(query: string): Filter {
	const asked = new URLSearchParams(query);
	const sort = asked.get('sort') ?? '';
	const [key, order] = sort.split('.');
	return {
		states: (asked.get('state') ?? '').split(',').filter((state) => STATES.some((one) => one === state)),
		category: asked.get('category') ?? '',
		day: /^\d{4}-\d\d-\d\d$/.test(asked.get('day') ?? '') ? asked.get('day')! : '',
		node: asked.get('node') ?? '',
		failed: asked.get('error') === 'yes',
		find: asked.get('find') ?? '',
		sort: SORTS.find((one) => one === key) ?? EVERYTHING.sort,
		descending: order === undefined ? EVERYTHING.descending : order === 'down',
	};
}

/** The filter as a query, empty for everything: `?state=EDITED&find=opening`. `open`: the event whose panel is shown. */
export function writeFilter(filter: Filter, open?: string): string {
	const query = new URLSearchParams();
	if (filter.states.length > 0) query.set('state', filter.states.join(','));
	if (filter.category !== '') query.set('category', filter.category);
	if (filter.day !== '') query.set('day', filter.day);
	if (filter.node !== '') query.set('node', filter.node);
	if (filter.failed) query.set('error', 'yes');
	if (filter.find !== '') query.set('find', filter.find);
	if (filter.sort !== EVERYTHING.sort || filter.descending !== EVERYTHING.descending)
		query.set('sort', `${filter.sort}.${filter.descending ? 'down' : 'up'}`);
	if (open !== undefined) query.set('event', open);
	const text = query.toString();
	return text === '' ? '' : `?${text}`;
}

/** Whether anything is filtered out by it. */
export function isFiltered(filter: Filter): boolean {
	return writeFilter({ ...filter, sort: EVERYTHING.sort, descending: EVERYTHING.descending }) !== '';
}

/** The rows that the filter lets through, in the order that they have. */
export function filterEvents(rows: readonly EventRow[], filter: Filter): EventRow[] {
	const words = filter.find.toLowerCase().split(/\s+/).filter(Boolean);
	const states = new Set(filter.states);
	return rows.filter(
		(row) =>
			(states.size === 0 || states.has(row.state)) &&
			(filter.category === '' || row.category === filter.category) &&
			(filter.day === '' || dayOf(row) === filter.day) &&
			(filter.node === '' || row.uploader === filter.node) &&
			(!filter.failed || row.error !== undefined) &&
			words.every((word) => row.text.includes(word) || (word.length >= 8 && row.id.startsWith(word))),
	);
}

/** The rows in an order; equals stay in the order that they had. */
export function sortEvents(rows: readonly EventRow[], sort: SortKey, descending: boolean): EventRow[] {
	const up = descending ? -1 : 1;
	const key = SORT_KEYS[sort];
	const keyed = rows.map((row) => ({ row, key: key(row) }));
	keyed.sort((a, b) => (a.key < b.key ? -up : a.key > b.key ? up : 0));
	return keyed.map(({ row }) => row);
}

/** The day of an event, `2026-05-01`; empty when nobody said when it is. */
export function dayOf(row: EventRow): string {
	return (row.start ?? row.video_start ?? '').slice(0, 10);
}

const SORT_KEYS: Record<SortKey, (row: EventRow) => string | number> = {
	state: (row) => STATES.indexOf(row.state),
	start: (row) => row.start ?? row.video_start ?? '',
	category: (row) => row.category.toLowerCase(),
	title: (row) => titleOf(row).toLowerCase(),
	node: (row) => row.uploader ?? '',
	priority: (row) => row.priority,
	updated: (row) => row.updated_at,
};

/** What people call an event. */
export function titleOf(row: Pick<EventRow, 'video_title' | 'description'>): string {
	return row.video_title || row.description;
}
