import './metadata.css';
import { chapterTime } from '../../../../db/chapters.ts';
import { Field } from '../look/field.tsx';
import { chapterNotes, placeChapters, publishedDescription } from './chapters.ts';
import { sortChapters } from './edit.ts';
import { addChapter } from './key-actions.ts';
import { outputLength } from './output-line.ts';
import type { PageState } from './page-state.ts';
import { type Counted, countDescription, countTitle } from './text-limits.ts';
import { TimeField } from './time-field.tsx';

interface Props {
	state: PageState;
}

/** What the video is called and shown as. */
export function Metadata({ state }: Props) {
	const { editing } = state;
	const edit = editing.edit.value;
	const closed = editing.open.value === 'nothing';
	const { locations } = editing.detail.value;
	const limits = locations.find(({ name }) => name === edit.location)?.limits ?? {};
	const title = countTitle(edit.title, limits);
	const published = publishedDescription(edit.description, edit.chapters, edit.ranges);
	const description = countDescription(published, limits);
	const refused = editing.refusal.value;
	const wrong = (field: string) => (refused?.field?.endsWith(field) ? refused.sentence : undefined);
	return (
		<section class="panel" aria-labelledby="video-title">
			<h2 id="video-title">Video</h2>
			<Field
				label="Title"
				wrong={wrong('video_title') ?? title.problem}
				hint={<Count of={title} unit="characters" />}
			>
				{(ties) => (
					<input
						{...ties}
						class="input"
						dir="auto"
						value={edit.title}
						disabled={closed}
						onInput={(event) => editing.set({ title: event.currentTarget.value }, 'title')}
						onBlur={() => editing.endGesture()}
					/>
				)}
			</Field>
			<Field
				label="Description"
				wrong={wrong('video_description') ?? description.problem}
				hint={
					<Count of={description} unit={edit.chapters.length > 0 ? 'bytes, with its chapters' : 'bytes'} />
				}
			>
				{(ties) => (
					<textarea
						{...ties}
						class="input"
						dir="auto"
						rows={4}
						value={edit.description}
						disabled={closed}
						onInput={(event) => editing.set({ description: event.currentTarget.value }, 'description')}
						onBlur={() => editing.endGesture()}
					/>
				)}
			</Field>
			<Chapters state={state} closed={closed} />
			<Field label="Tags" hint="With commas between them.">
				{(ties) => (
					<input
						{...ties}
						class="input"
						dir="auto"
						value={edit.tags.join(', ')}
						disabled={closed}
						onChange={(event) => editing.set({ tags: words(event.currentTarget.value) })}
					/>
				)}
			</Field>
		</section>
	);
}

/** The words of a list with commas, each once. */
export function words(text: string): string[] {
	return [...new Set(text.split(',').map((word) => word.trim()))].filter(Boolean);
}

function Count({ of: { used, most }, unit }: { of: Counted; unit: string }) {
	if (most === undefined) return <span class="times">{`${used} ${unit}`}</span>;
	return <span class={`times ${used > most * 0.9 ? 'near' : ''}`}>{`${used} of ${most} ${unit}`}</span>;
}

function Chapters({ state, closed }: Props & { closed: boolean }) {
	const { editing } = state;
	const { chapters, ranges } = editing.edit.value;
	const placed = placeChapters(chapters, ranges);
	const notes = chapterNotes(placed, outputLength(ranges));
	const change = (key: number, what: { at?: number; title?: string }, gesture?: string) =>
		editing.set(
			{ chapters: sortChapters(chapters.map((one) => (one.key === key ? { ...one, ...what } : one))) },
			gesture,
		);
	return (
		<fieldset class="chapters">
			<legend>Chapters</legend>
			{placed.map(({ key, at, title, second }) => {
				const note = notes.find((one) => one.key === key);
				return (
					<div key={key}>
						<div class="row tight chapter">
							<button
								type="button"
								class="button plain small fixed"
								title="Go there"
								aria-label={`Go to the chapter ${title}`}
								onClick={() => state.seek(at)}
							>
								{second === undefined ? '–:––' : chapterTime(second)}
							</button>
							<input
								id={`chapter-${key}`}
								class="input"
								dir="auto"
								aria-label="Name of the chapter"
								placeholder="Name of the chapter"
								value={title}
								disabled={closed}
								onInput={(event) => change(key, { title: event.currentTarget.value }, `chapter ${key}`)}
								onBlur={() => editing.endGesture()}
							/>
							<TimeField
								state={state}
								label="Place of the chapter"
								time={at}
								disabled={closed}
								onTime={(time) => time !== null && change(key, { at: time })}
							/>
							<button
								type="button"
								class="button plain small"
								disabled={closed}
								aria-label={`Delete the chapter ${title}`}
								onClick={() => editing.set({ chapters: chapters.filter((one) => one.key !== key) })}
							>
								✕
							</button>
						</div>
						{note && <p class={note.level === 'error' ? 'wrong' : 'warned'}>{note.sentence}</p>}
					</div>
				);
			})}
			{notes
				.filter(({ key }) => key === undefined)
				.map(({ sentence }) => (
					<p key={sentence} class="warned">
						{sentence}
					</p>
				))}
			<button type="button" class="button small" disabled={closed} onClick={() => addChapter(state)}>
				Chapter here <kbd>C</kbd>
			</button>
		</fieldset>
	);
}
