import { useEffect, useState } from 'preact/hooks';
import { answerOf, api } from '../api/client.ts';
import { Dialog } from '../look/dialog.tsx';
import { Field } from '../look/field.tsx';
import { tellError } from '../look/toasts.tsx';
import type { Action } from './actions.ts';
import type { EventRow } from './event-row.ts';
import { Buttons, nameOf } from './question-parts.tsx';

interface ChangeProps {
	rows: readonly EventRow[];
	onClose: () => void;
	onGo: (action: Action) => void;
}

/** How a select says that something stays as it is. */
const AS_IT_IS = '\u0000as it is';

/** How and where events are cut: what is not touched stays as each of them has it. */
export function ChangeDialog({ rows, onClose, onGo }: ChangeProps) {
	const [first] = rows;
	const one = rows.length === 1 ? first : undefined;
	const [priority, setPriority] = useState('');
	const [nodes, setNodes] = useState('');
	const [anyNode, setAnyNode] = useState(false);
	const [location, setLocation] = useState(AS_IT_IS);
	const [holes, setHoles] = useState(AS_IT_IS);
	const [known, setKnown] = useState<{ locations: string[]; nodes: string[] }>({ locations: [], nodes: [] });
	useEffect(() => {
		Promise.all([answerOf(api.GET('/api/locations')), answerOf(api.GET('/api/nodes'))])
			.then(([{ locations }, { nodes: all }]) =>
				setKnown({ locations: locations.map(({ name }) => name), nodes: all.map(({ name }) => name) }),
			)
			.catch(tellError);
	}, []);
	const frozen = rows.filter(({ state }) => state !== 'UNEDITED' && state !== 'EDITED').length;
	const list = nodes
		.split(/[,;\s]+/)
		.map((name) => name.trim())
		.filter(Boolean);
	const changes = {
		...(priority !== '' && { priority: Number(priority) }),
		...(anyNode ? { uploader_whitelist: null } : list.length > 0 && { uploader_whitelist: list }),
		...(location !== AS_IT_IS && { upload_location: location }),
		...(holes !== AS_IT_IS && { allow_holes: holes === 'yes' }),
	};
	return (
		<Dialog title={`Change ${nameOf(rows)}`} onClose={onClose}>
			<form
				class="stack"
				onSubmit={(event) => {
					event.preventDefault();
					onGo({ kind: 'change', ...changes });
				}}
			>
				<Field
					label="Priority"
					hint={`Higher ones are cut first.${one ? ` Now ${one.priority}.` : ' Empty: as they are.'}`}
				>
					{(ties) => (
						<input
							{...ties}
							class="input"
							type="number"
							step={1}
							min={-1_000_000}
							max={1_000_000}
							value={priority}
							onInput={({ currentTarget }) => setPriority(currentTarget.value)}
						/>
					)}
				</Field>
				<Field
					label="Only these nodes"
					hint={
						known.nodes.length > 0
							? `Known: ${known.nodes.join(', ')}.${one ? ` Now ${one.uploader_whitelist?.join(', ') ?? 'any'}.` : ''}`
							: undefined
					}
				>
					{(ties) => (
						<input
							{...ties}
							class="input"
							disabled={anyNode}
							placeholder="as it is"
							value={nodes}
							onInput={({ currentTarget }) => setNodes(currentTarget.value)}
						/>
					)}
				</Field>
				<label class="check">
					<input
						type="checkbox"
						checked={anyNode}
						onChange={({ currentTarget }) => setAnyNode(currentTarget.checked)}
					/>
					Any node may cut it
				</label>
				<Field label="Upload location">
					{(ties) => (
						<select
							{...ties}
							class="input"
							value={location}
							onChange={({ currentTarget }) => setLocation(currentTarget.value)}
						>
							<option value={AS_IT_IS}>
								As it is{one ? `: ${one.upload_location || 'the default'}` : ''}
							</option>
							{[...new Set(['', ...known.locations])].map((name) => (
								<option key={name} value={name}>
									{name || 'The default one'}
								</option>
							))}
						</select>
					)}
				</Field>
				<Field label="Missing segments">
					{(ties) => (
						<select
							{...ties}
							class="input"
							value={holes}
							onChange={({ currentTarget }) => setHoles(currentTarget.value)}
						>
							<option value={AS_IT_IS}>
								As it is{one ? `: ${one.allow_holes ? 'left out' : 'it waits'}` : ''}
							</option>
							<option value="no">Wait until they are there</option>
							<option value="yes">Cut without them</option>
						</select>
					)}
				</Field>
				{frozen > 0 && (
					<p class="notice">
						{one ? `It is ${one.state}, so` : `${frozen} of them are being cut, or are uploaded; of those`}{' '}
						only the priority can change.
					</p>
				)}
				<Buttons button="Change" disabled={Object.keys(changes).length === 0} onClose={onClose} />
			</form>
		</Dialog>
	);
}
