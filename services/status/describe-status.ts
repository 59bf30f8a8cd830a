import type { Progress } from '../../db/tables.ts';
import { describeAttention, isRunning, type NodeStatus, type TroubledNode } from './attention.ts';
import { duration } from './duration.ts';
import type { EventStatus, Status } from './read-status.ts';
import { describeStandstill } from './standstill.ts';
import { waitingReason } from './waiting-reason.ts';

/** The status in plain words, for a terminal. Pure. */
export function describeStatus(status: Status): string {
	const { counts } = status;
	const running = status.nodes.filter(isRunning);
	const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
	const lines = [
		`${total} events: ${counts.UNEDITED} unedited, ${counts.EDITED} waiting to be cut, ` +
			`${counts.CLAIMED + counts.FINALIZING} being cut or uploaded, ${counts.UPLOADED} uploaded.`,
		...section('Being cut or uploaded', counts.CLAIMED + counts.FINALIZING, status.working, describeWork),
		...section('Waiting to be cut', counts.EDITED, status.waiting, (event) =>
			describeWaiting(event, running, status.troubles),
		),
		...section('Failed, somebody must act', status.failed_count, status.failed, (event) => event.error!),
		'',
		...(status.nodes.length > 0
			? ['Cutter nodes:', ...status.nodes.map(describeNode)]
			: ['No cutter node has ever run.']),
		...describeAttention(status).map((sentence) => `Attention: ${oneLine(sentence)}`),
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
		...events.map((event) => `  ${event.id}  ${oneLine(event.title, 80)}: ${oneLine(describe(event))}`),
		...more,
	];
}

function describeWork(event: EventStatus): string {
	const { state, uploader, progress, lease_is_live, error, seconds_since_moved } = event;
	const work = { ...event, node: uploader ?? '', seconds_since_moved: seconds_since_moved ?? 0 };
	const standstill = lease_is_live ? describeStandstill(work) : undefined;
	const trouble = [standstill, error].map((sentence) => (sentence ? ` ${sentence}` : '')).join('');
	if (lease_is_live !== true) return `${describeAbandoned(event)}${trouble}`;
	if (!progress)
		return `${state === 'FINALIZING' ? 'being published' : 'just claimed'} by ${uploader}.${trouble}`;
	// How fast it was says nothing of work that stands still.
	const { stage, percent } = progress;
	const now = standstill === undefined ? progress : { stage, ...(percent !== undefined && { percent }) };
	return `${describeProgress(uploader, now)}${trouble}`;
}

/** `uploading on north, 42 %, 3.1 MB/s, 12 min left.` */
function describeProgress(node: string | null, { stage, percent, bytes_per_second, seconds_left }: Progress) {
	const parts = [
		`${stage} on ${node}`,
		percent !== undefined && `${Math.floor(percent)} %`,
		bytes_per_second !== undefined && `${(bytes_per_second / 1e6).toFixed(1)} MB/s`,
		seconds_left !== undefined && `${duration(seconds_left)} left`,
	];
	return `${parts.filter(Boolean).join(', ')}.`;
}

/** Nobody holds a live lease on it. A commit that was under way is asked about, everything else is done again. */
function describeAbandoned({ state, uploader, expires_at, upload_location: location }: EventStatus): string {
	const since = expires_at ? `, its lease ran out at ${expires_at.toISOString()}` : '';
	if (state === 'CLAIMED') {
		return `${uploader} has stopped working on it${since}. A running cutter takes it back within seconds.`;
	}
	const place = location === '' ? 'the default upload location' : `upload location “${location}”`;
	return (
		`${uploader} stopped answering while it was published${since}. ` +
		`A running cutter with ${place} asks there what became of it.`
	);
}

function describeWaiting(
	event: EventStatus,
	running: readonly NodeStatus[],
	troubles: readonly TroubledNode[],
): string {
	const { attempts, next_try_at, error, last_failure } = event;
	const again =
		attempts > 0 && next_try_at ? `attempt ${attempts + 1} from ${next_try_at.toISOString()} on` : 'in line';
	const why =
		error ??
		waitingReason(event, running, troubles) ??
		(last_failure === null ? undefined : `The last attempt failed: ${last_failure}`);
	return why ? `${again}. ${why}` : `${again}.`;
}

function describeNode(node: NodeStatus): string {
	const { name, version, locations, seconds_since_seen } = node;
	const places = locations.map((location) => location || '(default)').join(', ') || 'nothing';
	const seen = isRunning(node) ? 'runs' : `not heard of for ${duration(seconds_since_seen)}; is it stopped?`;
	return `  ${name}: ${seen} (version ${version}, uploads to ${places})`;
}

/** Titles and errors are texts of others: none of them may look like a line of ours. */
function oneLine(text: string, most = text.length): string {
	return text
		.replace(/[\p{Cc}\s]+/gu, ' ')
		.slice(0, most)
		.toWellFormed();
}
