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
	if (!process.stderr.isTTY) return pino(writing(printable), pino.destination({ dest: 2, sync: true }));
	const { default: pretty } = await import('pino-pretty');
	return pino(
		writing(printableOnceDecoded),
		pretty({ destination: 2, sync: true, ignore: 'pid,hostname', translateTime: 'UTC:HH:MM:ss.l' }),
	);
}

function logLevel(wanted: string | undefined): string {
	return wanted !== undefined && [...Object.keys(pino.levels.values), 'silent'].includes(wanted)
		? wanted
		: 'info';
}
