import { useSignal } from '@preact/signals';
import { answerOf, api } from '../api/client.ts';
import { Dialog } from '../look/dialog.tsx';
import { Field } from '../look/field.tsx';
import { tell } from '../look/toasts.tsx';
import type { Account } from './account-list.tsx';

interface NewPasswordProps {
	account: Account;
	onClose: () => void;
	onChange: () => void;
}

/** Sets somebody else's password. */
export function NewPassword({ account, onClose, onChange }: NewPasswordProps) {
	const wrong = useSignal<string | undefined>(undefined);

	async function set(event: SubmitEvent): Promise<void> {
		event.preventDefault();
		const form = new FormData(event.currentTarget as HTMLFormElement);
		try {
			await answerOf(
				api.PATCH('/api/accounts/{id}', {
					params: { path: { id: account.id } },
					body: { password: String(form.get('password')) },
				}),
			);
			tell(`${account.name} has a new password, and is signed out everywhere.`, 'good');
			onChange();
			onClose();
		} catch (error) {
			wrong.value = (error as Error).message;
		}
	}

	return (
		<Dialog title={`A new password for ${account.name}`} onClose={onClose}>
			<form class="stack" onSubmit={set}>
				<Field
					label="New password"
					hint="10 characters or more. All their browsers are signed out."
					wrong={wrong.value}
				>
					{(ties) => (
						<input
							{...ties}
							class="input"
							type="password"
							name="password"
							required
							autocomplete="new-password"
						/>
					)}
				</Field>
				<div class="actions">
					<button type="button" class="button" onClick={onClose}>
						Back
					</button>
					<button type="submit" class="button primary">
						Set it
					</button>
				</div>
			</form>
		</Dialog>
	);
}
