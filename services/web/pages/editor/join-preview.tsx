import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { notReached, refusedWith } from '../api/client.ts';
import { Dialog } from '../look/dialog.tsx';
import type { PageState } from './page-state.ts';

/** Shows how one range takes over from the other, as the cutter would make it. */
export function JoinPreview({ state }: { state: PageState }) {
	const key = state.preview.value;
	const { ranges } = state.editing.edit.value;
	const index = ranges.findIndex((range) => range.key === key);
	const video = useSignal<string | undefined>(undefined);
	const problem = useSignal<string | undefined>(undefined);
	const [before, after] = [ranges[index - 1], ranges[index]];
	const url = index > 0 && before && after ? addressOf(state, before, after) : undefined;
	useEffect(() => {
		if (url === undefined) return;
		const stop = new AbortController();
		let made: string | undefined;
		video.value = undefined;
		problem.value = undefined;
		fetch(url, { signal: stop.signal })
			.catch(notReached)
			.then(async (answer) => {
				if (!answer.ok) throw refusedWith(answer.status, await answer.text());
				made = URL.createObjectURL(await answer.blob());
				video.value = made;
			})
			.catch((error: Error) => {
				if (!stop.signal.aborted) problem.value = error.message;
			});
		return () => {
			stop.abort();
			if (made !== undefined) URL.revokeObjectURL(made);
		};
	}, [url]);
	if (url === undefined) return null;
	const close = () => {
		state.preview.value = undefined;
	};
	return (
		<Dialog title={`From range ${index} to range ${index + 1}`} onClose={close}>
			<div class="preview">
				{video.value !== undefined && (
					<video src={video.value} autoplay loop controls playsInline aria-label="Preview of the join">
						<track kind="captions" />
					</video>
				)}
				{video.value === undefined && problem.value === undefined && (
					<p role="status">The join is being made …</p>
				)}
				{problem.value !== undefined && <p class="notice bad">{problem.value}</p>}
			</div>
			<div class="actions">
				<button type="button" class="button" onClick={close}>
					Close
				</button>
			</div>
		</Dialog>
	);
}

type Marks = { start: number | null; end: number | null; join: { kind: string; seconds: number } | null };

function addressOf(state: PageState, before: Marks, after: Marks): string | undefined {
	if (before.start === null || before.end === null || after.start === null || after.end === null)
		return undefined;
	const iso = (time: number) => new Date(time).toISOString();
	return state.data.address('join.mp4', {
		from: iso(before.start),
		end: iso(before.end),
		start: iso(after.start),
		to: iso(after.end),
		kind: after.join?.kind ?? 'none',
		...(after.join && { seconds: String(after.join.seconds) }),
	});
}
