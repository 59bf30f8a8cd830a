import { newKey, sortChapters } from './edit.ts';
import { activate, deleteRange } from './edit-ranges.ts';
import type { PageState } from './page-state.ts';
import { type Action, actionOf } from './shortcuts.ts';

/** Where letters are letters. */
function isTyping(target: EventTarget | null): boolean {
	if (!(target instanceof HTMLElement)) return false;
	if (
		target.isContentEditable ||
		target instanceof HTMLTextAreaElement ||
		target instanceof HTMLSelectElement
	)
		return true;
	return (
		target instanceof HTMLInputElement &&
		!['checkbox', 'radio', 'button', 'range', 'file'].includes(target.type)
	);
}

/** Whether the thing that has the focus does something of its own with that key: a button with Space, a slider with arrows. */
function hasOwnUse(target: EventTarget | null, key: string): boolean {
	if (!(target instanceof HTMLElement)) return false;
	if (target.closest('dialog')) return true;
	if (target.matches('button, a, summary, input[type="checkbox"], input[type="radio"]'))
		return key === ' ' || key === 'Enter';
	return (
		target.matches('[role="slider"], input[type="range"]') &&
		(key.startsWith('Arrow') || key === 'Home' || key === 'End')
	);
}

/** Does what keys mean, everywhere on the page but while typing. Returns what takes the listener away again. */
export function listenToKeys(state: PageState, submit: () => void): () => void {
	const listener = (event: KeyboardEvent) => {
		if (event.defaultPrevented || event.isComposing) return;
		const action = actionOf(event, isTyping(event.target));
		if (action === undefined || hasOwnUse(event.target, event.key)) return;
		event.preventDefault();
		if (action === 'save' || action === 'submit') takeTyped();
		perform(action, state, submit);
	};
	document.addEventListener('keydown', listener);
	return () => document.removeEventListener('keydown', listener);
}

/** Has the field that somebody types into say what it holds, as it does when it is left. */
export function takeTyped(): void {
	const field = document.activeElement;
	if (!(field instanceof HTMLInputElement)) return;
	field.blur();
	field.focus({ preventScroll: true });
}

/** Does one action: whatever a key or a button asks for. */
export function perform(action: Action, state: PageState, submit: () => void): void {
	const { editing, player } = state;
	const all = state.loaded.peek();
	const far = /^(back|forward)-(\d+)$/.exec(action);
	const range = /^range-(\d)$/.exec(action);
	if (far) state.skip(Number(far[2]) * (far[1] === 'back' ? -1_000 : 1_000));
	if (range) editing.mark((working) => activate(working, Number(range[1]) - 1));
	const deeds: Partial<Record<Action, () => void>> = {
		'play-pause': () => player.toggle(),
		pause: () => player.pause(),
		'shuttle-back': () => player.shuttleBack(),
		'shuttle-forward': () => player.shuttleForward(),
		slower: () => player.changeSpeed(-1),
		faster: () => player.changeSpeed(1),
		'normal-speed': () => player.setSpeed(1),
		'frame-back': () => player.stepPictures(-1),
		'frame-forward': () => player.stepPictures(1),
		'mark-in': () => state.markBound('start'),
		'mark-out': () => state.markBound('end'),
		'go-in': () => state.goToBound('start'),
		'go-out': () => state.goToBound('end'),
		'go-start': () => all && state.seek(all.from),
		'go-end': () => all && state.seek(all.to),
		'go-live': () => goLive(state),
		'go-time': () => document.getElementById('go-to-time')?.focus(),
		'add-range': () => state.addRangeHere(),
		'split-range': () => state.splitHere(),
		'delete-range': () => editing.mark((working) => deleteRange(working, working.active)),
		'play-result': () => state.playResult(),
		'preview-join': () => previewJoin(state),
		'add-chapter': () => addChapter(state),
		'take-thumbnail': () => takeThumbnail(state),
		undo: () => editing.undo(),
		redo: () => editing.redo(),
		'zoom-in': () => state.zoom(2),
		'zoom-out': () => state.zoom(0.5),
		'zoom-range': () => state.zoomToRange(),
		'zoom-all': () => state.zoomTo(undefined),
		louder: () => player.setVolume(player.volume.peek() + 0.1),
		quieter: () => player.setVolume(player.volume.peek() - 0.1),
		mute: () => player.toggleSound(),
		'full-screen': () => toggleFullScreen(),
		save: () => void editing.save(),
		submit,
		help: () => {
			state.showsHelp.value = !state.showsHelp.peek();
		},
	};
	deeds[action]?.();
}

function goLive(state: PageState): void {
	const all = state.loaded.peek();
	if (!all) return;
	if (!state.live.peek()) state.follow(true);
	const edge = state.player.edge.peek() ?? state.data.edge.peek() ?? all.to;
	state.seek(edge - 3_000);
}

function previewJoin(state: PageState): void {
	const { ranges } = state.editing.edit.peek();
	const { active } = state.editing.working.peek();
	if (ranges.findIndex(({ key }) => key === active) > 0) state.preview.value = active;
}

/** A chapter at the playhead, to be named. */
export function addChapter(state: PageState): void {
	const { here, editing } = state;
	if (here === undefined || editing.open.peek() === 'nothing') return;
	const chapter = { key: newKey(), at: here, title: '' };
	editing.set({ chapters: sortChapters([...editing.edit.peek().chapters, chapter]) });
	requestAnimationFrame(() => document.getElementById(`chapter-${chapter.key}`)?.focus());
}

/** The picture at the playhead becomes the thumbnail; of a template the frame beneath it. */
export function takeThumbnail(state: PageState): void {
	const { here, editing } = state;
	if (here === undefined) return;
	const at = new Date(here).toISOString();
	const { thumbnail } = editing.edit.peek();
	editing.set({ thumbnail: thumbnail?.kind === 'template' ? { ...thumbnail, at } : { kind: 'frame', at } });
}

export function toggleFullScreen(): void {
	if (document.fullscreenElement) void document.exitFullscreen();
	else
		void document
			.querySelector('.viewer')
			?.requestFullscreen()
			.catch(() => undefined);
}
