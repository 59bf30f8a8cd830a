import './viewer.css';
import { useEffect, useRef } from 'preact/hooks';
import type { PageState } from './page-state.ts';

/** The picture. The video element lives as long as the page; only its place is rendered. */
export function Viewer({ state }: { state: PageState }) {
	const { player } = state;
	const place = useRef<HTMLDivElement>(null);
	useEffect(() => {
		place.current?.prepend(player.video);
	}, [player]);
	const trouble = player.trouble.value;
	const reading = state.withVideo.value && !trouble && player.wall.value === undefined;
	return (
		<section class="viewer" aria-label="Stream" ref={place}>
			{state.loaded.value === undefined && (
				<Over>
					This event has no time yet, so nothing can be loaded. Type a start into its row in the sheet, or
					type the marks on the right.
				</Over>
			)}
			{!state.withVideo.value && state.loaded.value !== undefined && (
				<Over>
					The video is not loaded. Times can be typed, and the sound is drawn below.{' '}
					<button type="button" class="button small" onClick={() => state.setVideo(true)}>
						Load the video
					</button>
				</Over>
			)}
			{trouble !== undefined && (
				<Over>
					{trouble.sentence}{' '}
					{trouble.status === 401 && (
						<a class="button small" href="/sign-in" target="_blank" rel="noreferrer">
							Sign in
						</a>
					)}{' '}
					<button type="button" class="button small" onClick={() => state.setVideo(true)}>
						Try again
					</button>
				</Over>
			)}
			{(reading || player.waiting.value) && state.loaded.value !== undefined && (
				<div class="busy" role="status">
					<span class="unseen">Loading</span>
				</div>
			)}
			{player.backwards.value > 0 && <div class="corner">◀◀ {player.backwards.value}×</div>}
			{player.result.value !== undefined && (
				<div class="corner">
					Result · range {rangeNumber(state, state.pieces.value[player.result.value]?.key)}
				</div>
			)}
		</section>
	);
}

function rangeNumber(state: PageState, key: number | undefined): number {
	return state.editing.edit.value.ranges.findIndex((range) => range.key === key) + 1;
}

/** In place of the picture: why there is none. */
function Over({ children }: { children: preact.ComponentChildren }) {
	return <div class="over">{children}</div>;
}
