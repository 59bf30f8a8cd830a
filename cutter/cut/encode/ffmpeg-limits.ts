import { readFile } from 'node:fs/promises';

/** What an ffmpeg may do before it is stopped. */
export interface FfmpegLimits {
	/** So long (s) it may neither read nor write a byte. */
	silenceSeconds: number;
	/** So much of the machine's memory (bytes) it may hold. */
	memoryBytes: number;
}

const DEFAULT_SILENCE_SECONDS = 300;
const DEFAULT_MEMORY_MIB = 4096;
/** /proc counts memory in pages of this size; on machines with larger ones the limit is higher by as much. */
const PAGE_BYTES = 4096;

/**
 * The limits that the environment names: CUTSHEET_FFMPEG_SILENCE_SECONDS (300) and CUTSHEET_FFMPEG_MEMORY_MIB (4096). What
 * is no positive number counts as not set.
 */
export function ffmpegLimits(environment: NodeJS.ProcessEnv = process.env): FfmpegLimits {
	const positive = (value: string | undefined, otherwise: number) =>
		Number(value) > 0 ? Number(value) : otherwise;
	return {
		silenceSeconds: positive(environment.CUTSHEET_FFMPEG_SILENCE_SECONDS, DEFAULT_SILENCE_SECONDS),
		memoryBytes: positive(environment.CUTSHEET_FFMPEG_MEMORY_MIB, DEFAULT_MEMORY_MIB) * 2 ** 20,
	};
}

/**
 * Watches a running process by what Linux tells of it in /proc (proc(5)), and calls `exceeded` once with a sentence when
 * it goes beyond a limit. Returns how to end the watch. Where there is no /proc nothing is watched.
 */
export function watchLimits(
	pid: number,
	limits: FfmpegLimits,
	exceeded: (sentence: string) => void,
): () => void {
	let moved = -1;
	let movedAt = performance.now();
	const look = async () => {
		const [io, statm] = await Promise.all([
			readFile(`/proc/${pid}/io`, 'utf8'),
			readFile(`/proc/${pid}/statm`, 'utf8'),
		]);
		const bytes = Number(/^rchar: (\d+)/m.exec(io)![1]) + Number(/^wchar: (\d+)/m.exec(io)![1]);
		if (bytes !== moved) {
			moved = bytes;
			movedAt = performance.now();
		}
		const resident = Number(statm.split(' ')[1]) * PAGE_BYTES;
		if (resident > limits.memoryBytes) {
			return `it took ${Math.round(resident / 2 ** 20)} MiB of memory, and ${Math.round(limits.memoryBytes / 2 ** 20)} are allowed`;
		}
		if (performance.now() - movedAt > limits.silenceSeconds * 1000) {
			return `it did nothing for ${limits.silenceSeconds} s`;
		}
		return undefined;
	};
	const every = Math.min(5_000, (limits.silenceSeconds * 1000) / 4);
	const timer = setInterval(() => {
		// A process that has just ended can no longer be looked at.
		look().then(
			(sentence) => {
				if (sentence === undefined) return;
				clearInterval(timer);
				exceeded(sentence);
			},
			() => undefined,
		);
	}, every);
	timer.unref();
	return () => clearInterval(timer);
}
