import { useSignal } from '@preact/signals';
import { notReached, refusedWith } from '../api/client.ts';
import { tellError } from '../look/toasts.tsx';
import type { Area, Thumbnail } from './edit.ts';
import { takeThumbnail } from './key-actions.ts';
import type { PageState } from './page-state.ts';
import { TimeField } from './time-field.tsx';

interface Props {
	state: PageState;
}

const KINDS = [
	{ kind: '', name: 'The location chooses' },
	{ kind: 'none', name: 'None' },
	{ kind: 'frame', name: 'A picture of the video' },
	{ kind: 'template', name: 'A picture below a template' },
	{ kind: 'image', name: 'An image of your own' },
] as const;

/** Which picture stands for the video, with a preview of it. */
export function ThumbnailPanel({ state }: Props) {
	const { editing } = state;
	const { thumbnail } = editing.edit.value;
	const { templates } = editing.detail.value;
	const closed = editing.open.value === 'nothing';
	const at = () => new Date(state.here ?? state.origin.peek()).toISOString();
	const set = (next: Thumbnail | null, gesture?: string) => editing.set({ thumbnail: next }, gesture);
	function choose(kind: string): void {
		const time = thumbnail && 'at' in thumbnail ? thumbnail.at : at();
		if (kind === '') set(null);
		else if (kind === 'none') set({ kind });
		else if (kind === 'frame') set({ kind, at: time });
		else if (kind === 'template') set({ kind, at: time, template: templates[0]! });
		else document.getElementById('thumbnail-file')?.click();
	}
	const bringing = useSignal(false);
	async function bring(file: File | undefined): Promise<void> {
		if (file === undefined) return;
		bringing.value = true;
		try {
			const answer = await fetch('/api/images', {
				method: 'POST',
				headers: { 'content-type': file.type },
				body: file,
			}).catch(notReached);
			if (!answer.ok) throw refusedWith(answer.status, await answer.text());
			const { id } = (await answer.json()) as { id: string };
			set({ kind: 'image', image: id });
		} catch (error) {
			editing.refusal.value = { field: 'thumbnail', sentence: (error as Error).message };
		} finally {
			bringing.value = false;
		}
	}
	const refusal = editing.refusal.value;
	return (
		<section class="panel" aria-labelledby="thumbnail-title">
			<h2 id="thumbnail-title">Thumbnail</h2>
			<div class="row">
				<select
					class="input"
					aria-label="Which picture"
					disabled={closed}
					value={thumbnail?.kind ?? ''}
					onChange={(event) => {
						choose(event.currentTarget.value);
						event.currentTarget.value = editing.edit.peek().thumbnail?.kind ?? '';
					}}
				>
					{KINDS.filter(({ kind }) => kind !== 'template' || templates.length > 0).map(({ kind, name }) => (
						<option key={kind} value={kind}>
							{name}
						</option>
					))}
				</select>
				<button type="button" class="button small" disabled={closed} onClick={() => takeThumbnail(state)}>
					This picture <kbd>B</kbd>
				</button>
				<label class={`button small ${closed ? 'quiet' : ''}`}>
					{bringing.value ? 'Sending …' : 'Image …'}
					<input
						id="thumbnail-file"
						class="unseen"
						type="file"
						accept="image/png,image/jpeg"
						disabled={closed}
						onChange={(event) => {
							bring(event.currentTarget.files?.[0]).catch(tellError);
							event.currentTarget.value = '';
						}}
					/>
				</label>
			</div>
			{refusal?.field?.endsWith('thumbnail') && <p class="wrong">{refusal.sentence}</p>}
			{(thumbnail?.kind === 'frame' || thumbnail?.kind === 'template') && (
				<div class="row tight">
					<TimeField
						state={state}
						label="Time of the picture"
						time={Date.parse(thumbnail.at)}
						disabled={closed}
						onTime={(time) => time !== null && set({ ...thumbnail, at: new Date(time).toISOString() })}
					/>
					{thumbnail.kind === 'template' && (
						<select
							class="input small"
							aria-label="Template"
							disabled={closed}
							value={thumbnail.template}
							onChange={(event) => set({ ...thumbnail, template: event.currentTarget.value })}
						>
							{[...new Set([...templates, thumbnail.template])].map((name) => (
								<option key={name}>{name}</option>
							))}
						</select>
					)}
				</div>
			)}
			{thumbnail?.kind === 'template' && (
				<div class="areas">
					<AreaFields
						name="Crop of the picture"
						area={thumbnail.crop}
						closed={closed}
						onArea={(crop) => set({ ...thumbnail, crop }, 'crop')}
					/>
					<AreaFields
						name="Place on the template"
						area={thumbnail.position}
						closed={closed}
						onArea={(position) => set({ ...thumbnail, position }, 'position')}
					/>
				</div>
			)}
			<Preview state={state} thumbnail={thumbnail} />
		</section>
	);
}

const SIDES = ['x', 'y', 'width', 'height'] as const;
const FIRST_AREA: Area = { x: 0, y: 0, width: 1280, height: 720 };

interface AreaProps {
	name: string;
	area: Area | undefined;
	closed: boolean;
	onArea: (area: Area | undefined) => void;
}

function AreaFields({ name, area, closed, onArea }: AreaProps) {
	return (
		<fieldset class="area">
			<legend>
				<label class="check">
					<input
						type="checkbox"
						checked={area !== undefined}
						disabled={closed}
						onChange={(event) => onArea(event.currentTarget.checked ? FIRST_AREA : undefined)}
					/>
					{name}
				</label>
			</legend>
			{area &&
				SIDES.map((side) => (
					<label key={side} class="side">
						<span class="quiet">{side}</span>
						<input
							class="input small"
							type="number"
							min={side === 'x' || side === 'y' ? 0 : 1}
							step="1"
							disabled={closed}
							value={area[side]}
							onInput={(event) => {
								const value = event.currentTarget.valueAsNumber;
								if (Number.isInteger(value) && value >= 0) onArea({ ...area, [side]: value });
							}}
						/>
					</label>
				))}
		</fieldset>
	);
}

function Preview({ state, thumbnail }: Props & { thumbnail: Thumbnail | null }) {
	const failed = useSignal<string | undefined>(undefined);
	const url = addressOf(state, thumbnail);
	if (url === undefined) return null;
	async function explain(): Promise<void> {
		const answer = await fetch(url!).catch(() => undefined);
		const said =
			answer && !answer.ok ? ((await answer.json()) as { error?: { sentence?: string } }) : undefined;
		failed.value = `${url} ${said?.error?.sentence ?? 'The picture cannot be shown.'}`;
	}
	const problem = failed.value?.startsWith(`${url} `) ? failed.value.slice(url.length + 1) : undefined;
	return problem === undefined ? (
		<img class="thumbnail" src={url} alt="Preview of the thumbnail" onError={() => void explain()} />
	) : (
		<p class="wrong">{problem}</p>
	);
}

function addressOf(state: PageState, thumbnail: Thumbnail | null): string | undefined {
	switch (thumbnail?.kind) {
		case 'image':
			return `/api/images/${thumbnail.image}`;
		case 'frame':
			return state.data.address('frame.jpg', { at: thumbnail.at, width: '480' });
		case 'template': {
			const { at, template, crop, position } = thumbnail;
			const text = (area: Area) => SIDES.map((side) => area[side]).join();
			return state.data.address('thumbnail.jpg', {
				at,
				template,
				...(crop && { crop: text(crop) }),
				...(position && { position: text(position) }),
			});
		}
		default:
			return undefined;
	}
}
