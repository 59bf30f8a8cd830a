import type { Command } from 'commander';
import { describeStatus } from '../status/describe-status.ts';
import { readStatus, type Status } from '../status/read-status.ts';
import { printable } from '../terminal-text.ts';
import { withConfig } from './arguments.ts';
import { askDatabase } from './run-service.ts';

/** `cutsheet status`: what waits, what is cut, what failed and why, and which nodes run. */
export function define(command: Command): void {
	withConfig(command)
		.description('Show what waits, what is being cut, what failed and why, and which cutter nodes run.')
		.option('--json', 'print JSON instead of text')
		.action(async (options: { config?: string; json?: true }) => {
			const status: Status = await askDatabase('status', options, ({ db }) => readStatus(db));
			console.log(printable(options.json ? JSON.stringify(status, undefined, 2) : describeStatus(status)));
		});
}
