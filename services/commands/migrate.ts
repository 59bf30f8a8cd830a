import { mkdir, open } from 'node:fs/promises';
import path from 'node:path';
import { type Command, Option } from 'commander';
import type { Db } from '../../db/connect.ts';
import { migrate } from '../../db/migrate.ts';
import { giveLogin, grantRoles, hasRoles, ROLES } from '../../db/roles.ts';
import { UsageError } from '../exit-codes.ts';
import { withConfig } from './arguments.ts';
import { askDatabase } from './run-service.ts';

const ROLES_LATER =
	'Services that log in as roles may need new rights now: run cutsheet migrate --roles too, with the --prefix that they have.';

interface Options {
	config?: string;
	roles?: boolean;
	prefix: string;
	logins?: string;
}

/** `cutsheet migrate`: brings the schema up to date, and makes the roles. */
export function define(command: Command): void {
	withConfig(command)
		.description("Bring the database's schema up to date. Changes nothing when it is. Safe while others run.")
		.option(
			'--roles',
			`make a database role for each kind of user (${ROLES.join(', ')}) that may do what it needs and no more; again after each upgrade`,
		)
		.option('--prefix <text>', 'what the names of the roles begin with', 'cutsheet_')
		.addOption(
			new Option(
				'--logins <folder>',
				'let the roles log in: writes FOLDER/ROLE.url for each, with a random password; files that are there are left as they are',
			).implies({ roles: true }),
		)
		.action(async (options: Options) => {
			await askDatabase('migrate', options, async ({ db, url }) => {
				const ran = await migrate(db);
				console.log(ran.length === 0 ? 'The schema is up to date.' : `Ran: ${ran.join(', ')}.`);
				if (!options.roles) {
					if (ran.length > 0 && (await hasRoles(db))) console.log(ROLES_LATER);
					return;
				}
				const names = await grantRoles(db, options).catch((error: Error) => {
					throw /^The prefix/.test(error.message) ? new UsageError(error.message) : error;
				});
				console.log(`Roles: ${names.join(', ')}.`);
				if (options.logins === undefined) return;
				const written = await writeLogins(db, url, options.prefix, options.logins);
				console.log(written.length === 0 ? 'All could log in already.' : `Wrote ${written.join(', ')}.`);
			});
		});
}

/** Gives each role a password that has no file yet, and writes the file. Returns the files. */
async function writeLogins(db: Db, url: string, prefix: string, folder: string): Promise<string[]> {
	await mkdir(folder, { recursive: true, mode: 0o700 });
	const written: string[] = [];
	for (const role of ROLES) {
		const file = path.join(folder, `${role}.url`);
		// Made before the password is: two that write at once shall not change it twice.
		const handle = await open(file, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
			if (error.code !== 'EEXIST') throw error;
		});
		if (!handle) continue;
		const login = new URL(url);
		login.username = prefix + role;
		login.password = await giveLogin(db, prefix + role);
		await handle.writeFile(`${login.href}\n`);
		await handle.close();
		written.push(file);
	}
	return written;
}
