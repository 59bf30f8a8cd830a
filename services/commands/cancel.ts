import os from 'node:os';
import type { Command } from 'commander';
import { cancelEvent } from '../../db/transitions/cancel.ts';
import { withConfig } from './arguments.ts';
import { eventId } from './event-id.ts';
import { askDatabase } from './run-service.ts';

interface CancelOptions {
	config?: string;
	who: string;
	reason?: string;
}

/** `cutsheet cancel ID`: back to UNEDITED. */
export function define(command: Command): void {
	withConfig(command)
		.description(
			'Take an event back to UNEDITED. A cutter that works on it stops; an uploaded video stays where it is, only its link leaves the row.',
		)
		.argument('<id>', 'the id of the event, as in its sheet row', eventId)
		.option('--reason <text>', 'why, for the people who see the row')
		.option('--who <name>', 'who cancels', os.userInfo().username)
		.action(async (id: string, options: CancelOptions) => {
			const was = await askDatabase('cancel', options, ({ db }) =>
				cancelEvent(db, id, options.who, options.reason),
			);
			console.log(`Event ${id} was ${was} and is UNEDITED now.`);
		});
}
