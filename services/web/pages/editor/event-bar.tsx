import './event-bar.css';
import { bytes } from '../operator/shown-values.ts';
import { account } from '../shell/session.ts';
import type { LiveNews } from './live-news.ts';
import type { PageState } from './page-state.ts';
import { formatDayAndTime, formatLength } from './time-entry.ts';

type Lease = NonNullable<PageState['editing']['detail']['value']['lease']>;

interface Props {
	state: PageState;
	news: LiveNews;
}

/** Which event this is, how far it is, and who else looks at it. */
export function EventBar({ state, news }: Props) {
	const { editing } = state;
	const { event, lease } = editing.detail.value;
	const [start, end] = [event.start, event.end].map((time) => (time === null ? undefined : Date.parse(time)));
	const title = event.description.split('\n')[0]!.trim() || 'Event without a description';
	return (
		<div class="event-bar">
			<h1 dir="auto" title={event.description}>
				{title}
			</h1>
			<span class="badge" data-state={event.state}>
				{event.state}
			</span>
			{event.category !== '' && (
				<span class="quiet" title={event.category}>
					{event.category}
				</span>
			)}
			{start !== undefined && (
				<span class="quiet fixed times" title="The row's start and end, UTC">
					{formatDayAndTime(start).slice(0, -4)}
					{end !== undefined && end > start && ` · ${formatLength(end - start).slice(0, -4)}`}
				</span>
			)}
			{event.video_link !== null && <Link address={event.video_link} />}
			{lease && <Work lease={lease} />}
			<span class="people" aria-live="polite">
				{!news.connected.value && <span class="wrong">No connection: it is tried again.</span>}
				{news.others.value.map(({ name, drafted }) => (
					<span
						key={name}
						class="person"
						title={drafted ? `${name} has unsent work here` : `${name} looks at this event too`}
					>
						{name}
						{drafted ? ' edits this too' : ' is here'}
					</span>
				))}
			</span>
		</div>
	);
}

/** Who works on the event, at what, and how far that is. */
function Work({ lease: { holder, progress, stands_still } }: { lease: Lease }) {
	const { stage = 'at work', percent } = progress ?? {};
	// How fast it was says nothing of work that stands still.
	const { bytes_per_second, seconds_left } = (stands_still === null && progress) || {};
	return (
		<span class="working">
			{holder}: {stage}
			{percent !== undefined && (
				<progress max="100" value={percent} aria-label="Progress" title={`${Math.floor(percent)} %`} />
			)}
			{bytes_per_second !== undefined && <span class="quiet times">{bytes(bytes_per_second)}/s</span>}
			{seconds_left !== undefined && (
				<span class="quiet times">{formatLength(seconds_left * 1000).slice(0, -4)} left</span>
			)}
		</span>
	);
}

/** What the row says that an editor should know: an error, notes, that its row is gone, others' unsent work. */
export function EventNotes({ state }: { state: PageState }) {
	const { editing } = state;
	const { event, lease, other_drafts, draft } = editing.detail.value;
	const me = account.value?.name;
	return (
		<>
			{lease?.stands_still != null && (
				<p class="notice bad" role="status">
					{lease.stands_still}
				</p>
			)}
			{event.error !== null && (
				<p class="notice bad" role="status">
					{event.error}
				</p>
			)}
			{event.removed_from_sheet_at !== null && (
				<p class="notice warn">
					The row of this event was removed from its sheet: nobody will cut it until it is back.
				</p>
			)}
			{event.notes && <p class="notice">{event.notes}</p>}
			{draft !== null && editing.changed.value && (
				<div class="notice row apart">
					<span>
						You go on with your draft of {formatDayAndTime(Date.parse(draft.saved_at)).slice(0, -4)} UTC.
					</span>
					<button type="button" class="button plain small" onClick={() => void editing.discard()}>
						Discard it
					</button>
				</div>
			)}
			{editing.open.value === 'all' &&
				other_drafts
					.filter(({ name }) => name !== me)
					.map(({ name, edit, saved_at }) => (
						<div key={name} class="notice row apart">
							<span>
								{name} has unsent work on this event, of {formatDayAndTime(Date.parse(saved_at)).slice(0, -4)}{' '}
								UTC.
							</span>
							<button type="button" class="button plain small" onClick={() => editing.take(edit)}>
								Go on with it
							</button>
						</div>
					))}
		</>
	);
}

/** A link to be followed where browsers may; others, such as file:, are only shown. */
function Link({ address }: { address: string }) {
	if (!/^https?:/.test(address)) return <span class="link fixed">{address}</span>;
	return (
		<a class="link" href={address} target="_blank" rel="noreferrer">
			{address}
		</a>
	);
}
