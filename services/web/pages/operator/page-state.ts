import { batch, computed, effect, signal } from '@preact/signals';
import { AllEvents } from './all-events.ts';
import {
	dayOf,
	EVERYTHING,
	type Filter,
	filterEvents,
	parseFilter,
	sortEvents,
	writeFilter,
} from './event-filter.ts';

export const events = new AllEvents();

export const filter = signal<Filter>(parseFilter(location.search));

/** The event whose panel is shown. */
export const opened = signal<string | undefined>(
	new URLSearchParams(location.search).get('event') ?? undefined,
);

/** Ids of the events that are ticked. */
export const selected = signal<ReadonlySet<string>>(new Set());

/** Where the keyboard is in the list. */
export const active = signal(0);

// Each of these goes through 20,000 events only when what it is made of has changed, not with every letter that is typed.
const order = computed(() => filter.value.sort);
const descending = computed(() => filter.value.descending);
const inOrder = computed(() => sortEvents(events.rows.value, order.value, descending.value));

export const shown = computed(() => filterEvents(inOrder.value, filter.value));

/** How many events there are of each state, and with an error. */
export const counts = computed(() => {
	const byState = new Map<string, number>();
	let errors = 0;
	for (const row of events.rows.value) {
		byState.set(row.state, (byState.get(row.state) ?? 0) + 1);
		if (row.error !== undefined) errors += 1;
	}
	return { byState, errors };
});

/** The values that can be filtered by, each once, in order. */
export const choices = computed(() => {
	const rows = events.rows.value;
	const each = (values: (string | undefined)[]) =>
		[...new Set(values)].filter((value) => value !== undefined && value !== '').sort() as string[];
	return {
		categories: each(rows.map(({ category }) => category)),
		days: each(rows.map(dayOf)).reverse(),
		nodes: each(rows.map(({ uploader }) => uploader)),
	};
});

export function changeFilter(changes: Partial<Filter>): void {
	batch(() => {
		filter.value = { ...filter.peek(), ...changes };
		active.value = 0;
	});
}

export function clearFilter(): void {
	const { sort, descending } = filter.peek();
	changeFilter({ ...EVERYTHING, sort, descending });
}

/** Shows an event's panel, and goes to it in the list. */
export function openEvent(id: string | undefined): void {
	batch(() => {
		opened.value = id;
		const place = shown.peek().findIndex((row) => row.id === id);
		if (place >= 0) active.value = place;
	});
}

export function toggle(id: string): void {
	const ids = new Set(selected.peek());
	if (!ids.delete(id)) ids.add(id);
	selected.value = ids;
}

/** Ticks what lies between two places of the list, both included. */
export function selectBetween(from: number, to: number): void {
	const [first, last] = from < to ? [from, to] : [to, from];
	const ids = shown
		.peek()
		.slice(first, last + 1)
		.map(({ id }) => id);
	selected.value = new Set([...selected.peek(), ...ids]);
}

// The address says what is shown, so that it can be sent to somebody.
effect(() => {
	const query = writeFilter(filter.value, opened.value);
	if (query !== location.search) history.replaceState(null, '', location.pathname + query);
});

// What is filtered out is not acted upon: nobody sees it.
effect(() => {
	const rows = shown.value;
	const ticked = selected.peek();
	if (ticked.size === 0) return;
	const there = new Set(rows.map(({ id }) => id));
	if ([...ticked].some((id) => !there.has(id)))
		selected.value = new Set([...ticked].filter((id) => there.has(id)));
});
