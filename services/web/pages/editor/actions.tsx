import './actions.css';
import { useSignal } from '@preact/signals';
import { Dialog } from '../look/dialog.tsx';
import { Field } from '../look/field.tsx';
import { chapterNotes, placeChapters, publishedDescription } from './chapters.ts';
import type { Editing, Saving } from './editing.ts';
import { MeanwhileNote } from './meanwhile-dialog.tsx';
import { outputLength } from './output-line.ts';
import type { PageState } from './page-state.ts';
import { countDescription, countTitle } from './text-limits.ts';

const SAVING: Record<Saving, string> = {
	nothing: '',
	waiting: 'Draft: not saved yet',
	saving: 'Draft: saving …',
	saved: 'Draft saved',
	failed: 'Draft: not saved',
};

/** What keeps the edit from being submitted, as sentences: what the database would refuse, said before. */
export function problemsOf(editing: Editing): string[] {
	const edit = editing.edit.value;
	const { locations } = editing.detail.value;
	const limits = locations.find(({ name }) => name === edit.location)?.limits ?? {};
	const placed = placeChapters(edit.chapters, edit.ranges);
	const chapters = chapterNotes(placed, outputLength(edit.ranges)).filter(({ level }) => level === 'error');
	return [
		...editing.unread.value.values(),
		...editing.rangeNotes.value.filter(({ level }) => level === 'error').map(({ sentence }) => sentence),
		countTitle(edit.title, limits).problem,
		countDescription(publishedDescription(edit.description, edit.chapters, edit.ranges), limits).problem,
		...chapters.map(({ sentence }) => sentence),
	].filter((sentence) => sentence !== undefined);
}

/** Submitting, and everything else that changes the state of the event. */
export function Actions({ state, submit }: { state: PageState; submit: () => void }) {
	const { editing } = state;
	const asks = useSignal<'cancel' | 'link' | 'again' | undefined>(undefined);
	const { event } = editing.detail.value;
	const problems = problemsOf(editing);
	const refusal = editing.refusal.value;
	const busy = editing.busy.value;
	const saving = editing.saving.value;
	const close = () => {
		asks.value = undefined;
	};
	return (
		<section class="actions-bar" aria-label="Submit">
			<MeanwhileNote editing={editing} />
			<div role="alert">
				{refusal !== undefined && (
					<div class="notice bad">
						{refusal.sentence}
						{refusal.status === 401 && (
							<div>
								Your work stays on this page:{' '}
								<a href="/sign-in" target="_blank" rel="noreferrer">
									sign in in another tab
								</a>
								, then go on here.
							</div>
						)}
						{editing.otherDraft.value !== undefined && (
							<div class="row">
								<button type="button" class="button small" onClick={() => location.reload()}>
									Go on with that one
								</button>
								<button type="button" class="button small" onClick={() => editing.keepMine()}>
									Keep this one
								</button>
							</div>
						)}
					</div>
				)}
			</div>
			<div class="row apart">
				<span class={`quiet ${saving}`} role="status">
					{SAVING[saving]}
					{saving === 'saved' && editing.savedAt.value && ` ${editing.savedAt.value.slice(11, 19)} UTC`}
				</span>
				<span class="row tight">
					{editing.open.value === 'all' && (
						<>
							<button type="button" class="button plain small" onClick={() => (asks.value = 'link')}>
								Set a link …
							</button>
							<button
								type="button"
								class="button small"
								disabled={saving === 'saved' || saving === 'nothing'}
								title="Save the draft now (Ctrl S); it is saved by itself too"
								onClick={() => void editing.save()}
							>
								Save draft
							</button>
							<button
								type="button"
								class="button primary small"
								disabled={busy}
								aria-disabled={problems.length > 0}
								title={problems[0] ?? 'A cutter takes it from there (Ctrl Enter)'}
								onClick={submit}
							>
								Submit
							</button>
						</>
					)}
					{editing.open.value === 'text' && (
						<>
							<button
								type="button"
								class="button small"
								disabled={busy}
								onClick={() => (asks.value = 'again')}
							>
								Edit again …
							</button>
							<button
								type="button"
								class="button primary small"
								disabled={busy || !editing.changed.value}
								onClick={submit}
							>
								Save changes
							</button>
						</>
					)}
					{editing.mayCancel.value && (
						<button
							type="button"
							class="button danger small"
							disabled={busy}
							onClick={() => (asks.value = 'cancel')}
						>
							Cancel the cut …
						</button>
					)}
				</span>
			</div>
			{editing.open.value === 'nothing' && !editing.mayCancel.value && event.editor !== null && (
				<p class="quiet">
					{event.state === 'FINALIZING'
						? 'It is being published right now; wait until it is uploaded.'
						: `${event.editor} submitted this; they or an operator can cancel it.`}
				</p>
			)}
			{asks.value === 'cancel' && (
				<Ask
					title="Cancel the cut"
					says="It goes back to be edited. A cutter that works on it stops."
					label="Why (it stands in the row's error)"
					action="Cancel the cut"
					onDone={(reason) => void editing.cancel(reason)}
					onClose={close}
				/>
			)}
			{asks.value === 'again' && (
				<Ask
					title="Edit it again"
					says="The link leaves the row, and it can be cut anew. The video that is uploaded stays where it is."
					action="Edit again"
					onDone={() => void editing.editAgain()}
					onClose={close}
				/>
			)}
			{asks.value === 'link' && (
				<Ask
					title="Set a link by hand"
					says="For a video that was uploaded elsewhere: the event becomes UPLOADED with this link, and nothing is cut."
					label="Link of the video"
					type="url"
					action="Set the link"
					onDone={(link) => void editing.setLink(link)}
					onClose={close}
				/>
			)}
		</section>
	);
}

interface AskProps {
	title: string;
	says: string;
	label?: string;
	type?: 'text' | 'url';
	action: string;
	onDone: (text: string) => void;
	onClose: () => void;
}

function Ask({ title, says, label, type = 'text', action, onDone, onClose }: AskProps) {
	const text = useSignal('');
	return (
		<Dialog title={title} onClose={onClose}>
			<form
				class="stack"
				onSubmit={(event) => {
					event.preventDefault();
					onClose();
					onDone(text.peek().trim());
				}}
			>
				<p>{says}</p>
				{label !== undefined && (
					<Field label={label}>
						{(ties) => (
							<input
								{...ties}
								class="input"
								type={type as 'url'}
								required={type === 'url'}
								value={text.value}
								onInput={(event) => {
									text.value = event.currentTarget.value;
								}}
							/>
						)}
					</Field>
				)}
				<div class="actions">
					<button type="button" class="button" onClick={onClose}>
						Back
					</button>
					<button type="submit" class="button primary">
						{action}
					</button>
				</div>
			</form>
		</Dialog>
	);
}
