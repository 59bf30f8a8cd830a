import '../look/look.css';
import './sign-in.css';
import { useSignal } from '@preact/signals';
import { render } from 'preact';
import { useEffect } from 'preact/hooks';
import { localPath } from '../../access/local-path.ts';
import { answerOf, api } from '../api/client.ts';
import { Field } from '../look/field.tsx';
import { Mark } from '../shell/mark.tsx';
import { REFUSALS } from './refusals.ts';

const query = new URLSearchParams(location.search);
const next = localPath(query.get('next') ?? '/');

function SignIn() {
	const wrong = useSignal(REFUSALS[query.get('refused') ?? '']);
	const busy = useSignal(false);
	const providers = useSignal<{ id: string; title: string }[]>([]);
	const nobodyYet = useSignal(false);

	useEffect(() => {
		answerOf(api.GET('/api/sign-in')).then(
			(ways) => {
				providers.value = ways.providers;
				nobodyYet.value = !ways.accounts;
			},
			(error: Error) => {
				wrong.value = error.message;
			},
		);
	}, []);

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
			location.assign(next);
		} catch (error) {
			wrong.value = (error as Error).message;
			busy.value = false;
			document.querySelector<HTMLInputElement>('input[name="password"]')?.select();
		}
	}

	return (
		<main class="sign-in">
			<div class="card stack">
				<h1 class="brand">
					<Mark /> cutsheet
				</h1>
				{nobodyYet.value && (
					<div class="notice">
						There are no accounts yet. Make the first one on the machine that this service runs on:{' '}
						<code>cutsheet user add NAME --role admin</code>
					</div>
				)}
				<form class="stack" onSubmit={submit}>
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
				{providers.value.map(({ id, title }) => (
					<a
						key={id}
						class="button"
						href={`/api/sign-in/${encodeURIComponent(id)}?next=${encodeURIComponent(next)}`}
					>
						Sign in with {title}
					</a>
				))}
			</div>
		</main>
	);
}

render(<SignIn />, document.getElementById('page')!);
