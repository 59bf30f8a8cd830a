import type { PageState } from './page-state.ts';
import { formatLength } from './time-entry.ts';

/** How much of the stream is shown, how times are written, and whether the video is there. */
export function ViewTools({ state }: { state: PageState }) {
	const view = state.view.value;
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
		</div>
	);
}
