import type { EventStatus, NodeStatus } from './read-status.ts';

/**
 * Why an EDITED event is not claimed, as a sentence, or undefined when a running node may and can take it. The rows say the
 * same (`explain_waiting` of the database), but only while some service runs to write it there. Pure.
 */
export function waitingReason(
	{ upload_location: location, uploader_whitelist: whitelist, removed_from_sheet_at }: EventStatus,
	running: readonly NodeStatus[],
): string | undefined {
	if (removed_from_sheet_at)
		return 'Its row was removed from the sheet. Put it back, with its ID, to have it cut.';
	if (running.length === 0) return 'No cutter runs.';
	const able = running.filter(({ locations }) => locations.includes(location));
	if (able.length === 0) {
		return location === ''
			? 'Its upload location is empty, and no running cutter has a default one.'
			: `No running cutter has upload location “${location}”.`;
	}
	if (whitelist === null || able.some(({ name }) => whitelist.includes(name))) return undefined;
	return `Only ${whitelist.join(', ')} may cut it, and no such node runs with that upload location.`;
}
