import { signal } from '@preact/signals';
import { type Token, TokenList } from '../account/token-list.tsx';
import { answerOf, api } from '../api/client.ts';
import { Confirm } from '../look/dialog.tsx';
import { tell, tellError } from '../look/toasts.tsx';
import { Shell, showPage } from '../shell/shell.tsx';
import { type Account, AccountList } from './account-list.tsx';
import { NewAccount } from './new-account.tsx';
import { NewPassword } from './new-password.tsx';

type Asked = { what: 'add' } | { what: 'password' | 'remove' | 'disable'; account: Account };

const accounts = signal<Account[]>([]);
const tokens = signal<Token[]>([]);
const asked = signal<Asked | undefined>(undefined);

async function load(): Promise<void> {
	const [everybody, all] = await Promise.all([
		answerOf(api.GET('/api/accounts')),
		answerOf(api.GET('/api/tokens', { params: { query: { whose: 'all' } } })),
	]);
	accounts.value = everybody;
	tokens.value = all;
}

const reload = () => {
	load().catch(tellError);
};

const close = () => {
	asked.value = undefined;
};

/** Does something with an account, and shows how the accounts are afterwards, also when it was refused. */
async function act(sentence: string, request: Promise<unknown>): Promise<void> {
	close();
	const failure = await request.then(
		() => undefined,
		(error: unknown) => error,
	);
	// First what is true now: a refused choice is not to stand there when the refusal is told.
	await load().catch(tellError);
	if (failure === undefined) tell(sentence, 'good');
	else tellError(failure);
}

function change(account: Account, body: { role?: Account['role']; disabled?: boolean }): Promise<unknown> {
	return answerOf(api.PATCH('/api/accounts/{id}', { params: { path: { id: account.id } }, body }));
}

function AccountsPage() {
	return (
		<Shell title="Accounts" narrow>
			<div class="stack">
				<div class="row apart">
					<h1>Accounts</h1>
					<button
						type="button"
						class="button primary"
						onClick={() => {
							asked.value = { what: 'add' };
						}}
					>
						New account
					</button>
				</div>
				<section class="card" aria-label="Accounts">
					<AccountList
						accounts={accounts.value}
						onRole={(account, role) =>
							void act(`${account.name} has the role ${role} now.`, change(account, { role }))
						}
						onEnable={(account) =>
							void act(`${account.name} may sign in again.`, change(account, { disabled: false }))
						}
						onAsk={(what, account) => {
							asked.value = { what, account };
						}}
					/>
				</section>
				<section class="card stack" aria-labelledby="tokens">
					<h2 id="tokens">Tokens of everybody</h2>
					<TokenList tokens={tokens.value} showAccount onChange={reload} />
				</section>
			</div>
			<Question />
		</Shell>
	);
}

function Question() {
	const question = asked.value;
	if (question === undefined) return null;
	if (question.what === 'add') return <NewAccount onClose={close} onMade={reload} />;
	const { what, account } = question;
	if (what === 'password') return <NewPassword account={account} onClose={close} onChange={reload} />;
	if (what === 'disable') {
		return (
			<Confirm
				title={`Disable ${account.name}?`}
				action="Disable"
				danger
				onConfirm={() => void act(`${account.name} is locked out.`, change(account, { disabled: true }))}
				onClose={close}
			>
				They are signed out everywhere, and their tokens are refused, until you enable the account again.
			</Confirm>
		);
	}
	const remove = () => answerOf(api.DELETE('/api/accounts/{id}', { params: { path: { id: account.id } } }));
	return (
		<Confirm
			title={`Remove ${account.name}?`}
			action="Remove"
			danger
			onConfirm={() => void act(`${account.name} is removed.`, remove())}
			onClose={close}
		>
			Their sessions, tokens and unsent drafts are gone for good. What they did stays in the history.
		</Confirm>
	);
}

reload();
void showPage(<AccountsPage />);
