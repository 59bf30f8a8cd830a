import { type ChildProcess, spawn } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import path from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { ffmpegLimits, watchLimits } from './ffmpeg-limits.ts';

/** No ffmpeg on this machine. The message says how to get it. */
export class MissingFfmpegError extends Error {
	override name = 'MissingFfmpegError';
}

/**
 * The ffmpeg and ffprobe to use, in this order: `FFMPEG_PATH` and `FFPROBE_PATH`; the binary of the optional package
 * `ffmpeg-static` (it has no ffprobe); what the PATH has.
 *
 * @throws MissingFfmpegError with the command that installs it.
 */
export async function findFfmpeg(
	environment: NodeJS.ProcessEnv = process.env,
): Promise<{ ffmpeg: string; ffprobe: string }> {
	const [ffmpeg, ffprobe] = await Promise.all([
		findTool('ffmpeg', environment, await staticFfmpeg()),
		findTool('ffprobe', environment, undefined),
	]);
	return { ffmpeg, ffprobe };
}

async function findTool(
	name: 'ffmpeg' | 'ffprobe',
	environment: NodeJS.ProcessEnv,
	bundled: string | undefined,
): Promise<string> {
	const variable = `${name.toUpperCase()}_PATH`;
	const configured = environment[variable];
	if (configured !== undefined && configured !== '') {
		if (await isExecutable(configured)) return configured;
		throw new MissingFfmpegError(`${variable} is ${configured}, but that is no program that can be run.`);
	}
	if (bundled !== undefined && (await isExecutable(bundled))) return bundled;
	for (const folder of (environment.PATH ?? '').split(path.delimiter)) {
		const candidate = path.join(folder, name);
		if (folder !== '' && (await isExecutable(candidate))) return candidate;
	}
	throw new MissingFfmpegError(
		`${name} was not found. Install it (on Debian and Ubuntu: sudo apt-get install --yes ffmpeg), or name it in ${variable}.`,
	);
}

/** The package's main export is the path of its binary, or null on a platform that it does not serve. */
async function staticFfmpeg(): Promise<string | undefined> {
	const optional: string = 'ffmpeg-static';
	try {
		const found = (await import(optional)) as { default: unknown };
		return typeof found.default === 'string' ? found.default : undefined;
	} catch {
		return undefined;
	}
}

async function isExecutable(file: string): Promise<boolean> {
	return await access(file, constants.X_OK).then(
		() => true,
		() => false,
	);
}

/** What the C library calls errors of disks (strerror(3)). */
const DISK_FULL = /No space left on device|Disk quota exceeded/;
const READ_ONLY = /Read-only file system/;
const DISK_BROKEN = /Input\/output error/;
const NO_MEMORY = /Cannot allocate memory/;
/** What the dynamic linker says, such as while the libraries of a program are being replaced (ld.so(8)). */
const NO_LIBRARY = /error while loading shared libraries/;

/**
 * The error for a program that ended by itself with an error, if what it wrote says that the machine is the reason, and not
 * what it was given.
 */
export function machinesFault(program: string, log: string): FfmpegStoppedError | undefined {
	if (NO_LIBRARY.test(log)) return new FfmpegUnableError(`${program} did not start.`, log);
	if (DISK_FULL.test(log) || READ_ONLY.test(log))
		return new FfmpegUnableError(`${program} could not write.`, log);
	if (DISK_BROKEN.test(log)) return new FfmpegStoppedError(`${program} could not read or write.`, log);
	if (NO_MEMORY.test(log)) return new FfmpegStoppedError(`${program} had no memory.`, log);
	return undefined;
}

/** ffmpeg ended with an error. `log` is what it wrote about it. */
export class FfmpegError extends Error {
	override name = 'FfmpegError';
	readonly log: string;

	constructor(message: string, log: string) {
		super(log === '' ? message : `${message} ${lastLine(log)}`);
		this.log = log;
	}
}

/** ffmpeg hung, took too much memory, was killed by somebody else, or could not read or write a disk. It may do better another time, or on another machine. */
export class FfmpegStoppedError extends FfmpegError {
	override name = 'FfmpegStoppedError';
}

/** Nothing can be made on this machine for now: ffmpeg or ffprobe cannot be started, or its disk takes nothing. */
export class FfmpegUnableError extends FfmpegStoppedError {
	override name = 'FfmpegUnableError';
}

/** A running ffmpeg. */
export interface RunningFfmpeg {
	stdin: Writable;
	stdout: Readable;
	/** Further pipes that it reads, as `pipe:3` and so on. */
	inputs: Writable[];
	/** Resolves with what it wrote to stderr, rejects with FfmpegError, or with the signal's reason when that killed it. */
	finished: Promise<string>;
	kill(): void;
}

/** Of what ffmpeg writes to stderr no more than this is kept. */
const LOG_LIMIT = 64 * 1024;

/**
 * Starts ffmpeg. When `signal` aborts it is killed at once, and when it goes beyond `ffmpegLimits`. `inputs` is the
 * number of further pipes for it to read.
 */
export function startFfmpeg(
	program: string,
	args: readonly string[],
	{ signal, inputs = 0 }: { signal?: AbortSignal | undefined; inputs?: number } = {},
): RunningFfmpeg {
	signal?.throwIfAborted();
	const pipes = Array.from({ length: inputs }, () => 'pipe' as const);
	const child = begin(program, args, ['pipe', 'pipe', 'pipe', ...pipes]);
	const kill = () => child.kill('SIGKILL');
	signal?.addEventListener('abort', kill, { once: true });
	let log = '';
	/** Why we stopped it ourselves. */
	let excess: string | undefined;
	const unwatch = watchLimits(child.pid ?? 0, ffmpegLimits(), (sentence) => {
		excess = sentence;
		kill();
	});
	child.stderr?.setEncoding('utf8').on('data', (text: string) => {
		log = (log + text).slice(-LOG_LIMIT);
	});
	const finished = new Promise<string>((resolve, reject) => {
		child.once('error', (error) => reject(notStarted(program, error)));
		child.once('close', (code, by) => {
			unwatch();
			signal?.removeEventListener('abort', kill);
			if (signal?.aborted) reject(signal.reason);
			else if (excess) reject(new FfmpegStoppedError(`ffmpeg was stopped: ${excess}.`, log));
			// Of a disk that is full at the end of a file, its packers only write a line, and call that a success.
			else if (code === 0 && !DISK_FULL.test(log)) resolve(log);
			else if (by)
				reject(new FfmpegStoppedError(`ffmpeg was killed (${by}), perhaps for want of memory.`, log));
			else reject(machinesFault('ffmpeg', log) ?? new FfmpegError(`ffmpeg failed (exit code ${code}).`, log));
		});
	});
	// Whoever awaits it sees the failure; until then it must not count as unhandled.
	finished.catch(() => {});
	// Where there are no more file descriptors Node makes no pipes for it either, whatever its types say.
	if ((child.stdio as unknown) === undefined) {
		unwatch();
		throw notStarted(program, new Error('too many open files'));
	}
	const extra = (child.stdio as readonly unknown[]).slice(3) as Writable[];
	const stdin = child.stdin as Writable;
	for (const pipe of [stdin, ...extra]) {
		// ffmpeg may close its input early, when it has all that it wants or when it fails: `finished` tells.
		pipe.on('error', () => {});
	}
	return { stdin, stdout: child.stdout as Readable, inputs: extra, finished, kill };
}

/** Starts a process. Some errors Node throws, others the process tells later: no memory is one of the former. */
function begin(program: string, args: readonly string[], stdio: 'pipe'[]): ChildProcess {
	try {
		return spawn(program, args, { stdio });
	} catch (error) {
		throw notStarted(program, error as Error);
	}
}

function notStarted(program: string, { message }: Error): FfmpegUnableError {
	return new FfmpegUnableError(`${program} did not start: ${message}.`, '');
}

function lastLine(log: string): string {
	return log.trim().split('\n').at(-1) ?? '';
}
