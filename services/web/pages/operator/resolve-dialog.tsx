import { useState } from 'preact/hooks';
import { Dialog } from '../look/dialog.tsx';
import { Field } from '../look/field.tsx';
import type { Action } from './actions.ts';
import type { EventRow } from './event-row.ts';
import { Buttons, nameOf } from './question-parts.tsx';

interface ResolveProps {
	rows: readonly EventRow[];
	onClose: () => void;
	onGo: (action: Action) => void;
}

/** A person says what became of an upload that stopped in the middle of its commit. */
export function ResolveDialog({ rows, onClose, onGo }: ResolveProps) {
	const one = rows.length === 1;
	const [fate, setFate] = useState<'uploaded' | 'absent' | undefined>(undefined);
	const [link, setLink] = useState('');
	const [wrong, setWrong] = useState<string | undefined>(undefined);
	const [looked, setLooked] = useState(false);
	const submit = (event: Event) => {
		event.preventDefault();
		if (fate === 'absent') return onGo({ kind: 'resolve-absent' });
		if (!/^(https?|file):\/\/\S+$/.test(link))
			return setWrong('A link begins with https://, such as https://youtu.be/…');
		onGo({ kind: 'resolve-uploaded', video_link: link });
	};
	return (
		<Dialog title={`What became of ${nameOf(rows)}?`} onClose={onClose}>
			<form class="stack" onSubmit={submit}>
				<p>
					Its upload stopped just as it was being published. Nodes ask the location by themselves; say it here
					only if that does not help, after you have looked at the location
					{one && rows[0]!.upload_location !== '' && ` “${rows[0]!.upload_location}”`}.
				</p>
				<fieldset class="fates">
					<legend class="unseen">What became of it</legend>
					{one && (
						<label class="check">
							<input
								type="radio"
								name="fate"
								checked={fate === 'uploaded'}
								onChange={() => setFate('uploaded')}
							/>
							The video is there
						</label>
					)}
					<label class="check">
						<input type="radio" name="fate" checked={fate === 'absent'} onChange={() => setFate('absent')} />
						{one ? 'The video is surely not there' : 'The videos are surely not there'}
					</label>
				</fieldset>
				{fate === 'uploaded' && (
					<Field
						label="Its link"
						wrong={wrong}
						hint="Goes to the sheet. No node touches this event any more."
					>
						{(ties) => (
							<input
								{...ties}
								class="input"
								type="url"
								required
								placeholder="https://"
								value={link}
								onInput={({ currentTarget }) => setLink(currentTarget.value)}
							/>
						)}
					</Field>
				)}
				{fate === 'absent' && (
					<>
						<p class="notice warn">
							It is cut and uploaded again. If the first upload exists after all, or its node still finishes
							it, the video is published twice.
						</p>
						<label class="check">
							<input
								type="checkbox"
								checked={looked}
								onChange={({ currentTarget }) => setLooked(currentTarget.checked)}
							/>
							I have looked, and the node that uploaded it does not work on it any more
						</label>
					</>
				)}
				<Buttons
					button={fate === 'absent' ? 'Cut it again' : 'It is uploaded'}
					danger
					disabled={fate === undefined || (fate === 'absent' && !looked)}
					onClose={onClose}
				/>
			</form>
		</Dialog>
	);
}
