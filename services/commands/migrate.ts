import type { Command } from 'commander';
import { migrate } from '../../db/migrate.ts';
import { withConfig } from './arguments.ts';
import { askDatabase } from './run-service.ts';

/** `cutsheet migrate`: brings the schema up to date. */
export function define(command: Command): void {
	withConfig(command)
		.description("Bring the database's schema up to date. Changes nothing when it is. Safe while others run.")
		.action(async (options: { config?: string }) => {
			const ran = await askDatabase('migrate', options, ({ db }) => migrate(db));
			console.log(ran.length === 0 ? 'The schema is up to date.' : `Ran: ${ran.join(', ')}.`);
		});
}
