import { type Command, Option } from 'commander';
import type { TokenScope } from '../../db/access/tables.ts';
import { createToken, listTokens, revokeToken } from '../../db/access/tokens.ts';
import { RefusedError } from '../exit-codes.ts';
import { printable } from '../terminal-text.ts';
import { SCOPES } from '../web/access/rights.ts';
import { wholeNumber, withConfig } from './arguments.ts';
import { askDatabase } from './run-service.ts';
import { change, existing } from './user.ts';

interface ConfigOption {
	config?: string;
}

interface AddOptions extends ConfigOption {
	name: string;
	scope: TokenScope[];
	days?: number;
}

/** `cutsheet token`: what scripts identify themselves with. */
export function define(token: Command): void {
	token.description(
		'Make tokens for scripts, which send one as: Authorization: Bearer TOKEN. A token may what its scopes say, and never more than its account.',
	);
	withConfig(token.command('add'))
		.description('Make a token and print it: this once, it is kept nowhere.')
		.argument('<account>', 'in whose name the script acts')
		.requiredOption('--name <name>', 'what it is for')
		.addOption(
			new Option(
				'--scope <scope...>',
				'what it may: read, write (change events), admin (accounts and tokens)',
			)
				.choices(SCOPES)
				.default(['read']),
		)
		.option('--days <count>', 'until it expires; default: never', wholeNumber(1))
		.action(async (account: string, options: AddOptions) => {
			const { name, scope, days } = options;
			const expiresAt = days === undefined ? null : new Date(Date.now() + days * 86_400_000);
			const made = await change(options, async (db) => {
				const { id } = await existing(db, account);
				return createToken(db, { accountId: id, name, scopes: [...new Set(scope)], expiresAt });
			});
			console.log(made.token);
		});
	withConfig(token.command('list'))
		.description(
			'Show tokens: whose, what for, when last used. Not the tokens themselves: nobody knows them.',
		)
		.argument('[account]', 'only those of this account')
		.action(async (account: string | undefined, options: ConfigOption) => {
			const tokens = await askDatabase('token', options, async ({ db }) =>
				listTokens(db, account === undefined ? undefined : (await existing(db, account)).id),
			);
			if (tokens.length === 0) console.log('There are no tokens.');
			for (const { account: whose, name, scopes, expires_at, last_used_at } of tokens) {
				const until = expires_at ? `until ${expires_at.toISOString().slice(0, 16)}Z` : 'for ever';
				const used = last_used_at ? `last used ${last_used_at.toISOString().slice(0, 16)}Z` : 'never used';
				console.log(printable([whose, name, scopes.join(','), until, used].join('  ')));
			}
		});
	withConfig(token.command('revoke'))
		.description('Take a token back. It is refused at once.')
		.argument('<account>', 'whose it is')
		.argument('<name>', 'what it is for, as the list shows it')
		.action(async (account: string, name: string, options: ConfigOption) => {
			await change(options, async (db) => {
				const { id } = await existing(db, account);
				const found = (await listTokens(db, id)).find((one) => one.name === name);
				if (found === undefined) throw new RefusedError(`${account} has no token “${name}”.`);
				await revokeToken(db, found.id);
			});
			console.log(`The token “${name}” of ${account} is revoked.`);
		});
}
