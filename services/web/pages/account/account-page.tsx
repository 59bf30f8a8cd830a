import './account.css';
import { signal } from '@preact/signals';
import type { paths } from '../../dist/api.d.ts';
import { answerOf, api } from '../api/client.ts';
import { shownTime } from '../look/times.ts';
import { tell, tellError } from '../look/toasts.tsx';
import { Shell, showPage } from '../shell/shell.tsx';
import { browserName } from './browser-name.ts';
import { NewToken } from './new-token.tsx';
import { PasswordForm } from './password-form.tsx';
import { type Token, TokenList } from './token-list.tsx';

type Session = paths['/api/sessions']['get']['responses'][200]['content']['application/json'][number];

const sessions = signal<Session[]>([]);
const tokens = signal<Token[]>([]);
const making = signal(false);

async function load(): Promise<void> {
	const [mine, theirs] = await Promise.all([
		answerOf(api.GET('/api/sessions')),
		answerOf(api.GET('/api/tokens')),
	]);
	sessions.value = mine;
	tokens.value = theirs;
}

async function end(id: string): Promise<void> {
	const { ended } = await answerOf(api.DELETE('/api/sessions/{id}', { params: { path: { id } } }));
	tell(ended === 1 ? 'One browser is signed out.' : `${ended} browsers are signed out.`, 'good');
	await load();
}

const reload = () => {
	load().catch(tellError);
};

function AccountPage() {
	return (
		<Shell title="My account" narrow>
			<div class="stack">
				<h1>My account</h1>
				<section class="card stack" aria-labelledby="password">
					<h2 id="password">Password</h2>
					<PasswordForm onChange={reload} />
				</section>
				<section class="card stack" aria-labelledby="sessions">
					<div class="row apart">
						<h2 id="sessions">Where you are signed in</h2>
						<button
							type="button"
							class="button"
							disabled={sessions.value.length < 2}
							onClick={() => end('others').catch(tellError)}
						>
							Sign out everywhere else
						</button>
					</div>
					<SessionList />
				</section>
				<section class="card stack" aria-labelledby="tokens">
					<div class="row apart">
						<h2 id="tokens">Tokens for scripts</h2>
						<button
							type="button"
							class="button"
							onClick={() => {
								making.value = true;
							}}
						>
							New token
						</button>
					</div>
					<TokenList tokens={tokens.value} onChange={reload} />
				</section>
			</div>
			{making.value && (
				<NewToken
					onMade={reload}
					onClose={() => {
						making.value = false;
					}}
				/>
			)}
		</Shell>
	);
}

function SessionList() {
	return (
		<div class="scrolled">
			<table class="list">
				<thead>
					<tr>
						<th scope="col">Browser</th>
						<th scope="col">Address</th>
						<th scope="col">Since</th>
						<th scope="col">Last used</th>
						<th scope="col">
							<span class="unseen">Sign out</span>
						</th>
					</tr>
				</thead>
				<tbody>
					{sessions.value.map(({ id, agent, address, created_at, last_used_at, current }) => (
						<tr key={id}>
							<td title={agent}>{browserName(agent)}</td>
							<td>{address ?? 'unknown'}</td>
							<td>{shownTime(created_at)}</td>
							<td>{current ? <span class="badge">this one</span> : shownTime(last_used_at)}</td>
							<td>
								{!current && (
									<button type="button" class="button small" onClick={() => end(id).catch(tellError)}>
										Sign out
									</button>
								)}
							</td>
						</tr>
					))}
				</tbody>
			</table>
		</div>
	);
}

reload();
void showPage(<AccountPage />);
