/** Wall-clock time in a named time zone ↔ instants, with the standard library's own zone data. */

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** What a wall-clock time stands for: usually one instant; none or two around a change to or from summer time. */
export type WallTime = { kind: 'instant'; ms: number } | { kind: 'skipped' } | { kind: 'doubled' };

/**
 * The instant at which clocks in `timeZone` show a wall-clock time.
 *
 * @param wall the time shown, in ms as if it were UTC
 * @param timeZone an IANA name, as the Sheets API reports it (`Europe/Berlin`)
 */
export function instantOfWallTime(wall: number, timeZone: string): WallTime {
	if (isUtc(timeZone)) return { kind: 'instant', ms: wall };
	// No zone is more than a day off UTC, and none changes its offset twice within two days: the right offset
	// is one of those a day before and a day after.
	const offsets = new Set([offsetAt(wall - DAY, timeZone), offsetAt(wall + DAY, timeZone)]);
	const instants = [...offsets]
		.map((offset) => wall - offset)
		.filter((ms) => ms + offsetAt(ms, timeZone) === wall);
	const [ms] = instants;
	if (ms === undefined) return { kind: 'skipped' };
	return instants.length === 1 ? { kind: 'instant', ms } : { kind: 'doubled' };
}

/** Whether this runtime knows the time zone. */
export function isTimeZone(timeZone: string): boolean {
	try {
		formatterFor(timeZone);
		return true;
	} catch {
		return false;
	}
}

function isUtc(timeZone: string): boolean {
	return timeZone === 'UTC' || timeZone === 'Etc/UTC' || timeZone === 'GMT' || timeZone === 'Etc/GMT';
}

/** How far clocks in the zone are ahead of UTC at an instant, in ms. */
function offsetAt(ms: number, timeZone: string): number {
	const parts: Record<string, number> = {};
	for (const { type, value } of formatterFor(timeZone).formatToParts(ms)) parts[type] = Number(value);
	const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
	const shown = Date.UTC(year, month - 1, day, hour, minute, second);
	return shown - Math.floor(ms / 1000) * 1000;
}

/** Making a formatter costs some 50 µs, using one 2 µs. */
const formatters = new Map<string, Intl.DateTimeFormat>();

function formatterFor(timeZone: string): Intl.DateTimeFormat {
	let formatter = formatters.get(timeZone);
	if (formatter === undefined) {
		formatter = new Intl.DateTimeFormat('en-US', {
			timeZone,
			hourCycle: 'h23',
			year: 'numeric',
			month: 'numeric',
			day: 'numeric',
			hour: 'numeric',
			minute: 'numeric',
			second: 'numeric',
		});
		formatters.set(timeZone, formatter);
	}
	return formatter;
}
