import { once } from 'node:events';
import type { Command } from 'commander';
import { type DemoEvent, runDemo } from '../demo/run-demo.ts';
import type { DemoWorld } from '../demo/world.ts';
import { openLog } from '../logging.ts';
import { stopSignal } from '../shutdown.ts';

interface DemoCommandOptions {
	once?: true;
	folder?: string;
}

/** `cutsheet demo`: the whole path from a sheet row to a video, on this machine alone. */
export function define(command: Command): void {
	command
		.description(
			'Run everything on this machine with a live test stream, show how rows become videos, and keep running. Uses a database and folder of its own, whatever is configured.',
		)
		.option('--once', 'end after three events; the last line of stdout is JSON that says what became of them')
		.option('--folder <folder>', 'a new folder for all that the demo makes; default: a temporary one')
		.action(async (options: DemoCommandOptions) => {
			const signal = stopSignal(await openLog('demo'));
			const say = (sentence: string) => console.log(sentence);
			let events: DemoEvent[] = [];
			await runDemo({ folder: options.folder, visited: !options.once, say, signal }, async (made, world) => {
				events = made;
				for (const event of made) say(describe(event));
				if (!options.once) await keepRunning(world, say, signal);
			});
			if (options.once) console.log(JSON.stringify({ events }));
		});
}

function describe({ state, sheet_row: row, file, error }: DemoEvent): string {
	return `“${row.Description}” is ${state}: ${file ?? error}`;
}

async function keepRunning(
	world: DemoWorld,
	say: (sentence: string) => void,
	signal: AbortSignal,
): Promise<void> {
	const config = `--config ${world.configFile}`;
	world.processes.keepRunning(say);
	const { name, password } = world.signIn;
	say(`
It goes on running. Look at:
  the pages      ${world.webUrl}  (sign in as ${name} with the password ${password})
  the sheet      ${world.sheetUrl}  (type a row: its id and state appear by themselves)
  the videos     ${world.folder}/videos
  the database   psql ${world.server.url}
  its status     services/bin/cutsheet status ${config}
  the logs       ${world.folder}/logs
To cut a row: services/bin/cutsheet edit ID --start TIME --end TIME ${config}
A service that you kill is started again, PostgreSQL too. Ctrl-C ends it.`);
	if (!signal.aborted) await once(signal, 'abort');
}
