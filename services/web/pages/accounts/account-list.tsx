import type { paths } from '../../dist/api.d.ts';
import { shownTime } from '../look/times.ts';
import type { Role } from '../shell/session.ts';

export type Account = paths['/api/accounts']['get']['responses'][200]['content']['application/json'][number];

export const ROLES: readonly { role: Role; means: string }[] = [
	{ role: 'viewer', means: 'sees events and video' },
	{ role: 'editor', means: 'edits and submits' },
	{ role: 'operator', means: 'does everything to events' },
	{ role: 'admin', means: 'lets others in' },
];

interface AccountListProps {
	accounts: Account[];
	onRole: (account: Account, role: Role) => void;
	onEnable: (account: Account) => void;
	onAsk: (what: 'password' | 'remove' | 'disable', account: Account) => void;
}

/** Everybody who may sign in, and what can be done about it. */
export function AccountList({ accounts, onRole, onEnable, onAsk }: AccountListProps) {
	return (
		<div class="scrolled">
			<table class="list">
				<thead>
					<tr>
						<th scope="col">Name</th>
						<th scope="col">Role</th>
						<th scope="col">Signs in with</th>
						<th scope="col">Last sign-in</th>
						<th scope="col">
							<span class="unseen">Actions</span>
						</th>
					</tr>
				</thead>
				<tbody>
					{accounts.map((account) => (
						<tr key={account.id}>
							<td>
								<strong>{account.name}</strong>{' '}
								{account.disabled_at !== null && <span class="badge">disabled</span>}
								{account.email !== null && <div class="quiet">{account.email}</div>}
							</td>
							<td>
								<select
									class="input"
									aria-label={`Role of ${account.name}`}
									value={account.role}
									onChange={({ currentTarget }) => onRole(account, currentTarget.value as Role)}
								>
									{ROLES.map(({ role, means }) => (
										<option key={role} value={role} title={means}>
											{role}
										</option>
									))}
								</select>
							</td>
							<td>{waysIn(account)}</td>
							<td>{shownTime(account.last_sign_in_at)}</td>
							<td>
								<div class="row tight">
									<button type="button" class="button small" onClick={() => onAsk('password', account)}>
										Password
									</button>
									{account.disabled_at === null ? (
										<button type="button" class="button small" onClick={() => onAsk('disable', account)}>
											Disable
										</button>
									) : (
										<button type="button" class="button small" onClick={() => onEnable(account)}>
											Enable
										</button>
									)}
									<button type="button" class="button small danger" onClick={() => onAsk('remove', account)}>
										Remove
									</button>
								</div>
							</td>
						</tr>
					))}
				</tbody>
			</table>
		</div>
	);
}

function waysIn({ has_password, issuer, email }: Account): string {
	const ways = [has_password && 'password', issuer !== null && new URL(issuer).host];
	return ways.filter(Boolean).join(', ') || (email === null ? 'nothing yet' : 'a provider, not used yet');
}
