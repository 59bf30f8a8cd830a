import './range-list.css';
import { useSignal } from '@preact/signals';
import type { EditRange } from './edit.ts';
import {
	addRange,
	deleteRange,
	longestJoin,
	moveRange,
	rangeLength,
	setBound,
	setJoin,
} from './edit-ranges.ts';
import { DownloadIcon, RepeatIcon } from './icons.tsx';
import { outputLength } from './output-line.ts';
import type { PageState } from './page-state.ts';
import { formatLength } from './time-entry.ts';
import { TimeField } from './time-field.tsx';

interface Props {
	state: PageState;
}

/** The ranges in playing order, each with its times, and how one takes over from the other. */
export function RangeList({ state }: Props) {
	const { editing } = state;
	const { edit, active } = editing.working.value;
	const closed = editing.open.value !== 'all';
	const dragged = useSignal<number | undefined>(undefined);
	const over = useSignal<number | undefined>(undefined);
	const drop = (index: number) => {
		const key = dragged.peek();
		dragged.value = undefined;
		over.value = undefined;
		if (key !== undefined) editing.mark((working) => moveRange(working, key, index));
	};
	return (
		<section class="panel" aria-labelledby="ranges-title">
			<div class="row apart">
				<h2 id="ranges-title">Ranges</h2>
				<span class="quiet times">
					Video: <strong class="fixed">{formatLength(outputLength(edit.ranges))}</strong>
				</span>
			</div>
			<ol class="ranges">
				{edit.ranges.map((range, index) => (
					<li
						key={range.key}
						class={`range ${range.key === active ? 'active' : ''} ${over.value === index ? 'over' : ''}`}
						aria-current={range.key === active ? 'true' : undefined}
						onDragOver={(event) => {
							if (dragged.peek() === undefined) return;
							event.preventDefault();
							over.value = index;
						}}
						onDrop={(event) => {
							event.preventDefault();
							drop(index);
						}}
						onFocusCapture={() => editing.mark((working) => ({ ...working, active: range.key }))}
					>
						{index > 0 && <JoinFields state={state} range={range} index={index} closed={closed} />}
						<RangeRow
							state={state}
							range={range}
							index={index}
							closed={closed}
							onDrag={(key) => {
								dragged.value = key;
							}}
						/>
					</li>
				))}
			</ol>
			<div class="row">
				<button type="button" class="button small" disabled={closed} onClick={() => state.addRangeHere()}>
					Add range <kbd>N</kbd>
				</button>
				<button type="button" class="button small" disabled={closed} onClick={() => state.splitHere()}>
					Split <kbd>S</kbd>
				</button>
				<button
					type="button"
					class="button plain small"
					disabled={closed || !editing.canUndo.value}
					title="Undo (Ctrl Z)"
					onClick={() => editing.undo()}
				>
					↶ Undo
				</button>
				<button
					type="button"
					class="button plain small"
					disabled={closed || !editing.canRedo.value}
					title="Do again (Ctrl Shift Z)"
					onClick={() => editing.redo()}
				>
					↷ Redo
				</button>
			</div>
		</section>
	);
}

interface RowProps extends Props {
	range: EditRange;
	index: number;
	closed: boolean;
}

function RangeRow({
	state,
	range,
	index,
	closed,
	onDrag,
}: RowProps & { onDrag: (key: number | undefined) => void }) {
	const { editing } = state;
	const refusal = editing.refusal.value;
	const notes = editing.rangeNotes.value.filter(({ key, field }) => key === range.key && field !== 'join');
	const refused = (bound: string) =>
		refusal?.field?.endsWith(`ranges.${index}.${bound}`) ? refusal.sentence : undefined;
	const number = index + 1;
	const length = rangeLength(range);
	const touched = range.start !== null || range.end !== null || editing.edit.value.ranges.length > 1;
	return (
		<>
			<div class="range-row">
				<button
					type="button"
					class="number"
					draggable={!closed}
					aria-pressed={range.key === editing.working.value.active}
					aria-label={`Range ${number}: go to it; drag it to play it elsewhere`}
					title={`Go to range ${number}; drag it to reorder`}
					onDragStart={(event) => {
						event.dataTransfer?.setData('text/plain', `Range ${number}`);
						onDrag(range.key);
					}}
					onDragEnd={() => onDrag(undefined)}
					onClick={() => {
						editing.mark((working) => ({ ...working, active: range.key }));
						if (range.start !== null) state.seek(range.start);
					}}
				>
					{number}
				</button>
				<TimeField
					state={state}
					label={`Beginning of range ${number}`}
					time={range.start}
					disabled={closed}
					wrong={refused('start')}
					onTime={(time) => editing.mark((working) => setBound(working, range.key, 'start', time))}
				/>
				<span aria-hidden="true">–</span>
				<TimeField
					state={state}
					label={`End of range ${number}`}
					time={range.end}
					disabled={closed}
					wrong={refused('end')}
					onTime={(time) => editing.mark((working) => setBound(working, range.key, 'end', time))}
				/>
				<span class="length fixed quiet" title="Length">
					{length === undefined ? '' : formatLength(length)}
				</span>
				<span class="row-tools">
					<button
						type="button"
						class="button plain small"
						disabled={closed || index === 0}
						aria-label={`Play range ${number} earlier`}
						title="Earlier"
						onClick={() => editing.mark((working) => moveRange(working, range.key, index - 1))}
					>
						↑
					</button>
					<button
						type="button"
						class="button plain small"
						disabled={closed || index === editing.edit.value.ranges.length - 1}
						aria-label={`Play range ${number} later`}
						title="Later"
						onClick={() => editing.mark((working) => moveRange(working, range.key, index + 1))}
					>
						↓
					</button>
					<Download state={state} range={range} number={number} />
					<button
						type="button"
						class="button plain small"
						disabled={closed}
						aria-label={`Repeat range ${number} behind it`}
						title="Repeat"
						onClick={() =>
							editing.mark((working) => addRange({ ...working, active: range.key }, range.start, range.end))
						}
					>
						<RepeatIcon />
					</button>
					<button
						type="button"
						class="button plain small"
						disabled={closed}
						aria-label={`Delete range ${number}`}
						title="Delete (Del)"
						onClick={() => editing.mark((working) => deleteRange(working, range.key))}
					>
						✕
					</button>
				</span>
			</div>
			{touched &&
				notes.map(({ level, sentence }) => (
					<p key={sentence} class={level === 'error' ? 'wrong' : 'warned'}>
						{sentence}
					</p>
				))}
		</>
	);
}

/** The range as a file of its own, cut at once on this node. */
function Download({ state, range, number }: Props & { range: EditRange; number: number }) {
	const { start, end } = range;
	if (start === null || end === null || start >= end) return null;
	const iso = (time: number) => new Date(time).toISOString();
	const { title, allowHoles } = state.editing.edit.value;
	const url = state.data.address('cut', {
		...{ start: iso(start), end: iso(end), title: `${title.slice(0, 400)} ${number}`.trim() },
		...(allowHoles && { allow_holes: 'true' }),
	});
	return (
		<a
			class="button plain small"
			href={url}
			download
			aria-label={`Download range ${number}`}
			title="Download, cut exactly"
		>
			<DownloadIcon />
		</a>
	);
}

const FIRST_SECONDS = 1;

function JoinFields({ state, range, index, closed }: RowProps) {
	const { editing } = state;
	const { transitions } = editing.detail.value;
	const { ranges } = editing.edit.value;
	const longest = longestJoin(ranges, index);
	const note = editing.rangeNotes.value.find(({ key, field }) => key === range.key && field === 'join');
	const set = (join: EditRange['join'], gesture?: string) =>
		editing.mark((working) => setJoin(working, range.key, join), gesture);
	const ready = [ranges[index - 1]!, range].every((one) => (rangeLength(one) ?? 0) > 0);
	return (
		<div class="join">
			<div class="row tight">
				<span class="quiet" aria-hidden="true">
					⤵
				</span>
				<select
					class="input small"
					aria-label={`How range ${index + 1} takes over from range ${index}`}
					disabled={closed}
					value={range.join?.kind ?? ''}
					onChange={(event) => {
						const kind = event.currentTarget.value;
						const seconds = range.join?.seconds ?? (Math.min(FIRST_SECONDS, longest) || FIRST_SECONDS);
						set(kind === '' ? null : { kind, seconds });
					}}
				>
					<option value="">cut</option>
					{transitions.map((kind) => (
						<option key={kind} value={kind}>
							{kind}
						</option>
					))}
				</select>
				{range.join !== null && (
					<>
						<input
							class="input small seconds"
							type="number"
							min="0.04"
							max={longest}
							step="0.1"
							aria-label="Seconds of the transition"
							aria-invalid={note !== undefined}
							disabled={closed}
							value={range.join.seconds}
							onInput={(event) => {
								const seconds = Math.round(event.currentTarget.valueAsNumber * 1000) / 1000;
								if (Number.isFinite(seconds)) set({ kind: range.join!.kind, seconds }, `join ${range.key}`);
							}}
						/>
						<span class="quiet">s</span>
					</>
				)}
				<button
					type="button"
					class="button plain small"
					disabled={!ready || note !== undefined}
					title="Preview of the join (T)"
					onClick={() => {
						state.preview.value = range.key;
					}}
				>
					Preview
				</button>
			</div>
			{note && <p class="wrong">{note.sentence}</p>}
		</div>
	);
}
