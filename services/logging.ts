import pino, { type Logger } from 'pino';
import { withoutPasswords } from './passwords.ts';
import { printable, printableOnceDecoded } from './terminal-text.ts';

/** Keys whose values are never logged, at the top and one level down. */
const SECRET_KEYS = [
	'password',
	'token',
	'access_token',
	'refresh_token',
	'client_secret',
	'private_key',
	'authorization',
	'cookie',
	'credentials',
];

/**
 * The log of a service: JSON lines when stderr is a pipe or file, readable on a terminal. On stderr, since stdout is for
 * a command's result. Level: CUTSHEET_LOG_LEVEL (trace, debug, info, warn, error, silent; default info).
 * Secrets are taken out: values of keys that name one, and passwords in URLs, wherever in a line. Control characters of
 * strangers' texts are shown, and do nothing.
 */
export async function openLog(service: string): Promise<Logger> {
	const options = {
		name: service,
		level: logLevel(process.env.CUTSHEET_LOG_LEVEL),
		timestamp: pino.stdTimeFunctions.isoTime,
		redact: { paths: SECRET_KEYS.flatMap((key) => [key, `*.${key}`]), censor: '***' },
	};
	const writing = (safe: (line: string) => string) => ({
		...options,
		hooks: { streamWrite: (line: string) => safe(withoutPasswords(line)) },
	});
	if (!process.stderr.isTTY) return pino(writing(printable), openStderr());
	const { default: pretty } = await import('pino-pretty');
	return pino(
		writing(printableOnceDecoded),
		pretty({ destination: openStderr(), ignore: 'pid,hostname', translateTime: 'UTC:HH:MM:ss.l' }),
	);
}

/** Of a log that nobody takes so much is kept (bytes), to be written once that can be done. */
const MOST_KEPT = 2 ** 20;

/**
 * Where log lines go. A disk that is full, or a terminal that was closed, costs lines and no work: pino would end the process
 * with the first line that cannot be written.
 */
function openStderr() {
	const stderr = pino.destination({ dest: 2, sync: true, maxLength: MOST_KEPT });
	stderr.on('error', () => undefined);
	return stderr;
}

function logLevel(wanted: string | undefined): string {
	return wanted !== undefined && [...Object.keys(pino.levels.values), 'silent'].includes(wanted)
		? wanted
		: 'info';
}
