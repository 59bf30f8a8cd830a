import { useSignal } from '@preact/signals';
import type { paths } from '../../dist/api.d.ts';
import { answerOf, api } from '../api/client.ts';
import { Confirm } from '../look/dialog.tsx';
import { shownTime } from '../look/times.ts';
import { tell, tellError } from '../look/toasts.tsx';

export type Token = paths['/api/tokens']['get']['responses'][200]['content']['application/json'][number];

interface TokenListProps {
	tokens: Token[];
	/** Tokens of several people: whose each is. */
	showAccount?: boolean;
	/** One was revoked. */
	onChange: () => void;
}

/** Tokens with what they may, when they were last used, and a way to revoke them. */
export function TokenList({ tokens, showAccount, onChange }: TokenListProps) {
	const revoking = useSignal<Token | undefined>(undefined);

	async function revoke({ id, name }: Token): Promise<void> {
		revoking.value = undefined;
		await answerOf(api.DELETE('/api/tokens/{id}', { params: { path: { id } } }));
		tell(`The token “${name}” is revoked.`, 'good');
		onChange();
	}

	if (tokens.length === 0) return <p class="quiet">There are none.</p>;
	const asked = revoking.value;
	return (
		<div class="scrolled">
			<table class="list">
				<thead>
					<tr>
						{showAccount && <th scope="col">Whose</th>}
						<th scope="col">What for</th>
						<th scope="col">May</th>
						<th scope="col">Expires</th>
						<th scope="col">Last used</th>
						<th scope="col">
							<span class="unseen">Revoke</span>
						</th>
					</tr>
				</thead>
				<tbody>
					{tokens.map((token) => (
						<tr key={token.id}>
							{showAccount && <td>{token.account}</td>}
							<td>{token.name}</td>
							<td>{token.scopes.join(', ')}</td>
							<td>{shownTime(token.expires_at)}</td>
							<td>{shownTime(token.last_used_at)}</td>
							<td>
								<button
									type="button"
									class="button small"
									aria-label={`Revoke ${token.name}`}
									onClick={() => {
										revoking.value = token;
									}}
								>
									Revoke
								</button>
							</td>
						</tr>
					))}
				</tbody>
			</table>
			{asked && (
				<Confirm
					title={`Revoke the token “${asked.name}”?`}
					action="Revoke"
					danger
					onConfirm={() => revoke(asked).catch(tellError)}
					onClose={() => {
						revoking.value = undefined;
					}}
				>
					What uses it is refused at once.
				</Confirm>
			)}
		</div>
	);
}
