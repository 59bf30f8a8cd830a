import { Dialog } from '../look/dialog.tsx';
import { shownValue } from '../look/history-values.ts';
import type { Editing } from './editing.ts';
import { FIELD_NAMES } from './merge-edit.ts';
import { formatDayAndTime } from './time-entry.ts';

const NAMES: Record<string, string> = {
	...FIELD_NAMES,
	state: 'State',
	start: 'Start',
	end: 'End',
	category: 'Category',
	description: 'Description of the row',
	notes: 'Notes',
	removed_from_sheet_at: 'Removed from the sheet',
	video_start: 'Beginning of the video',
	video_end: 'End of the video',
	video_ranges: 'Ranges',
	video_transitions: 'Transitions',
	video_link: 'Link',
};

/** Somebody changed the event while it is edited here: what, and what to do about it. */
export function MeanwhileDialog({ editing }: { editing: Editing }) {
	const meanwhile = editing.meanwhile.value;
	const merge = editing.merge.value;
	if (meanwhile === undefined || merge === undefined || !editing.asksMeanwhile.value) return null;
	const { changes, detail } = meanwhile;
	const { conflicts } = merge;
	const closed = detail.event.state !== 'UNEDITED';
	return (
		<Dialog title="This event was changed meanwhile" onClose={() => editing.decideLater()}>
			<ul class="changes">
				{changes.flatMap(({ at, who, fields }) =>
					fields.map(({ field, from, to }) => (
						<li key={`${at} ${field}`}>
							<strong>{NAMES[field] ?? field}</strong>: <del>{shown(from)}</del> <ins>{shown(to)}</ins>
							<div class="quiet">
								{who}, {formatDayAndTime(Date.parse(at)).slice(0, -4)} UTC
							</div>
						</li>
					)),
				)}
			</ul>
			{conflicts.length > 0 ? (
				<p class="notice warn">
					You changed this too: {conflicts.map((field) => FIELD_NAMES[field]).join(', ')}. Whose shall it be?
				</p>
			) : (
				<p>Your own changes are about other things; both can be kept.</p>
			)}
			{closed && (
				<p class="notice warn">
					It is {detail.event.state} now, so nothing can be submitted. Your work stays here as long as this
					page is open.
				</p>
			)}
			<div class="actions">
				<button type="button" class="button" onClick={() => editing.decideLater()}>
					Decide later
				</button>
				<button type="button" class="button" onClick={() => editing.settle('theirs')}>
					Drop mine
				</button>
				<button type="button" class="button primary" onClick={() => editing.settle('mine')}>
					{conflicts.length > 0 ? 'Keep mine' : 'Keep both'}
				</button>
			</div>
		</Dialog>
	);
}

/** As long as the question is put off: that it is open, and the way back to it. */
export function MeanwhileNote({ editing }: { editing: Editing }) {
	const meanwhile = editing.meanwhile.value;
	if (meanwhile === undefined || editing.asksMeanwhile.value) return null;
	const who = [...new Set(meanwhile.changes.map((change) => change.who))].join(' and ');
	return (
		<div class="notice warn row apart" role="status">
			<span>{who} changed this event meanwhile. Decide before you submit.</span>
			<button
				type="button"
				class="button small"
				onClick={() => {
					editing.asksMeanwhile.value = true;
				}}
			>
				Decide …
			</button>
		</div>
	);
}

const MOST_LETTERS = 200;

function shown(value: unknown): string {
	const text = shownValue(value);
	return text.length > MOST_LETTERS ? `${text.slice(0, MOST_LETTERS)}…` : text;
}
