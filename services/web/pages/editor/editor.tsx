import './editor.css';
import './dialogs.css';
import { useSignalEffect } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { Shell, showPage } from '../shell/shell.tsx';
import { Actions, problemsOf } from './actions.tsx';
import { Destination } from './destination.tsx';
import { openEvent } from './editing.ts';
import { EventBar, EventNotes } from './event-bar.tsx';
import { JoinPreview } from './join-preview.tsx';
import { listenToKeys, takeTyped } from './key-actions.ts';
import { LiveNews } from './live-news.ts';
import { MeanwhileDialog } from './meanwhile-dialog.tsx';
import { Metadata } from './metadata.tsx';
import { PageState } from './page-state.ts';
import { RangeList } from './range-list.tsx';
import { ShortcutsOverlay } from './shortcuts-overlay.tsx';
import { ThumbnailPanel } from './thumbnail-panel.tsx';
import { Timeline } from './timeline.tsx';
import { Transport } from './transport.tsx';
import { Viewer } from './viewer.tsx';

function EditorPage({ state, news }: { state: PageState; news: LiveNews }) {
	const { editing } = state;
	const submit = () => {
		const open = editing.open.peek();
		if (open === 'nothing') return;
		const [problem] = open === 'all' ? problemsOf(editing) : editing.unread.peek().values();
		if (problem !== undefined) editing.refusal.value = { field: undefined, sentence: problem };
		else if (open === 'all') void editing.submit();
		else void editing.publish();
	};
	useEffect(() => listenToKeys(state, submit), [state]);
	useSignalEffect(() => {
		if (news.connected.value) state.serviceIsBack();
	});
	useEffect(() => {
		const warn = (event: BeforeUnloadEvent) => {
			takeTyped();
			if (!editing.unsaved) return;
			event.preventDefault();
			void editing.save();
		};
		const hidden = () => {
			if (document.visibilityState === 'hidden' && editing.saving.peek() === 'waiting') void editing.save();
		};
		addEventListener('beforeunload', warn);
		document.addEventListener('visibilitychange', hidden);
		return () => {
			removeEventListener('beforeunload', warn);
			document.removeEventListener('visibilitychange', hidden);
		};
	}, [editing]);
	const title = editing.detail.value.event.description.split('\n')[0]!.trim() || 'Event';
	return (
		<Shell title={title}>
			<div class="editor">
				<EventBar state={state} news={news} />
				<div class="stage">
					<Viewer state={state} />
					<Transport state={state} />
					<Timeline state={state} />
				</div>
				<div class="side">
					<div class="panels">
						<EventNotes state={state} />
						<RangeList state={state} />
						<Metadata state={state} />
						<ThumbnailPanel state={state} />
						<Destination state={state} />
					</div>
					<Actions state={state} submit={submit} />
				</div>
			</div>
			<JoinPreview state={state} />
			<MeanwhileDialog editing={editing} />
			<ShortcutsOverlay state={state} />
		</Shell>
	);
}

function NoEvent({ sentence }: { sentence: string }) {
	return (
		<Shell title="No such event" narrow>
			<p class="notice bad">{sentence}</p>
		</Shell>
	);
}

const id = location.pathname.split('/')[2]!;
const opening = openEvent(id);
opening.then(
	(editing) => showPage(<EditorPage state={new PageState(editing)} news={new LiveNews(editing)} />),
	(error: Error) => showPage(<NoEvent sentence={error.message} />),
);
