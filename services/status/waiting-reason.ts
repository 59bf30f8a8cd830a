import type { NodeStatus, TroubledNode } from './attention.ts';
import type { EventStatus } from './read-status.ts';

/**
 * Why an EDITED event is not claimed, as a sentence, or undefined when a running node may and can take it. The rows say the
 * same (`explain_waiting` of the database), but only while some service runs to write it there. Pure.
 */
export function waitingReason(
	{ upload_location: location, uploader_whitelist: whitelist, removed_from_sheet_at }: EventStatus,
	running: readonly NodeStatus[],
	troubles: readonly TroubledNode[] = [],
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
	const allowed = able.filter(({ name }) => whitelist?.includes(name) ?? true);
	const stopped = allowed.map(({ name }) =>
		troubles.find(({ node, stopped }) => node === name && stopped.includes(location)),
	);
	if (stopped.some((one) => one === undefined)) return undefined;
	if (stopped.length > 0) return stopped.map((one) => one!.troubles[0]).join(' ');
	return `Only ${whitelist?.join(', ')} may cut it, and no such node runs with that upload location.`;
}
