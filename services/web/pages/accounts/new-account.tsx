import { useSignal } from '@preact/signals';
import { answerOf, api, type Refused } from '../api/client.ts';
import { Dialog } from '../look/dialog.tsx';
import { Field } from '../look/field.tsx';
import { tell } from '../look/toasts.tsx';
import type { Role } from '../shell/session.ts';
import { ROLES } from './account-list.tsx';

/** Asks who may come in, and makes the account. */
export function NewAccount({ onClose, onMade }: { onClose: () => void; onMade: () => void }) {
	const wrong = useSignal<Refused | undefined>(undefined);
	const wrongAt = (field: string) => (wrong.value?.field === field ? wrong.value.message : undefined);

	async function make(event: SubmitEvent): Promise<void> {
		event.preventDefault();
		const form = new FormData(event.currentTarget as HTMLFormElement);
		const text = (name: string) => String(form.get(name)).trim();
		try {
			await answerOf(
				api.POST('/api/accounts', {
					body: {
						name: text('name'),
						role: text('role') as Role,
						email: text('email') || null,
						password: String(form.get('password')) || null,
					},
				}),
			);
			tell(`${text('name')} may come in now.`, 'good');
			onMade();
			onClose();
		} catch (error) {
			wrong.value = error as Refused;
		}
	}

	return (
		<Dialog title="New account" onClose={onClose}>
			<form class="stack" onSubmit={make}>
				<Field
					label="Name"
					hint="What the person signs in with, and what the history shows."
					wrong={wrongAt('name')}
				>
					{(ties) => (
						<input {...ties} class="input" name="name" required maxLength={100} autocomplete="off" />
					)}
				</Field>
				<Field label="Role">
					{(ties) => (
						<select {...ties} class="input" name="role">
							{ROLES.map(({ role, means }) => (
								<option key={role} value={role} selected={role === 'editor'}>
									{role}: {means}
								</option>
							))}
						</select>
					)}
				</Field>
				<Field
					label="E-mail address"
					hint="By which a sign-in with a provider finds this account."
					wrong={wrongAt('email')}
				>
					{(ties) => <input {...ties} class="input" type="email" name="email" autocomplete="off" />}
				</Field>
				<Field
					label="First password"
					hint="10 characters or more; the person can change it. Empty: a provider only."
					wrong={wrongAt('password')}
				>
					{(ties) => (
						<input {...ties} class="input" type="password" name="password" autocomplete="new-password" />
					)}
				</Field>
				{wrong.value !== undefined && wrong.value.field === undefined && (
					<div class="notice bad" role="alert">
						{wrong.value.message}
					</div>
				)}
				<div class="actions">
					<button type="button" class="button" onClick={onClose}>
						Back
					</button>
					<button type="submit" class="button primary">
						Make the account
					</button>
				</div>
			</form>
		</Dialog>
	);
}
