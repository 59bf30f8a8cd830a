import { useSignal } from '@preact/signals';
import { answerOf, api, type Refused } from '../api/client.ts';
import { Dialog } from '../look/dialog.tsx';
import { Field } from '../look/field.tsx';
import { tell, tellError } from '../look/toasts.tsx';
import { may } from '../shell/session.ts';

const SCOPES = [
	{ scope: 'read', means: 'see what you see' },
	{ scope: 'write', means: 'change what you may change' },
	{ scope: 'admin', means: 'manage tokens and accounts as you may' },
] as const;

/** Asks what a new token is for, makes it, and shows it this once. */
export function NewToken({ onClose, onMade }: { onClose: () => void; onMade: () => void }) {
	const wrong = useSignal<Refused | undefined>(undefined);
	const made = useSignal<string | undefined>(undefined);

	async function make(event: SubmitEvent): Promise<void> {
		event.preventDefault();
		const form = new FormData(event.currentTarget as HTMLFormElement);
		const days = Number(form.get('days'));
		const scopes = SCOPES.map(({ scope }) => scope).filter((scope) => form.get(scope) !== null);
		try {
			const { token } = await answerOf(
				api.POST('/api/tokens', {
					body: { name: String(form.get('name')), scopes, days: days === 0 ? null : days },
				}),
			);
			made.value = token;
			onMade();
		} catch (error) {
			wrong.value = error as Refused;
		}
	}

	if (made.value !== undefined) {
		const token = made.value;
		return (
			<Dialog title="Your new token" onClose={onClose}>
				<p>Copy it now: it is shown this once, and nobody can look it up.</p>
				<input class="input fixed" readOnly value={token} aria-label="The token" onFocus={select} />
				<div class="actions">
					<button
						type="button"
						class="button"
						onClick={() =>
							navigator.clipboard.writeText(token).then(() => tell('Copied.', 'good'), tellError)
						}
					>
						Copy
					</button>
					<button type="button" class="button primary" onClick={onClose}>
						Done
					</button>
				</div>
			</Dialog>
		);
	}
	return (
		<Dialog title="A token for a script" onClose={onClose}>
			<form class="stack" onSubmit={make}>
				<Field label="What it is for" wrong={wrong.value?.field === 'name' ? wrong.value.message : undefined}>
					{(ties) => <input {...ties} class="input" name="name" required maxLength={100} />}
				</Field>
				<fieldset class="stack tight plain-set">
					<legend>What it may</legend>
					{SCOPES.filter(({ scope }) => scope !== 'write' || may('editor')).map(({ scope, means }) => (
						<label key={scope} class="check">
							<input type="checkbox" name={scope} defaultChecked={scope === 'read'} />
							{scope}: {means}
						</label>
					))}
				</fieldset>
				<Field label="It expires after">
					{(ties) => (
						<select {...ties} class="input" name="days">
							<option value="30">30 days</option>
							<option value="90" selected>
								90 days
							</option>
							<option value="365">a year</option>
							<option value="0">never</option>
						</select>
					)}
				</Field>
				{wrong.value !== undefined && wrong.value.field !== 'name' && (
					<div class="notice bad" role="alert">
						{wrong.value.message}
					</div>
				)}
				<div class="actions">
					<button type="button" class="button" onClick={onClose}>
						Back
					</button>
					<button type="submit" class="button primary">
						Make the token
					</button>
				</div>
			</form>
		</Dialog>
	);
}

function select({ currentTarget }: FocusEvent): void {
	if (currentTarget instanceof HTMLInputElement) currentTarget.select();
}
