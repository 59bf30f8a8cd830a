import { Field } from '../look/field.tsx';
import type { PageState } from './page-state.ts';

/** Where the video goes, who may make it, and what it may lack. */
export function Destination({ state }: { state: PageState }) {
	const { editing } = state;
	const edit = editing.edit.value;
	const { locations, nodes } = editing.detail.value;
	const all = editing.open.value === 'all';
	const chosen = locations.find(({ name }) => name === edit.location);
	const able = nodes.filter((node) => node.locations.includes(edit.location));
	const allowed = able.filter(({ name }) => edit.nodes === null || edit.nodes.includes(name));
	const running = allowed.some((node) => node.running);
	const refusal = editing.refusal.value;
	const toggle = (name: string, on: boolean) => {
		const now = edit.nodes ?? [];
		const next = on ? [...now, name] : now.filter((one) => one !== name);
		editing.set({ nodes: next.length === 0 ? null : next });
	};
	const names = [...new Set([...nodes.map(({ name }) => name), ...(edit.nodes ?? [])])];
	return (
		<section class="panel" aria-labelledby="destination-title">
			<h2 id="destination-title">Upload</h2>
			<Field
				label="Location"
				wrong={refusal?.field?.endsWith('upload_location') ? refusal.sentence : undefined}
				hint={
					chosen?.disagreement ??
					(running
						? undefined
						: 'No node that may cut this and has this location runs right now: it would wait.')
				}
			>
				{(ties) => (
					<select
						{...ties}
						class="input"
						disabled={!all}
						value={edit.location}
						onChange={(event) => editing.set({ location: event.currentTarget.value })}
					>
						{locations.map(({ name, kind }) => (
							<option key={name} value={name}>
								{name === '' ? 'The default one' : name}
								{kind && ` (${kind})`}
							</option>
						))}
					</select>
				)}
			</Field>
			<fieldset class="nodes">
				<legend>Nodes that may cut it</legend>
				<label class="check">
					<input
						type="checkbox"
						checked={edit.nodes === null}
						disabled={!all}
						onChange={(event) =>
							editing.set({
								nodes: event.currentTarget.checked ? null : able.map(({ name }) => name).slice(0, 1),
							})
						}
					/>
					any
				</label>
				{names.map((name) => {
					const node = nodes.find((one) => one.name === name);
					return (
						<label key={name} class="check">
							<input
								type="checkbox"
								checked={edit.nodes?.includes(name) ?? false}
								disabled={!all}
								onChange={(event) => toggle(name, event.currentTarget.checked)}
							/>
							{name}
							{!node?.running && <span class="quiet">(does not run)</span>}
						</label>
					);
				})}
			</fieldset>
			<label class="check">
				<input
					type="checkbox"
					checked={edit.allowHoles}
					disabled={!all}
					onChange={(event) => editing.set({ allowHoles: event.currentTarget.checked })}
				/>
				Allow holes: cut even where the recording has gaps
			</label>
			<label class="check">
				<input
					type="checkbox"
					checked={edit.unlisted}
					disabled={editing.open.value === 'nothing'}
					onChange={(event) => editing.set({ unlisted: event.currentTarget.checked })}
				/>
				Unlisted: only for those who have the link
			</label>
		</section>
	);
}
