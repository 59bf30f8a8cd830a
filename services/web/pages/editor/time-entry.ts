/** How times are shown: as UTC, or as time since the event's start. */
export type TimeStyle = 'utc' | 'since';

/** What a typed time is read against; all in milliseconds since the Unix epoch. */
export interface TimeContext {
	readonly style: TimeStyle;
	/** What times are counted from: the event's start. */
	readonly origin: number;
	/** The field's value before: what +1.5 and -0:10 move. Undefined while it is empty. */
	readonly current: number | undefined;
}

const CLOCK = String.raw`(?:(\d+):)?(?:(\d+):)?(\d+(?:[.,]\d+)?)`;
const ABSOLUTE = /^(\d{4})-(\d\d)-(\d\d)[T ]+(\d\d?):(\d\d)(?::(\d\d?)(?:[.,](\d+))?)?\s*(?:Z|UTC)?$/i;
const SIGNED = new RegExp(`^([+-])\\s*${CLOCK}$`);
const SINCE = new RegExp(`^(\u2212?)\\s*${CLOCK}$`);
const TIME_OF_DAY = /^(\d\d?):(\d\d)(?::(\d\d?)(?:[.,](\d+))?)?\s*(?:Z|UTC)?$/i;
const DAY = 86_400_000;

/**
 * Reads a typed time, to the millisecond:
 * - `2026-05-01 12:00:03.2` (with or without T and Z): that time, UTC;
 * - `+1.5`, `-0:10`: the value before, moved by that much;
 * - where times are shown as UTC, `12:00:03.2`: that time on the day that brings it nearest to the value before;
 * - where they are shown since the start, `1:02:03.4`, `2:03` or `90`: so long after the start (with − before: before it).
 *
 * Gives milliseconds since the Unix epoch, or a sentence that says what can be typed.
 */
export function parseTimeEntry(typed: string, context: TimeContext): number | string {
	const text = typed.trim();
	const absolute = ABSOLUTE.exec(text);
	if (absolute !== null) {
		const [, year, month, day, hour, minute, second = '0', fraction = ''] = absolute;
		const midnight = Date.UTC(Number(year), Number(month) - 1, Number(day));
		if (new Date(midnight).toISOString().slice(0, 10) !== `${year}-${month}-${day}`)
			return `There is no day ${year}-${month}-${day}.`;
		const time = timeOfDay(hour!, minute!, second, fraction);
		return typeof time === 'string' ? time : midnight + time;
	}
	const signed = SIGNED.exec(text);
	if (signed !== null) {
		if (context.current === undefined)
			return 'There is no time yet that could be moved: type one without + or −.';
		const amount = clock(signed, 2);
		return typeof amount === 'string' ? amount : context.current + (signed[1] === '-' ? -amount : amount);
	}
	if (context.style === 'utc') {
		const match = TIME_OF_DAY.exec(text);
		if (match === null) return 'Type a time such as 12:00:03.200 (UTC), or +1.5 or -0:10 to move it.';
		const time = timeOfDay(match[1]!, match[2]!, match[3] ?? '0', match[4] ?? '');
		return typeof time === 'string' ? time : nearestDay(time, context.current ?? context.origin);
	}
	const since = SINCE.exec(text);
	if (since === null) return 'Type a time since the start such as 1:02:03.4, or +1.5 or -0:10 to move it.';
	const amount = clock(since, 2);
	return typeof amount === 'string' ? amount : context.origin + (since[1] === '' ? amount : -amount);
}

/** A time as it is shown in a field; what parseTimeEntry reads in the same style. */
export function formatTime(time: number, style: TimeStyle, origin: number): string {
	if (style === 'utc') return new Date(Math.round(time)).toISOString().slice('YYYY-MM-DDT'.length, -1);
	return `${time < origin ? '\u2212' : ''}${formatLength(Math.abs(time - origin))}`;
}

/** A time with its day: `2026-05-01 12:00:03.200`. */
export function formatDayAndTime(time: number): string {
	return new Date(Math.round(time)).toISOString().replace('T', ' ').slice(0, -1);
}

/** A length in milliseconds as `H:MM:SS.mmm`, or `M:SS.mmm` below an hour. */
export function formatLength(length: number): string {
	const sign = length < 0 ? '\u2212' : '';
	const whole = Math.round(Math.abs(length));
	const hours = Math.floor(whole / 3_600_000);
	const minutes = Math.floor(whole / 60_000) % 60;
	const seconds = `${pad(Math.floor(whole / 1000) % 60, 2)}.${pad(whole % 1000, 3)}`;
	return hours > 0 ? `${sign}${hours}:${pad(minutes, 2)}:${seconds}` : `${sign}${minutes}:${seconds}`;
}

function timeOfDay(hour: string, minute: string, second: string, fraction: string): number | string {
	if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59)
		return `There is no time ${hour}:${minute}:${second}; a day goes from 00:00:00 to 23:59:59.`;
	return (Number(hour) * 60 + Number(minute)) * 60_000 + milliseconds(second, fraction);
}

/** Hours, minutes and seconds of a match from group `first` on, as milliseconds. Only the leading part may exceed 59. */
function clock(match: RegExpExecArray, first: number): number | string {
	const texts = [match[first], match[first + 1], match[first + 2]].filter((part) => part !== undefined);
	const [seconds, minutes = 0, hours = 0] = texts.toReversed().map((part) => Number(part.replace(',', '.')));
	if (texts.length > 1 && seconds! >= 60) return `${texts.at(-1)} seconds are more than a minute.`;
	if (texts.length > 2 && minutes >= 60) return `${texts.at(-2)} minutes are more than an hour.`;
	return Math.round((hours * 60 + minutes) * 60_000 + seconds! * 1000);
}

function milliseconds(second: string, fraction: string): number {
	return Number(second) * 1000 + Math.round(Number(`0.${fraction || '0'}`) * 1000);
}

function nearestDay(time: number, near: number): number {
	const midnight = Math.floor(near / DAY) * DAY;
	const days = [midnight - DAY, midnight, midnight + DAY].map((day) => day + time);
	return days.reduce((best, one) => (Math.abs(one - near) < Math.abs(best - near) ? one : best));
}

function pad(value: number, length: number): string {
	return String(value).padStart(length, '0');
}
