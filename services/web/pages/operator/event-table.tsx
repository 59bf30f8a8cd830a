import './event-table.css';
import { computed, type Signal, signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { type SortKey, titleOf } from './event-filter.ts';
import { EventLine } from './event-line.tsx';
import { NoEvents } from './no-events.tsx';
import {
	active,
	changeFilter,
	events,
	filter,
	openEvent,
	opened,
	selectBetween,
	selected,
	shown,
	toggle,
} from './page-state.ts';
import { useVirtualRows } from './virtual-rows.ts';

/** A window as narrow as a phone that is held upright: each event takes two lines. */
const narrow = mediaSignal('(width < 600px)');
/** Fingers need more room. */
const coarse = mediaSignal('(pointer: coarse)');
const rowHeight = computed(() => (narrow.value ? 64 : coarse.value ? 44 : 32));

function mediaSignal(query: string): Signal<boolean> {
	const media = matchMedia(query);
	const matches = signal(media.matches);
	media.addEventListener('change', () => {
		matches.value = media.matches;
	});
	return matches;
}

const COLUMNS: readonly { name: string; class: string; sort?: SortKey }[] = [
	{ name: 'State', class: 'state', sort: 'state' },
	{ name: 'Start (UTC)', class: 'start', sort: 'start' },
	{ name: 'Length', class: 'length' },
	{ name: 'Category', class: 'category', sort: 'category' },
	{ name: 'Title', class: 'title', sort: 'title' },
	{ name: 'Progress', class: 'work' },
	{ name: 'Node', class: 'node', sort: 'node' },
	{ name: 'Location', class: 'location' },
	{ name: 'Prio', class: 'priority', sort: 'priority' },
	{ name: 'Changed', class: 'updated', sort: 'updated' },
];

/** A table that the keyboard moves in: by itself a table has no such role. */
function gridRole(activeRow: string | undefined) {
	return {
		role: 'grid',
		tabIndex: 0,
		'aria-multiselectable': true,
		'aria-activedescendant': activeRow && `row-${activeRow}`,
	} as const;
}

/** All events that the filter lets through; only those in sight are on the page. */
export function EventTable() {
	const scroller = useRef<HTMLDivElement>(null);
	const rows = shown.value;
	const { items, height, scrollTo } = useVirtualRows(scroller, rows.length, rowHeight.value);
	const place = Math.min(active.value, rows.length - 1);
	const anchor = useRef(0);
	useEffect(() => {
		if (place >= 0) scrollTo(place);
	}, [place]);

	const move = (to: number, extend: boolean) => {
		const next = Math.max(0, Math.min(rows.length - 1, to));
		if (extend) selectBetween(place, next);
		else anchor.current = next;
		active.value = next;
		if (opened.peek() !== undefined && rows[next]) opened.value = rows[next].id;
	};
	const onKeyDown = (event: KeyboardEvent) => {
		const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 320) / rowHeight.peek()) - 2);
		const moves: Record<string, number> = {
			ArrowDown: place + 1,
			ArrowUp: place - 1,
			PageDown: place + page,
			PageUp: place - page,
			Home: 0,
			End: rows.length - 1,
		};
		const to = moves[event.key];
		const row = rows[place];
		if (to !== undefined) move(to, event.shiftKey);
		else if (event.key === ' ' && row) toggle(row.id);
		else if (event.key === 'Enter' && row) openEvent(row.id);
		else if (event.key === 'a' && (event.ctrlKey || event.metaKey)) selectBetween(0, rows.length - 1);
		else if (event.key === 'Escape' && selected.peek().size > 0) selected.value = new Set();
		else if (event.key === 'Escape') openEvent(undefined);
		else return;
		event.preventDefault();
	};

	const onClick = (event: MouseEvent) => {
		if (!(event.target instanceof Element) || event.target.closest('a, thead') !== null) return;
		// A click beside the box comes once more, from the box.
		if (event.target.matches('label')) return;
		const index = Number(event.target.closest('tr')?.dataset.index);
		const row = rows[index];
		if (row === undefined) return;
		if (event.shiftKey) selectBetween(anchor.current, index);
		else if (event.target.closest('.tick') !== null) toggle(row.id);
		else openEvent(row.id);
		anchor.current = index;
		active.value = index;
	};

	return (
		<div ref={scroller} class="events" data-narrow={narrow.value || undefined}>
			<table
				{...gridRole(rows[place]?.id)}
				aria-label="Events"
				aria-rowcount={rows.length + 1}
				onKeyDown={onKeyDown}
				onClick={onClick}
			>
				<Head count={rows.length} />
				<tbody class="rows" style={{ height: `${height}px` }}>
					{items.map(({ index, start, size }) => {
						const row = rows[index];
						return (
							row && (
								<EventLine
									key={index % items.length}
									row={row}
									title={titleOf(row)}
									index={index}
									top={start}
									height={size}
									work={events.work.value.get(row.id)}
									isActive={index === place}
									isOpen={row.id === opened.value}
									isSelected={selected.value.has(row.id)}
								/>
							)
						);
					})}
				</tbody>
			</table>
			{rows.length === 0 && <NoEvents />}
		</div>
	);
}

function Head({ count }: { count: number }) {
	const { sort, descending } = filter.value;
	const all = count > 0 && selected.value.size === count;
	return (
		<thead>
			<tr class="event head" aria-rowindex={1}>
				<th class="tick">
					<label>
						<input
							type="checkbox"
							aria-label="Select all events shown"
							checked={all}
							onChange={() => {
								if (all) selected.value = new Set();
								else selectBetween(0, count - 1);
							}}
						/>
					</label>
				</th>
				{COLUMNS.map(({ name, class: column, sort: key }) => (
					<th
						key={column}
						class={column}
						aria-sort={
							key !== undefined && key === sort ? (descending ? 'descending' : 'ascending') : undefined
						}
					>
						{key === undefined ? (
							name
						) : (
							<button
								type="button"
								onClick={() => changeFilter({ sort: key, descending: key === sort && !descending })}
							>
								{name}
								{key === sort && <span aria-hidden="true">{descending ? ' ▾' : ' ▴'}</span>}
							</button>
						)}
					</th>
				))}
			</tr>
		</thead>
	);
}
