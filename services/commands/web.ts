import { once } from 'node:events';
import type { Command } from 'commander';
import { addEventMetrics } from '../health/event-metrics.ts';
import { startWeb } from '../web/server.ts';
import { withConfig } from './arguments.ts';
import { runService } from './run-service.ts';

/** `cutsheet web`: pages, API and segment server. */
export function define(command: Command): void {
	withConfig(command)
		.description(
			'Serve the pages for editors and operators, the API behind them, and the stream that is recorded on this machine, until stopped. Accounts are made with: cutsheet user add',
		)
		.action((options: { config?: string }) =>
			runService('web', options, async ({ config, db, log, signal, health, started }) => {
				const web = await startWeb({ config, db, log });
				addEventMetrics(health.metrics, db);
				started();
				if (!signal.aborted) await once(signal, 'abort');
				await web.close();
			}),
		);
}
