import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { Dialog } from '../look/dialog.tsx';
import { stretchProblem } from './load-window.ts';
import type { PageState } from './page-state.ts';
import { formatLength } from './time-entry.ts';
import { TimeField } from './time-field.tsx';

/** How much of the stream is shown, how times are written, and whether the video is there. */
export function ViewTools({ state }: { state: PageState }) {
	const view = state.view.value;
	const asks = useSignal(false);
	return (
		<div class="row tight view-tools">
			<Tool title="Zoom out (-)" label="Zoom out" onClick={() => state.zoom(0.5)}>
				−
			</Tool>
			<output class="quiet times fixed" aria-label="Length of what is shown">
				{view ? formatLength(view.to - view.from).replace(/\.000$/, '') : ''}
			</output>
			<Tool title="Zoom in (+)" label="Zoom in" onClick={() => state.zoom(2)}>
				+
			</Tool>
			<Tool title="Show the active range (Z)" onClick={() => state.zoomToRange()}>
				Range
			</Tool>
			<Tool title="Show all that is loaded (0)" onClick={() => state.zoomTo(undefined)}>
				All
			</Tool>
			<Tool
				title="Times since the start of the event instead of UTC"
				label="Times since the start of the event"
				pressed={state.timeStyle.value === 'since'}
				onClick={() => {
					state.timeStyle.value = state.timeStyle.value === 'utc' ? 'since' : 'utc';
				}}
			>
				{state.timeStyle.value === 'utc' ? 'UTC' : 'Since start'}
			</Tool>
			<Tool
				title="Without the video everything else works"
				pressed={state.withVideo.value}
				onClick={() => state.setVideo(!state.withVideo.value)}
			>
				Video
			</Tool>
			<Tool
				title="Go on loading while the stream is recorded; place and marks stay (E goes to its end)"
				pressed={state.live.value}
				onClick={() => state.follow(!state.live.value)}
			>
				Live
			</Tool>
			<Tool
				title="Load another part of the stream"
				onClick={() => {
					asks.value = true;
				}}
			>
				Load …
			</Tool>
			{asks.value && (
				<LoadDialog
					state={state}
					onClose={() => {
						asks.value = false;
					}}
				/>
			)}
		</div>
	);
}

interface ToolProps {
	title: string;
	/** What it is called for those who listen, where its text does not say it. */
	label?: string;
	/** Of one that is on or off. */
	pressed?: boolean;
	onClick: () => void;
	children: ComponentChildren;
}

function Tool({ title, label, pressed, onClick, children }: ToolProps) {
	return (
		<button
			type="button"
			class="button plain small"
			title={title}
			aria-label={label}
			aria-pressed={pressed}
			onClick={onClick}
		>
			{children}
		</button>
	);
}

/** Which part of the stream is loaded, to be typed. */
function LoadDialog({ state, onClose }: { state: PageState; onClose: () => void }) {
	const from = useSignal<number | null>(state.loaded.peek()?.from ?? null);
	const to = useSignal<number | null>(state.loaded.peek()?.to ?? null);
	const stretch = from.value === null || to.value === null ? undefined : { from: from.value, to: to.value };
	const problem = stretch && stretchProblem(stretch);
	return (
		<Dialog title="Load another part of the stream" onClose={onClose}>
			<div class="row">
				<TimeField
					apart
					state={state}
					label="From"
					time={from.value}
					onTime={(time) => {
						from.value = time;
					}}
				/>
				<span>to</span>
				<TimeField
					apart
					state={state}
					label="To"
					time={to.value}
					onTime={(time) => {
						to.value = time;
					}}
				/>
			</div>
			{problem !== undefined && <p class="wrong">{problem}</p>}
			<p class="quiet">Times as elsewhere: also 2026-05-01 12:00, or +1:00:00 to move one. The marks stay.</p>
			<div class="actions">
				<button type="button" class="button" onClick={onClose}>
					Back
				</button>
				<button
					type="button"
					class="button primary"
					disabled={stretch === undefined || problem !== undefined}
					onClick={() => {
						if (stretch) state.change(stretch);
						onClose();
					}}
				>
					Load
				</button>
			</div>
		</Dialog>
	);
}
