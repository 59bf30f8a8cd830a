import { execFile } from 'node:child_process';
import type { Logger } from 'pino';

/** What systemd is told about this process. Without systemd nothing of it does anything. */
export interface ServiceManager {
	/** The service is up: units that come after it may start. */
	ready(): void;
	/** It still starts, and needs up to `seconds` more for its next try. `sentence` says what it waits for. */
	starting(sentence: string, seconds: number): void;
	/** It was told to stop and does so. */
	stopping(): void;
	/** Ends the watchdog's signs of life, so that the process can end. */
	close(): void;
}

/** Signs of life per time in which systemd wants one: one that comes late, or is lost, does not matter. */
const SIGNS_PER_WATCH = 3;

/**
 * Speaks systemd's notification protocol (sd_notify(3)) through the program `systemd-notify`, since Node has no datagram
 * sockets of the file system; the unit needs NotifyAccess=all. With WatchdogSec= in the unit, a sign of life is sent from
 * the event loop: when that hangs, none comes, and systemd kills the process and starts a new one.
 */
export function serviceManager(log: Logger, environment = process.env): ServiceManager {
	if (!environment.NOTIFY_SOCKET) {
		const nothing = () => undefined;
		return { ready: nothing, starting: nothing, stopping: nothing, close: nothing };
	}
	let reported = false;
	const tell = (...assignments: string[]) => {
		execFile('systemd-notify', assignments, { env: environment, timeout: 10_000 }, (error) => {
			if (error && !reported) log.warn({ err: error }, 'systemd could not be told how this service is');
			reported = error !== null;
		});
	};
	const watch = watchdogMs(environment);
	const watchdog =
		watch === undefined ? undefined : setInterval(() => tell('WATCHDOG=1'), watch / SIGNS_PER_WATCH);
	return {
		ready: () => tell('READY=1', 'STATUS=Works.'),
		starting: (sentence, seconds) => {
			tell(`STATUS=${sentence}`, `EXTEND_TIMEOUT_USEC=${Math.round(seconds * 1e6)}`);
		},
		stopping: () => tell('STOPPING=1', 'STATUS=Stopping: what is under way comes to its end.'),
		close: () => clearInterval(watchdog),
	};
}

/** How often systemd wants a sign of life of this process, in ms; undefined when it does not. */
function watchdogMs({ WATCHDOG_USEC, WATCHDOG_PID }: NodeJS.ProcessEnv): number | undefined {
	const usec = Number(WATCHDOG_USEC);
	if (!(usec > 0)) return undefined;
	return WATCHDOG_PID === undefined || Number(WATCHDOG_PID) === process.pid ? usec / 1000 : undefined;
}
