import type { Logger } from 'pino';

/**
 * A signal that is aborted by the first SIGTERM, SIGINT (Ctrl-C) or SIGHUP (the terminal is closed): whoever works then comes
 * to a clean end. The second one ends the process at once, with the exit code that shells give for that signal.
 */
export function stopSignal(log: Logger): AbortSignal {
	const controller = new AbortController();
	for (const [signal, exitCode] of [
		['SIGHUP', 129],
		['SIGINT', 130],
		['SIGTERM', 143],
	] as const) {
		process.on(signal, () => {
			if (controller.signal.aborted) process.exit(exitCode);
			log.info(`${signal}: stopping. Once more ends it at once.`);
			controller.abort(new Error(`stopped by ${signal}`));
		});
	}
	return controller.signal;
}
