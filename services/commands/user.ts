import os from 'node:os';
import { type Command, Option } from 'commander';
import {
	type AccountChange,
	type AccountRow,
	accountByName,
	changeAccount,
	createAccount,
	listAccounts,
	removeAccount,
} from '../../db/access/accounts.ts';
import type { AccountRole } from '../../db/access/tables.ts';
import { asActor } from '../../db/actor.ts';
import type { Db } from '../../db/connect.ts';
import { RefusedError, UsageError } from '../exit-codes.ts';
import { readNewPassword } from '../read-password.ts';
import { printable } from '../terminal-text.ts';
import { hashPassword, passwordProblem } from '../web/access/passwords.ts';
import { ROLES } from '../web/access/rights.ts';
import { withConfig } from './arguments.ts';
import { askDatabase } from './run-service.ts';

interface ConfigOption {
	config?: string;
}

interface AddOptions extends ConfigOption {
	role: AccountRole;
	email?: string;
	/** false: --no-password. */
	password: boolean;
}

const WHAT_ROLES_MAY =
	'\nRoles, each may all that those before it may: viewer sees events and video; editor edits and submits; operator does everything to events; admin lets others in.';

/** `cutsheet user`: who may sign in on the pages. */
export function define(user: Command): void {
	user.description('Say who may sign in on the pages, and as what.').addHelpText('after', WHAT_ROLES_MAY);
	withConfig(user.command('add'))
		.description(
			'Make an account. Its password is asked for, or read from standard input; never an argument.',
		)
		.argument('<name>', 'what the person signs in with, and what the history shows')
		.addOption(new Option('--role <role>', 'what the person may').choices(ROLES).makeOptionMandatory())
		.option('--email <address>', 'by which a sign-in provider (OpenID Connect) finds this account')
		.option('--no-password', 'without one: the person signs in with a provider only')
		.action(async (name: string, options: AddOptions) => {
			const { role, email, password } = options;
			const passwordHash = password ? await newHash(name) : null;
			await change(options, (db) => createAccount(db, { name, role, passwordHash, email: email ?? null }));
			console.log(`${name} can sign in now, with the role ${role}.`);
		});
	withConfig(user.command('list'))
		.description('Show all accounts.')
		.option('--json', 'as JSON, one line')
		.action(async (options: ConfigOption & { json?: true }) => {
			const accounts = await askDatabase('user', options, ({ db }) => listAccounts(db));
			if (options.json) return console.log(printable(JSON.stringify(accounts)));
			if (accounts.length === 0)
				console.log('There are no accounts yet. Type: cutsheet user add NAME --role admin');
			for (const { name, role, email, disabled_at, last_sign_in_at } of accounts) {
				const seen = last_sign_in_at
					? `last sign-in ${last_sign_in_at.toISOString().slice(0, 16)}Z`
					: 'never signed in';
				console.log(
					printable([name, role, disabled_at ? 'disabled' : seen, email].filter(Boolean).join('  ')),
				);
			}
		});
	withConfig(user.command('role'))
		.description('Give an account another role. It counts at once.')
		.argument('<name>', 'the name of the account')
		.argument('<role>', `one of ${ROLES.join(', ')}`)
		.action(async (name: string, role: string, options: ConfigOption) => {
			const known = ROLES.find((one) => one === role);
			if (known === undefined)
				throw new UsageError(`There is no role “${role}”. The roles are: ${ROLES.join(', ')}.`);
			const account = await changeOne(name, options, { role: known });
			console.log(`${account.name} has the role ${role} now.`);
		});
	withConfig(user.command('email'))
		.description('Set the e-mail address by which a sign-in provider finds an account; none: takes it away.')
		.argument('<name>', 'the name of the account')
		.argument('[address]', 'the e-mail address')
		.action(async (name: string, address: string | undefined, options: ConfigOption) => {
			const account = await changeOne(name, options, { email: address ?? null });
			console.log(
				`${account.name} has ${address === undefined ? 'no e-mail address' : `the address ${address}`} now.`,
			);
		});
	withConfig(user.command('password'))
		.description(
			'Set a new password, asked for or read from standard input. The account is signed out everywhere.',
		)
		.argument('<name>', 'the name of the account')
		.action(async (name: string, options: ConfigOption) => {
			const account = await changeOne(name, options, { passwordHash: await newHash(name) });
			console.log(`${account.name} has a new password, and is signed out everywhere.`);
		});
	withConfig(user.command('disable'))
		.description('Lock an account: it is signed out everywhere, and its tokens are refused.')
		.argument('<name>', 'the name of the account')
		.action(async (name: string, options: ConfigOption) => {
			const account = await changeOne(name, options, { disabled: true });
			console.log(`${account.name} is locked out.`);
		});
	withConfig(user.command('enable'))
		.description('Let a disabled account in again.')
		.argument('<name>', 'the name of the account')
		.action(async (name: string, options: ConfigOption) => {
			const account = await changeOne(name, options, { disabled: false });
			console.log(`${account.name} may sign in again.`);
		});
	withConfig(user.command('remove'))
		.description('Remove an account with its sessions, tokens and drafts. What it did stays in the history.')
		.argument('<name>', 'the name of the account')
		.action(async (name: string, options: ConfigOption) => {
			const account = await change(options, async (db) => {
				const found = await existing(db, name);
				await removeAccount(db, found.id);
				return found;
			});
			console.log(`${account.name} is removed.`);
		});
}

/** The account of that name. @throws RefusedError when there is none */
export async function existing(db: Db, name: string): Promise<AccountRow> {
	const account = await accountByName(db, name);
	if (account === undefined)
		throw new RefusedError(`There is no account “${name}”. Type: cutsheet user list`);
	return account;
}

/** Changes the database in the name of whoever is at the terminal. */
export function change<T>(options: ConfigOption, work: (db: Db) => Promise<T>): Promise<T> {
	return askDatabase('user', options, ({ db }) => asActor(db, os.userInfo().username, work));
}

function changeOne(name: string, options: ConfigOption, what: AccountChange): Promise<AccountRow> {
	return change(options, async (db) => {
		const account = await existing(db, name);
		await changeAccount(db, account.id, what);
		return account;
	});
}

async function newHash(name: string): Promise<string> {
	const password = await readNewPassword();
	const problem = passwordProblem(password, name);
	if (problem !== undefined) throw new UsageError(problem);
	return hashPassword(password);
}
