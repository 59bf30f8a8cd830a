import { memo } from 'preact/compat';
import { type EventRow, isResting, mustAct, sentenceOf, type WorkUnderWay } from './event-row.ts';
import { dayAndClock, lengthBetween } from './shown-values.ts';
import { WorkBar } from './work-bar.tsx';

interface EventLineProps {
	row: EventRow;
	title: string;
	index: number;
	top: number;
	height: number;
	work: WorkUnderWay | undefined;
	isActive: boolean;
	isOpen: boolean;
	isSelected: boolean;
}

/** One event in the list. */
export const EventLine = memo(Line, (before, after) =>
	(Object.keys(after) as (keyof EventLineProps)[]).every((key) => before[key] === after[key]),
);

function Line({ row, title, index, top, height, work, isActive, isOpen, isSelected }: EventLineProps) {
	const start = row.start ?? row.video_start;
	const isDone = row.state === 'UPLOADED' || row.state === 'EDITED';
	const length =
		isDone || row.start === undefined
			? lengthBetween(row.video_start, row.video_end)
			: lengthBetween(row.start, row.end);
	const standstill = work?.stands_still;
	const sentence = standstill ?? sentenceOf(row);
	// A sentence about what is wrong may take the room of the progress that there is none of.
	const needsRoom =
		sentence !== undefined && work === undefined && row.state !== 'UPLOADED' && row.next_try_at === undefined;
	return (
		<tr
			id={`row-${row.id}`}
			class="event"
			aria-rowindex={index + 2}
			aria-selected={isSelected}
			data-active={isActive || undefined}
			data-open={isOpen || undefined}
			style={{ transform: `translateY(${top}px)`, height: `${height}px` }}
			data-index={index}
			data-spread={needsRoom || undefined}
		>
			<td class="tick">
				<label>
					<input
						type="checkbox"
						tabIndex={-1}
						aria-label={`Select ${title || 'the event without a title'}`}
						checked={isSelected}
						readOnly
					/>
				</label>
			</td>
			<td class="state">
				<span class="badge" data-state={row.state}>
					{row.state}
				</span>
			</td>
			<td class="start times" title={start}>
				{dayAndClock(start)}
			</td>
			<td class="length times">{length}</td>
			<td class="category" title={row.category}>
				{row.category}
			</td>
			<td class="title" title={sentence ?? title}>
				<b>{title || <i class="quiet">no title</i>}</b>
				{row.removed_from_sheet_at !== undefined && <em class="gone">not in the sheet</em>}
				{sentence !== undefined && (
					<em class={standstill !== undefined || mustAct(row) ? 'wrong' : 'waits'}>{sentence}</em>
				)}
			</td>
			<td class="work">
				{work !== undefined && row.state !== 'UPLOADED' ? (
					<WorkBar work={work} />
				) : row.state === 'UPLOADED' && row.video_link !== undefined ? (
					<VideoLink link={row.video_link} />
				) : row.attempts > 0 && row.state !== 'UPLOADED' && !isResting(row) ? (
					<span class="quiet">
						tried {row.attempts}×{row.next_try_at !== undefined && `, again ${row.next_try_at.slice(11, 16)}`}
					</span>
				) : null}
			</td>
			<td class="node" title={row.uploader}>
				{row.uploader}
			</td>
			<td class="location" title={row.upload_location}>
				{row.upload_location}
			</td>
			<td class="priority times">{row.priority === 0 ? '' : row.priority}</td>
			<td class="updated times" title={row.updated_at}>
				{dayAndClock(row.updated_at)}
			</td>
		</tr>
	);
}

/** A link to the video, or its place where a browser cannot go. */
export function VideoLink({ link }: { link: string }) {
	if (!/^https?:/.test(link))
		return (
			<span class="quiet cut-off" title={link}>
				{link.replace(/^file:\/\//, '')}
			</span>
		);
	return (
		<a href={link} target="_blank" rel="noreferrer" class="cut-off" title={link}>
			{link.replace(/^https?:\/\/(www\.)?/, '')}
		</a>
	);
}
