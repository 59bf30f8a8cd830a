import './questions.css';
import { useState } from 'preact/hooks';
import { Dialog } from '../look/dialog.tsx';
import { Field } from '../look/field.tsx';
import { type Action, perform, question, refused } from './actions.ts';
import { ChangeDialog } from './change-dialog.tsx';
import { titleOf } from './event-filter.ts';
import { events } from './page-state.ts';
import { Buttons, nameOf } from './question-parts.tsx';
import { ResolveDialog } from './resolve-dialog.tsx';
import { counted } from './shown-values.ts';

/** The question that is open, if one is, or what became of the last answer. */
export function Questions() {
	if (refused.value !== undefined) return <Refusals />;
	const asked = question.value;
	if (asked === undefined || asked.rows.length === 0) return null;
	const close = () => {
		question.value = undefined;
	};
	const { kind, rows } = asked;
	const go = (action: Action) => {
		close();
		void perform(
			action,
			rows.map(({ id }) => id),
		);
	};
	switch (kind) {
		case 'cancel':
			return (
				<WithReason
					title={`Cancel ${nameOf(rows)}?`}
					button="Cancel the cut"
					onClose={close}
					onGo={(reason) => go({ kind: 'cancel', reason })}
				>
					Work on it stops, and it is UNEDITED again. Its marks and texts stay as they are.
				</WithReason>
			);
		case 're-edit':
			return (
				<WithReason
					title={`Take ${nameOf(rows)} back?`}
					button="Edit again"
					onClose={close}
					onGo={(reason) => go({ kind: 're-edit', reason })}
				>
					It is UNEDITED again, and its link leaves the sheet. The video stays where it was uploaded: take it
					away there if it should not be seen.
				</WithReason>
			);
		case 'revoke':
			return (
				<Dialog title={`Is the node gone for good?`} onClose={close}>
					<p>
						{nameOf(rows)} is taken away from {[...new Set(rows.map(({ uploader }) => uploader))].join(', ')}.
						What was being cut goes back to the queue. Of what was being published, the next node with the
						same location asks there what became of it.
					</p>
					<p class="notice warn">
						A node that is only cut off from the database may finish its upload at this very moment. If you
						are not sure, wait: work of a node that stays silent comes back by itself.
					</p>
					<Buttons
						button="Take the work away"
						danger
						onClose={close}
						onGo={() => go({ kind: 'revoke-lease' })}
					/>
				</Dialog>
			);
		case 'resolve':
			return <ResolveDialog rows={rows} onClose={close} onGo={go} />;
		case 'change':
			return <ChangeDialog rows={rows} onClose={close} onGo={go} />;
	}
}

interface WithReasonProps {
	title: string;
	button: string;
	children: string;
	onClose: () => void;
	onGo: (reason: string) => void;
}

function WithReason({ title, button, children, onClose, onGo }: WithReasonProps) {
	const [reason, setReason] = useState('');
	return (
		<Dialog title={title} onClose={onClose}>
			<form
				class="stack"
				onSubmit={(event) => {
					event.preventDefault();
					onGo(reason);
				}}
			>
				<p>{children}</p>
				<Field label="Why" hint="Stands in the history, and in the row.">
					{(ties) => (
						<input
							{...ties}
							class="input"
							maxLength={500}
							value={reason}
							onInput={({ currentTarget }) => setReason(currentTarget.value)}
						/>
					)}
				</Field>
				<Buttons button={button} danger onClose={onClose} />
			</form>
		</Dialog>
	);
}

/** Which events of a selection an action was refused for, and why. */
function Refusals() {
	const { done, refusals } = refused.value!;
	const close = () => {
		refused.value = undefined;
	};
	return (
		<Dialog title={`Done for ${counted(done, 'event')}, not for ${refusals.length}`} onClose={close}>
			<ul class="refusals">
				{refusals.slice(0, 100).map(({ id, sentence }) => {
					const row = events.byId.peek().get(id);
					return (
						<li key={id}>
							<strong>{row ? titleOf(row) || 'no title' : id}</strong> {sentence}
						</li>
					);
				})}
			</ul>
			{refusals.length > 100 && <p class="quiet">… and {refusals.length - 100} more.</p>}
			<div class="actions">
				<button type="button" class="button primary" onClick={close}>
					Close
				</button>
			</div>
		</Dialog>
	);
}
