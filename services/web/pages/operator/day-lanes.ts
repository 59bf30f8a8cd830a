/** Which events of a day stand where on its time line. Without I/O; times are milliseconds. */
import type { EventRow } from './event-row.ts';

const DAY_MS = 86_400_000;
/** An event that nobody said the end of is drawn this long. */
const UNKNOWN_MS = 10 * 60_000;

export interface DayEvent {
	row: EventRow;
	start: number;
	end: number;
	lane: number;
}

/** The first moment of a day such as `2026-05-01`, UTC. */
export function dayStart(day: string): number {
	return Date.parse(`${day}T00:00:00.000Z`);
}

/** The day so many days later. */
export function dayAfter(day: string, days: number): string {
	return new Date(dayStart(day) + days * DAY_MS).toISOString().slice(0, 10);
}

/**
 * The events that have a part in a day, clipped to it, by start. Those at the same time stand in lanes below each other; with
 * more than `lanes` at once, the rest share the last one.
 */
export function eventsOfDay(rows: readonly EventRow[], day: string, lanes: number): DayEvent[] {
	const from = dayStart(day);
	const to = from + DAY_MS;
	const found: Omit<DayEvent, 'lane'>[] = [];
	for (const row of rows) {
		const begins = row.start ?? row.video_start;
		if (begins === undefined) continue;
		const start = Date.parse(begins);
		const ends = row.start === undefined ? row.video_end : row.end;
		const end = ends === undefined ? start + UNKNOWN_MS : Math.max(start, Date.parse(ends));
		if (start < to && end > from) found.push({ row, start: Math.max(from, start), end: Math.min(to, end) });
	}
	found.sort((a, b) => a.start - b.start || b.end - a.end);
	const free: number[] = [];
	return found.map((event) => {
		let lane = free.findIndex((time) => time <= event.start);
		if (lane < 0) lane = Math.min(free.length, lanes - 1);
		free[lane] = Math.max(free[lane] ?? 0, event.end);
		return { ...event, lane };
	});
}
