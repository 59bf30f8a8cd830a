/** The many ways in which people and spreadsheets write a time in a cell → one instant, to the millisecond. */
import { instantOfWallTime } from './time-zone.ts';

/** A value that was read, or what would have been right instead (the rest of a sentence). */
export type Reading<T> = { value: T } | { unreadable: string };

export interface TimeContext {
	/** The spreadsheet's time zone (IANA name), in which dates without a zone of their own are meant. */
	timeZone: string;
	/** The instant (ms) that `HH:MM` counts from, or null when none is configured. */
	countFrom: number | null;
}

const DAY = 86_400_000;

/** Spreadsheets count days from 1899-12-30 (https://developers.google.com/workspace/sheets/api/guides/formats#about_date_time_values). */
const SERIAL_EPOCH = Date.UTC(1899, 11, 30);

/**
 * A number below this is days after the configured start, a larger one a date: 3,000 days are eight years of
 * stream, and as a date serial they would lie in 1908.
 */
const LEAST_DATE_SERIAL = 3_000;

/** What the database and every reader of the rows can hold: years of four digits, and nobody streams before 1970. */
const EARLIEST = Date.UTC(1970, 0, 1);
const LATEST = Date.UTC(10_000, 0, 1) - 1;

const EXAMPLE = 'a time such as 2026-07-04 18:30:00';

/**
 * Read a time cell.
 *
 * @param cell as the API gives it with UNFORMATTED_VALUE and SERIAL_NUMBER: text, a number, or a boolean
 * @returns the time in ms since 1970, rounded to the millisecond, or null for an empty cell
 */
export function readTime(cell: unknown, context: TimeContext): Reading<number | null> {
	if (cell === '' || cell === null || cell === undefined) return { value: null };
	if (typeof cell === 'number') return readNumber(cell, context);
	if (typeof cell !== 'string') return { unreadable: rightTime(context) };
	const text = cell.trim();
	if (text === '') return { value: null };
	return readClock(text, context) ?? readIso(text, context) ?? { unreadable: rightTime(context) };
}

function readNumber(days: number, context: TimeContext): Reading<number> {
	if (days < LEAST_DATE_SERIAL) return afterStart(days * DAY, context);
	return inZone(SERIAL_EPOCH + Math.round(days * DAY), context);
}

/** `[-]H:MM[:SS[.fff]]`, hours of any count. */
const CLOCK = /^([-−+]?)(\d{1,5}):([0-5]?\d)(?::([0-5]?\d(?:[.,]\d+)?))?$/;

function readClock(text: string, context: TimeContext): Reading<number> | undefined {
	const match = CLOCK.exec(text);
	if (match === null) return undefined;
	const [, sign, hours = '0', minutes = '0', seconds = '0'] = match;
	const ms = (Number(hours) * 60 + Number(minutes)) * 60_000 + Number(seconds.replace(',', '.')) * 1000;
	return afterStart(sign === '-' || sign === '−' ? -ms : ms, context);
}

/** A date, or a date and a time, with or without a zone (ISO 8601, a space allowed for the T, seconds optional). */
const ISO =
	/^(\d{4})-(\d{2})-(\d{2})(?:[T\s]\s*(\d{1,2}):(\d{2})(?::(\d{2}(?:[.,]\d+)?))?\s*(Z|UTC|[+−-]\d{2}(?::?\d{2})?)?)?$/i;

function readIso(text: string, context: TimeContext): Reading<number> | undefined {
	const match = ISO.exec(text);
	if (match === null) return undefined;
	const [, year, month, day, hour = '0', minute = '0', second = '0', zone] = match;
	const midnight = Date.UTC(Number(year), Number(month) - 1, Number(day));
	const seconds = Number(second.replace(',', '.'));
	const date = new Date(midnight);
	const exists = date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day);
	if (!exists || Number(hour) > 23 || Number(minute) > 59 || seconds >= 60) {
		return { unreadable: `it looks like a date, but there is no such day or time; write ${EXAMPLE}` };
	}
	const wall = midnight + (Number(hour) * 60 + Number(minute)) * 60_000 + Math.round(seconds * 1000);
	if (zone === undefined) return inZone(wall, context);
	const offset = /^(?:Z|UTC)$/i.test(zone) ? 0 : zoneOffset(zone);
	return offset === undefined
		? { unreadable: 'no zone is that far from UTC; write Z for UTC, or an offset such as +02:00' }
		: inRange(wall - offset);
}

function zoneOffset(zone: string): number | undefined {
	const hours = Number(zone.slice(1, 3));
	const minutes = Number(zone.slice(3).replace(':', ''));
	if (hours > 14 || minutes > 59) return undefined;
	const ms = (hours * 60 + minutes) * 60_000;
	return zone.startsWith('+') ? ms : -ms;
}

function afterStart(ms: number, { countFrom }: TimeContext): Reading<number> {
	if (countFrom === null) {
		return {
			unreadable: `it is a time of day, and no start to count from is configured for this worksheet; write ${EXAMPLE}, or have the start configured`,
		};
	}
	return inRange(countFrom + Math.round(ms));
}

function inZone(wall: number, { timeZone }: TimeContext): Reading<number> {
	const nearest = inRange(wall);
	if ('unreadable' in nearest) return nearest;
	const time = instantOfWallTime(wall, timeZone);
	if (time.kind === 'skipped') {
		return {
			unreadable: `clocks in ${timeZone} skip that time, as summer time begins; write it with its offset, such as 2026-03-29T01:30Z`,
		};
	}
	if (time.kind === 'doubled') {
		return {
			unreadable: `clocks in ${timeZone} show that time twice, as summer time ends; write it with its offset, such as 2026-10-25T00:30Z`,
		};
	}
	return inRange(time.ms);
}

function inRange(ms: number): Reading<number> {
	if (ms >= EARLIEST && ms <= LATEST) return { value: ms };
	return { unreadable: `that would be before 1970 or after 9999; write ${EXAMPLE}` };
}

function rightTime({ countFrom }: TimeContext): string {
	return countFrom === null
		? `write ${EXAMPLE}`
		: `write ${EXAMPLE}, or hours and minutes after the start such as 1:30`;
}
