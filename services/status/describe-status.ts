import type { EventStatus, NodeStatus, Status } from './read-status.ts';

/** A node that has not been heard of for so long is taken for gone: some polls of the usual 10 s missed. */
const GONE_AFTER_SECONDS = 60;

/** The status in plain words, for a terminal. Pure. */
export function describeStatus(status: Status): string {
	const { counts } = status;
	const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
	const lines = [
		`${total} events: ${counts.UNEDITED} unedited, ${counts.EDITED} waiting to be cut, ` +
			`${counts.CLAIMED + counts.FINALIZING} being cut or uploaded, ${counts.UPLOADED} uploaded.`,
		...section('Being cut or uploaded', counts.CLAIMED + counts.FINALIZING, status.working, describeWork),
		...section('Waiting to be cut', counts.EDITED, status.waiting, describeWaiting),
		...section('Failed, somebody must act', status.failed.length, status.failed, (event) => event.error!),
		'',
		...(status.nodes.length > 0
			? ['Cutter nodes:', ...status.nodes.map(describeNode)]
			: ['No cutter node has ever run.']),
		...status.disagreements.map((sentence) => `Attention: ${sentence}`),
	];
	return lines.join('\n');
}

function section(
	heading: string,
	count: number,
	events: readonly EventStatus[],
	describe: (event: EventStatus) => string,
): string[] {
	if (events.length === 0) return [];
	const more = count > events.length ? [`  … and ${count - events.length} more`] : [];
	return [
		'',
		`${heading}:`,
		...events.map((event) => `  ${event.id}  ${oneLine(event.title)}: ${describe(event)}`),
		...more,
	];
}

function describeWork({ state, uploader, progress, expires_at, error }: EventStatus): string {
	const trouble = error ? ` ${error}` : '';
	if (expires_at === null) return `nobody works on it any more; a node will take it over.${trouble}`;
	if (!progress)
		return `${state === 'FINALIZING' ? 'being published' : 'just claimed'} by ${uploader}.${trouble}`;
	const left = progress.seconds_left === undefined ? '' : `, ${progress.seconds_left} s left`;
	return `${progress.stage} on ${uploader}, ${progress.percent} %${left}.${trouble}`;
}

function describeWaiting({ attempts, next_try_at, error }: EventStatus): string {
	const again =
		attempts > 0 && next_try_at ? `attempt ${attempts + 1} from ${next_try_at.toISOString()} on` : 'in line';
	return error ? `${again}. ${error}` : `${again}.`;
}

function describeNode({ name, version, locations, seconds_since_seen: seconds }: NodeStatus): string {
	const places = locations.map((location) => location || '(default)').join(', ') || 'nothing';
	const seen =
		seconds < GONE_AFTER_SECONDS
			? 'runs'
			: `not heard of for ${Math.round(seconds / 60)} min; is it stopped?`;
	return `  ${name}: ${seen} (version ${version}, uploads to ${places})`;
}

/** Titles come from a sheet: nothing in them may move the cursor or colour the terminal. */
function oneLine(text: string): string {
	return text.replace(/\p{Cc}+/gu, ' ').slice(0, 80);
}
