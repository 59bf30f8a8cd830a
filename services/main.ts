// The `cutsheet` command: finds the subcommand, runs it, and turns what it throws into a sentence and an exit code.
import { Command, CommanderError } from 'commander';
import { COMMANDS } from './commands/index.ts';
import { EXIT, RefusedError, UsageError } from './exit-codes.ts';
import { withoutPasswords } from './passwords.ts';
import { printable } from './terminal-text.ts';
import { packageVersion } from './version.ts';

const EXIT_CODES = `
Exit codes:
  0  done
  1  failed: the message says at what
  2  typed wrong, or the configuration is wrong
  3  what was asked for is not there (no such event, holes in the recording), or a rule does not allow it`;

/** What a command that failed has left open, such as a port, keeps its process alive for so long (ms) at most. */
const MOST_LEFT_MS = 5_000;

// Whoever reads along may have had enough, as `head` does: what is being done is done to its end all the same.
for (const stream of [process.stdout, process.stderr]) {
	stream.on('error', (error: NodeJS.ErrnoException) => {
		if (error.code !== 'EPIPE') throw error;
	});
}
process.exitCode = await run(process.argv.slice(2));
if (process.exitCode !== EXIT.ok) setTimeout(() => process.exit(), MOST_LEFT_MS).unref();

async function run(words: string[]): Promise<number> {
	const program = new Command('cutsheet')
		.description('Turns the rows of a spreadsheet into published videos.')
		.version(packageVersion())
		.addHelpText('after', EXIT_CODES)
		.exitOverride()
		.configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'cutsheet: ')) })
		.showHelpAfterError('(--help shows how it is used.)');
	for (const { name, summary, load } of COMMANDS) {
		// Only what may be run is loaded: the modules of all commands together take half a second.
		const command = program
			.command(name)
			.summary(summary)
			.description(summary)
			.copyInheritedSettings(program)
			.addHelpText('after', EXIT_CODES);
		if (words.includes(name)) (await load()).define(command);
	}
	try {
		if (words.length === 0) program.help();
		await program.parseAsync(words, { from: 'user' });
		return Number(process.exitCode ?? EXIT.ok);
	} catch (error) {
		return report(error);
	}
}

async function report(error: unknown): Promise<number> {
	if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
	// Loaded only now: the database's client is no small thing.
	const { explainDatabaseError, isRefusal } = await import('./database-errors.ts');
	const message = explainDatabaseError(error) ?? (error instanceof Error ? error.message : String(error));
	process.stderr.write(`cutsheet: ${printable(withoutPasswords(message))}\n`);
	if (error instanceof UsageError) return EXIT.usage;
	if (error instanceof RefusedError || isRefusal(error)) return EXIT.refused;
	if (process.env.CUTSHEET_LOG_LEVEL === 'debug' && error instanceof Error) {
		process.stderr.write(`${printable(withoutPasswords(error.stack ?? ''))}\n`);
	}
	return EXIT.failed;
}
