import { useSignal } from '@preact/signals';
import { answerOf, api, type Refused } from '../api/client.ts';
import { Field } from '../look/field.tsx';
import { tell } from '../look/toasts.tsx';
import { account } from '../shell/session.ts';

/** Changes one's own password. */
export function PasswordForm({ onChange }: { onChange: () => void }) {
	const wrong = useSignal<{ field: string | undefined; message: string } | undefined>(undefined);
	const wrongAt = (field: string) => (wrong.value?.field === field ? wrong.value.message : undefined);

	async function submit(event: SubmitEvent): Promise<void> {
		event.preventDefault();
		const element = event.currentTarget as HTMLFormElement;
		const form = new FormData(element);
		const [current, password, again] = ['current', 'password', 'again'].map((name) => String(form.get(name)));
		if (password !== again) {
			wrong.value = { field: 'again', message: 'The two new passwords differ.' };
			return;
		}
		try {
			await answerOf(api.PUT('/api/password', { body: { current: current || null, password: password! } }));
			wrong.value = undefined;
			element.reset();
			tell('Your password is changed. You are signed out everywhere else.', 'good');
			onChange();
		} catch (error) {
			wrong.value = error as Refused;
		}
	}

	return (
		<form class="stack" onSubmit={submit}>
			<input
				class="unseen"
				tabIndex={-1}
				aria-hidden="true"
				readOnly
				autocomplete="username"
				value={account.value?.name}
			/>
			<Field
				label="Current password"
				hint="Leave it empty if you have signed in with a provider only."
				wrong={wrongAt('current')}
			>
				{(ties) => (
					<input {...ties} class="input" type="password" name="current" autocomplete="current-password" />
				)}
			</Field>
			<Field label="New password" hint="10 characters or more." wrong={wrongAt('password')}>
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
			<Field label="New password once more" wrong={wrongAt('again')}>
				{(ties) => (
					<input {...ties} class="input" type="password" name="again" required autocomplete="new-password" />
				)}
			</Field>
			{wrong.value !== undefined && wrong.value.field === undefined && (
				<div class="notice bad" role="alert">
					{wrong.value.message}
				</div>
			)}
			<div>
				<button type="submit" class="button primary">
					Change the password
				</button>
			</div>
		</form>
	);
}
