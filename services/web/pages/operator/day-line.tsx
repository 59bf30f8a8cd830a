import './day-line.css';
import { computed, signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { answerOf, api } from '../api/client.ts';
import { type Stretch, stretchesOf, union } from '../nodes/coverage.ts';
import { CoverageBar } from '../nodes/coverage-bar.tsx';
import { dayAfter, dayStart, eventsOfDay } from './day-lanes.ts';
import { titleOf } from './event-filter.ts';
import { changeFilter, choices, events, filter, openEvent, opened } from './page-state.ts';
import { counted, dayAndClock } from './shown-values.ts';

const DAY_MS = 86_400_000;
const LANES = 4;
const LANE_PX = 20;
const MOST_BARS = 3;
const LOOK_EVERY_MS = 60_000;

/** What nodes hold, by channel and quality; undefined before that is known. */
const recorded = signal<ReadonlyMap<string, Stretch[]> | undefined>(undefined);

/** The day that is filtered by, or the last one until today that has events. */
const chosenDay = computed(() => {
	const { days } = choices.value;
	const today = new Date().toISOString().slice(0, 10);
	return filter.value.day || (days.find((one) => one <= today) ?? days.at(-1) ?? today);
});
const dayEvents = computed(() => eventsOfDay(events.rows.value, chosenDay.value, LANES));

async function look(): Promise<void> {
	const { nodes } = await answerOf(api.GET('/api/nodes'));
	const held = new Map<string, Stretch[]>();
	for (const store of nodes.flatMap(({ stores }) => stores)) {
		const name = `${store.channel}/${store.quality}`;
		held.set(name, [...(held.get(name) ?? []), ...stretchesOf(store.held)]);
	}
	// Where there are many recordings it is enough to see whether anybody has the time; Nodes tells them apart.
	const told: [string, Stretch[]][] =
		held.size > MOST_BARS ? [[`${held.size} recordings`, [...held.values()].flat()]] : [...held];
	recorded.value = new Map(told.map(([name, stretches]) => [name, union(stretches)]));
}

/** One day: its events over what was recorded, in the colours of their states. */
export function DayLine() {
	useEffect(() => {
		// The bar is told of once a minute; when that fails, the next time is soon enough.
		const again = () => void look().catch(() => undefined);
		again();
		const timer = setInterval(again, LOOK_EVERY_MS);
		return () => clearInterval(timer);
	}, []);
	const day = chosenDay.value;
	const start = dayStart(day);
	const shown = dayEvents.value;
	const lanes = shown.reduce((most, { lane }) => Math.max(most, lane + 1), 1);
	const percent = (ms: number) => `${(ms / DAY_MS) * 100}%`;
	const now = Date.now() - start;
	const choose = (chosen: string) => changeFilter({ day: chosen });
	return (
		<section class="day" aria-label={`The day ${day}`}>
			<div class="row tight day-head">
				<button
					type="button"
					class="button plain small"
					aria-label="The day before"
					onClick={() => choose(dayAfter(day, -1))}
				>
					◀
				</button>
				<input
					type="date"
					class="input day-input"
					aria-label="Day (UTC)"
					value={day}
					onChange={({ currentTarget }) => currentTarget.value && choose(currentTarget.value)}
				/>
				<button
					type="button"
					class="button plain small"
					aria-label="The day after"
					onClick={() => choose(dayAfter(day, 1))}
				>
					▶
				</button>
				<span class="quiet times">{counted(shown.length, 'event')}</span>
			</div>
			<div class="day-picture">
				<div class="hours times" aria-hidden="true">
					{[0, 3, 6, 9, 12, 15, 18, 21].map((hour) => (
						<span key={hour} style={{ left: percent(hour * 3_600_000) }}>
							{String(hour).padStart(2, '0')}:00
						</span>
					))}
				</div>
				<div class="lanes" style={{ height: `${lanes * LANE_PX}px` }}>
					{shown.map(({ row, start: from, end, lane }) => (
						<button
							key={row.id}
							type="button"
							class="block"
							data-state={row.state}
							data-wrong={(row.error !== undefined && !row.error.startsWith('Waits: ')) || undefined}
							data-open={row.id === opened.value || undefined}
							style={{ left: percent(from - start), width: percent(end - from), top: `${lane * LANE_PX}px` }}
							title={`${dayAndClock(row.start ?? row.video_start)} ${titleOf(row) || 'no title'}: ${row.state}${row.error ? `. ${row.error}` : ''}`}
							onClick={() => openEvent(row.id)}
						>
							{titleOf(row) || 'no title'}
						</button>
					))}
				</div>
				{[...(recorded.value ?? [])].map(([name, held]) => (
					<CoverageBar
						key={name}
						label={`${name} on ${day}`}
						held={held}
						start={start}
						end={start + DAY_MS}
					/>
				))}
				{recorded.value?.size === 0 && <p class="quiet">No node has told yet what it has recorded.</p>}
				{now > 0 && now < DAY_MS && <span class="now" style={{ left: percent(now) }} title="Now" />}
			</div>
		</section>
	);
}
