/** How values are written on the operator's pages. Without I/O. */

/** `14:03:09`, UTC. */
export function clock(iso: string): string {
	return iso.slice(11, 19);
}

/** `05-01 14:03`: the list's day has its year in the tool tip. */
export function dayAndClock(iso: string | undefined): string {
	return iso === undefined ? '' : `${iso.slice(5, 10)} ${iso.slice(11, 16)}`;
}

/** `1:02:03`, or `2:03`. */
export function duration(seconds: number): string {
	const whole = Math.max(0, Math.round(seconds));
	const two = (number: number) => String(number).padStart(2, '0');
	const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
	return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/** The time between two: empty when one of them is missing. */
export function lengthBetween(start: string | undefined, end: string | undefined): string {
	if (start === undefined || end === undefined) return '';
	return duration((Date.parse(end) - Date.parse(start)) / 1000);
}

/** How long ago something was: `now`, `12 s ago`, `3 min ago`, `5 h ago`, `4 days ago`. */
export function ago(iso: string, now: number): string {
	const seconds = Math.round((now - Date.parse(iso)) / 1000);
	if (seconds < 3) return 'now';
	if (seconds < 90) return `${seconds} s ago`;
	if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min ago`;
	if (seconds < 36 * 3600) return `${Math.round(seconds / 3600)} h ago`;
	return `${Math.round(seconds / 86400)} days ago`;
}

/** `1.2 TB`. */
export function bytes(count: number): string {
	const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
	const power = count < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(count) / 3));
	const value = count / 1000 ** power;
	return `${value < 10 && power > 0 ? value.toFixed(1) : Math.round(value)} ${units[power]}`;
}

/** `1 event`, `20,000 events`. */
export function counted(count: number, one: string, many = `${one}s`): string {
	return `${count.toLocaleString('en')} ${count === 1 ? one : many}`;
}
