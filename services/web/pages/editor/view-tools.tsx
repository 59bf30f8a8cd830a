import { useSignal } from '@preact/signals';
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
			<button
				type="button"
				class="button plain small"
				title="Zoom out (-)"
				aria-label="Zoom out"
				onClick={() => state.zoom(0.5)}
			>
				−
			</button>
			<output class="quiet times fixed" aria-label="Length of what is shown">
				{view ? formatLength(view.to - view.from).replace(/\.000$/, '') : ''}
			</output>
			<button
				type="button"
				class="button plain small"
				title="Zoom in (+)"
				aria-label="Zoom in"
				onClick={() => state.zoom(2)}
			>
				+
			</button>
			<button
				type="button"
				class="button plain small"
				title="Show the active range (Z)"
				onClick={() => state.zoomToRange()}
			>
				Range
			</button>
			<button
				type="button"
				class="button plain small"
				title="Show all that is loaded (0)"
				onClick={() => state.zoomTo(undefined)}
			>
				All
			</button>
			<button
				type="button"
				class="button plain small"
				aria-pressed={state.timeStyle.value === 'since'}
				aria-label="Times since the start of the event"
				title="Times since the start of the event instead of UTC"
				onClick={() => {
					state.timeStyle.value = state.timeStyle.value === 'utc' ? 'since' : 'utc';
				}}
			>
				{state.timeStyle.value === 'utc' ? 'UTC' : 'Since start'}
			</button>
			<button
				type="button"
				class="button plain small"
				aria-pressed={state.withVideo.value}
				title="Without the video everything else works"
				onClick={() => state.setVideo(!state.withVideo.value)}
			>
				Video
			</button>
			<button
				type="button"
				class="button plain small"
				aria-pressed={state.live.value}
				title="Go on loading while the stream is recorded; place and marks stay (E goes to its end)"
				onClick={() => state.follow(!state.live.value)}
			>
				Live
			</button>
			<button
				type="button"
				class="button plain small"
				title="Load another part of the stream"
				onClick={() => {
					asks.value = true;
				}}
			>
				Load …
			</button>
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
