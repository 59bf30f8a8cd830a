import './event-panel.css';
import { useEffect, useState } from 'preact/hooks';
import type { paths } from '../../dist/api.d.ts';
import { answerOf, api } from '../api/client.ts';
import { may } from '../shell/session.ts';
import { ActionButtons } from './action-bar.tsx';
import { titleOf } from './event-filter.ts';
import { VideoLink } from './event-line.tsx';
import { type EventRow, mustAct, sentenceOf } from './event-row.ts';
import { events, openEvent, opened } from './page-state.ts';
import { lengthBetween } from './shown-values.ts';
import { Story } from './story-list.tsx';
import { WorkBar } from './work-bar.tsx';

type History = paths['/api/events/{id}/history']['get']['responses'][200]['content']['application/json'];

/** All about the event that is open: what it is, what can be done, and its story. */
export function EventPanel() {
	const id = opened.value;
	if (id === undefined) return null;
	const row = events.byId.value.get(id);
	if (row === undefined)
		return events.loaded.value ? (
			<aside class="panel" aria-label="Event">
				<PanelHead title="No such event" />
				<p>There is no event {id}. Was its address copied whole?</p>
			</aside>
		) : null;
	return <Panel row={row} key={id} />;
}

function PanelHead({ title }: { title: string }) {
	return (
		<div class="row apart panel-head">
			<h2>{title}</h2>
			<button
				type="button"
				class="button plain small"
				aria-label="Close the panel"
				onClick={() => openEvent(undefined)}
			>
				✕
			</button>
		</div>
	);
}

function Panel({ row }: { row: EventRow }) {
	const work = events.work.value.get(row.id);
	const title = titleOf(row) || 'No title';
	const sentence = sentenceOf(row);
	return (
		<aside class="panel" aria-label={`Event: ${title}`}>
			<PanelHead title={title} />
			<div class="row">
				<span class="badge" data-state={row.state}>
					{row.state}
				</span>
				{work && (
					<span class="panel-work">
						<WorkBar work={work} />
					</span>
				)}
			</div>
			{work?.stands_still !== undefined && <p class="notice bad">{work.stands_still}</p>}
			{sentence !== undefined && <p class={`notice ${mustAct(row) ? 'bad' : 'warn'}`}>{sentence}</p>}
			<div class="row tight">
				{may('editor') && (
					<a class="button primary small" href={`/events/${row.id}/edit`}>
						{row.state === 'UNEDITED' ? 'Edit' : 'Editor'}
					</a>
				)}
				{may('operator') && <ActionButtons rows={[row]} />}
			</div>
			<Facts row={row} />
			{may('editor') && <Past row={row} />}
		</aside>
	);
}

function Facts({ row }: { row: EventRow }) {
	const span = (start?: string, end?: string) =>
		start === undefined && end === undefined
			? undefined
			: `${start?.slice(0, 19).replace('T', ' ') ?? '?'} – ${end?.slice(11, 19) ?? '?'} UTC  (${lengthBetween(start, end) || '?'})`;
	const facts: [string, preact.ComponentChildren][] = [
		['Video', row.video_link && <VideoLink link={row.video_link} />],
		['Planned', span(row.start, row.end)],
		['Cut', span(row.video_start, row.video_end)],
		['Category', row.category],
		['Description', row.description !== titleOf(row) ? row.description : ''],
		['Sheet', row.sheet_name],
		['Tags', row.tags.join(', ')],
		['Location', row.upload_location],
		['Node', row.uploader],
		['Only on', row.uploader_whitelist?.join(', ')],
		['Holes', row.allow_holes ? 'left out' : ''],
		['Priority', row.priority === 0 ? '' : String(row.priority)],
		['Attempts', row.attempts === 0 ? '' : String(row.attempts)],
		['Next try', row.next_try_at && `${row.next_try_at.slice(0, 19).replace('T', ' ')} UTC`],
		['Editor', row.editor],
		['ID', <code key="id">{row.id}</code>],
	];
	return (
		<dl class="facts times">
			{facts
				.filter(([, value]) => value !== undefined && value !== '')
				.map(([name, value]) => (
					<div key={name}>
						<dt>{name}</dt>
						<dd>{value}</dd>
					</div>
				))}
		</dl>
	);
}

/** The event's notes, story and job log: read anew whenever the event changes. */
function Past({ row }: { row: EventRow }) {
	const [past, setPast] = useState<History | undefined>(undefined);
	const [notes, setNotes] = useState('');
	const [problem, setProblem] = useState<string | undefined>(undefined);
	const { id, updated_at } = row;
	useEffect(() => {
		let isCurrent = updated_at !== '';
		const path = { path: { id } };
		Promise.all([
			answerOf(api.GET('/api/events/{id}/history', { params: path })),
			answerOf(api.GET('/api/events/{id}', { params: path })),
		])
			.then(([history, { event }]) => {
				if (!isCurrent) return;
				setPast(history);
				setNotes(event.notes ?? '');
				setProblem(undefined);
			})
			.catch((error) => isCurrent && setProblem(error instanceof Error ? error.message : String(error)));
		return () => {
			isCurrent = false;
		};
	}, [id, updated_at]);
	return (
		<>
			{notes !== '' && (
				<section aria-label="Notes">
					<h3>Notes</h3>
					<p class="notes">{notes}</p>
				</section>
			)}
			{problem !== undefined && <p class="notice bad">{problem}</p>}
			{past && <Story past={past} />}
		</>
	);
}
