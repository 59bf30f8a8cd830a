import '../look/look.css';
import './sign-in.css';
import { useSignal } from '@preact/signals';
import { render } from 'preact';
import { answerOf, api } from '../api/client.ts';
import { Field } from '../look/field.tsx';
import { Mark } from '../shell/mark.tsx';
import { nextPlace } from './next-place.ts';

function SignIn() {
	const wrong = useSignal<string | undefined>(undefined);
	const busy = useSignal(false);

	async function submit(event: SubmitEvent): Promise<void> {
		event.preventDefault();
		const form = new FormData(event.currentTarget as HTMLFormElement);
		busy.value = true;
		try {
			await answerOf(
				api.POST('/api/session', {
					body: { name: String(form.get('name')), password: String(form.get('password')) },
				}),
			);
			location.assign(nextPlace(location.search, location.origin));
		} catch (error) {
			wrong.value = (error as Error).message;
			busy.value = false;
			document.querySelector<HTMLInputElement>('input[name="password"]')?.select();
		}
	}

	return (
		<main class="sign-in">
			<form class="card stack" onSubmit={submit}>
				<h1 class="brand">
					<Mark /> cutsheet
				</h1>
				<Field label="Name">
					{(ties) => (
						<input
							{...ties}
							class="input"
							name="name"
							required
							autocomplete="username"
							autocapitalize="none"
							autofocus
						/>
					)}
				</Field>
				<Field label="Password">
					{(ties) => (
						<input
							{...ties}
							class="input"
							type="password"
							name="password"
							required
							autocomplete="current-password"
						/>
					)}
				</Field>
				<div role="alert">{wrong.value !== undefined && <div class="notice bad">{wrong.value}</div>}</div>
				<button type="submit" class="button primary" disabled={busy.value}>
					Sign in
				</button>
			</form>
		</main>
	);
}

render(<SignIn />, document.getElementById('page')!);
