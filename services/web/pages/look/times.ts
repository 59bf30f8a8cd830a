/** A time as people read it: `2026-05-01 12:00 UTC`; `never` for none. */
export function shownTime(iso: string | null): string {
	return iso === null ? 'never' : `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`;
}
