import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { indexSegment, type SegmentIndex } from '../../cutter/cut/mpegts/segment-index.ts';
import type { SegmentName } from '../../cutter/segments/name.ts';
import type { SegmentStore } from '../../cutter/segments/store.ts';
import { dateFromTicks, ticksFromDate } from '../../cutter/segments/ticks.ts';
import { recordingFolder, storeSegment } from '../../cutter/segments/write.ts';
import { killAtExit } from './kill-at-exit.ts';
import { anchor, type RecordedTimes, recordedTimes } from './segment-times.ts';

const SEGMENT_SECONDS = 2;

/** Where pictures come at a varying rate, one may be shown for this long (ticks); after more, video is missing. */
const LONGEST_PICTURE = 2 * 90_000;

export interface RecordingInput {
	/** ffmpeg's arguments for the input and its encoders, `-i` included. */
	arguments: string[];
	/** Wall time of the first picture in 90 kHz ticks; undefined: now, judged by when the first segment is complete. */
	begin: number | undefined;
	/** Feeds ffmpeg's stdin when the pictures come from us. Resolves when there are no more. */
	feed?: (child: ChildProcess, signal: AbortSignal) => Promise<void>;
}

export interface RecorderTools {
	ffmpeg: string;
	log: Logger;
	/** Aborted to stop: what is unfinished then becomes a partial segment. */
	signal: AbortSignal;
	/** Told of every segment that was stored. */
	onSegment?: (segment: { path: string } & Omit<SegmentName, 'hash'>) => void;
}

/** What one run of ffmpeg came to. */
export interface Recording {
	segments: number;
	/** ffmpeg's exit code; null when a signal ended it. */
	exitCode: number | null;
	/** The last lines that ffmpeg said. */
	complaints: string[];
	/** Wall time at which the recording ends, in ticks; undefined when nothing was recorded. */
	end: number | undefined;
}

/**
 * Runs ffmpeg once on an input and stores what it makes in segments of some 2 s, each beginning with a keyframe.
 *
 * A segment's start is the wall time of the first picture plus the distance on the stream's own clock, so the times do
 * not drift with rounding or with late reading. The end of a segment is exact when its pictures come at a constant rate;
 * else it is stored once the next one has begun. `notBefore` (ticks): a recording never begins before the end of the one
 * that went before. The last segment is `partial` when the recording was stopped; a damaged one is `suspect`.
 */
export async function recordOnce(
	store: SegmentStore,
	input: RecordingInput,
	tools: RecorderTools,
	notBefore = 0,
): Promise<Recording> {
	const folder = await recordingFolder(store, `${process.pid}-${Date.now()}`);
	const run = new Run(store, folder, input.begin, notBefore, tools);
	const child = spawn(tools.ffmpeg, segmenterArguments(input.arguments, folder), {
		stdio: [input.feed ? 'pipe' : 'ignore', 'pipe', 'pipe'],
		// Ctrl-C reaches the whole group; ffmpeg is to be stopped by us, once.
		detached: true,
	});
	// Where there are no more file descriptors Node makes no pipes for it either, whatever its types say.
	if ((child.stdio as unknown) === undefined) {
		const [error] = await once(child, 'error');
		await rm(folder, { recursive: true, force: true });
		throw error;
	}
	const killHard = () => child.kill('SIGKILL');
	const stop = () => {
		if (!input.feed) child.kill('SIGINT');
		setTimeout(killHard, 5_000).unref();
	};
	using _ = killAtExit(child);
	tools.signal.addEventListener('abort', stop, { once: true });
	try {
		child.stdin?.on('error', () => undefined);
		const complaints = lastLines(child, 5);
		const ended = new Promise<number | null>((resolve, reject) => {
			child.once('error', reject).once('close', resolve);
		});
		ended.catch(() => undefined);
		if (tools.signal.aborted) stop();
		const feeding = input.feed?.(child, tools.signal);
		for await (const line of createInterface({ input: child.stdout! })) {
			await run.finished(line.slice(0, line.indexOf(',')), Date.now());
		}
		const exitCode = await ended;
		await feeding;
		return { ...(await run.end(tools.signal.aborted || exitCode !== 0)), exitCode, complaints };
	} finally {
		tools.signal.removeEventListener('abort', stop);
		await rm(folder, { recursive: true, force: true });
	}
}

/** The input's arguments, then: segments of two seconds, each begun by a keyframe, and their names on stdout. */
function segmenterArguments(input: readonly string[], folder: string): string[] {
	return [
		...['-hide_banner', '-nostats', '-loglevel', 'warning', '-y'],
		...input,
		...['-f', 'segment', '-segment_format', 'mpegts', '-segment_time', String(SEGMENT_SECONDS)],
		// A keyframe that comes a little early still begins a segment: else it would be twice as long.
		...['-segment_time_delta', '0.1', '-segment_list', 'pipe:1', '-segment_list_type', 'csv'],
		path.join(folder, '%09d.ts'),
	];
}

interface RecordedFile {
	file: string;
	times: RecordedTimes;
	type: 'full' | 'suspect';
}

/** The files of one run, in order, on their way into the store. */
class Run {
	readonly #store: SegmentStore;
	readonly #folder: string;
	readonly #tools: RecorderTools;
	readonly #notBefore: number;
	/** Wall time less stream time, once it is known. */
	#offset: number | undefined;
	#begin: number | undefined;
	/** Complete, but waiting for the next one to tell its end. */
	#waiting: RecordedFile | undefined;
	/** Where the last stored file ends on the stream's clock, and in wall time. */
	#lastEnd: number | undefined;
	#storedEnd: number | undefined;
	#listed = 0;
	#stored = 0;

	constructor(
		store: SegmentStore,
		folder: string,
		begin: number | undefined,
		notBefore: number,
		tools: RecorderTools,
	) {
		this.#store = store;
		this.#folder = folder;
		this.#begin = begin;
		this.#notBefore = notBefore;
		this.#tools = tools;
	}

	/** ffmpeg has completed the file of this name, at `now` (milliseconds since the epoch). */
	async finished(name: string, now: number): Promise<void> {
		this.#listed++;
		const recorded = await this.#take(path.join(this.#folder, path.basename(name)), now);
		// After a stop any file may be the last one, which is broken off.
		if (recorded?.times.constantRate && !this.#tools.signal.aborted) {
			await this.#put(recorded, recorded.times.end, recorded.type);
		} else this.#waiting = recorded;
	}

	/**
	 * No more comes. When it was broken off, the last file is partial: the one that ffmpeg closed as it was told to stop,
	 * or that it left behind without naming it.
	 */
	async end(brokenOff: boolean): Promise<{ segments: number; end: number | undefined }> {
		const left = path.join(this.#folder, `${String(this.#listed).padStart(9, '0')}.ts`);
		const rest = await this.#take(left, Date.now());
		const last = rest ?? this.#waiting;
		// Of a run that ended by itself ffmpeg has closed every file; then only a file without a name is unfinished.
		const unfinished = rest ? brokenOff : this.#tools.signal.aborted;
		if (last) await this.#put(last, last.times.end, unfinished ? 'partial' : last.type);
		return { segments: this.#stored, end: this.#storedEnd };
	}

	/** Reads the next file, stores the one that waited for it, and finds its wall time. */
	async #take(file: string, now: number): Promise<RecordedFile | undefined> {
		const index = await this.#index(file);
		if (!index) return undefined;
		const times = recordedTimes(index, this.#waiting?.times.end ?? this.#lastEnd);
		await this.#release(times.first);
		const offset = anchor(times, {
			offset: this.#offset,
			lastEnd: this.#lastEnd,
			begin: this.#begin,
			now: ticksFromDate(new Date(now)),
			notBefore: this.#storedEnd ?? this.#notBefore,
		});
		if (this.#offset !== undefined && offset !== this.#offset) {
			this.#tools.log.warn("The stream's clock has jumped: its time is judged anew");
		}
		this.#offset = offset;
		if (index.damage) this.#tools.log.warn({ file }, `A recorded segment ${index.damage}`);
		return { file, times, type: index.damage ? 'suspect' : 'full' };
	}

	async #index(file: string): Promise<SegmentIndex | undefined> {
		try {
			const bytes = await persistently(() => readFile(file).catch(emptyWhereMissing));
			return bytes.length === 0 ? undefined : indexSegment(bytes);
		} catch (error) {
			this.#tools.log.error({ err: error }, 'A recorded file cannot be read and is left out');
			return undefined;
		}
	}

	/** Stores the file that waits for the next one, which begins at `next`: its last picture is shown until then. */
	async #release(next: number): Promise<void> {
		const waiting = this.#waiting;
		this.#waiting = undefined;
		if (!waiting) return;
		const follows = Math.abs(next - waiting.times.end) <= LONGEST_PICTURE;
		await this.#put(waiting, follows ? next : waiting.times.end, waiting.type);
	}

	async #put(
		{ file, times }: RecordedFile,
		end: number,
		type: 'full' | 'suspect' | 'partial',
	): Promise<void> {
		const start = times.first + this.#offset!;
		const duration = end - times.first;
		if (duration <= 0) return;
		const segment = { start, duration, type };
		this.#lastEnd = end;
		const stored = await persistently(() => storeSegment(this.#store, file, segment)).catch((error) => {
			// What comes after it is worth more than it: nobody can record that later.
			this.#tools.log.error({ err: error, file }, 'A recorded segment cannot be stored and is left out');
		});
		if (stored === undefined) return;
		this.#storedEnd = start + duration;
		this.#stored++;
		this.#tools.log.debug({ path: stored, start: dateFromTicks(start) }, 'Recorded');
		this.#tools.onSegment?.({ path: stored, ...segment });
	}
}

/** A disk may fail for a moment, and file descriptors run out: both are tried for less time than the next segment takes. */
async function persistently<T>(work: () => Promise<T>): Promise<T> {
	for (const pause of [100, 200, 400]) {
		try {
			return await work();
		} catch {
			await sleep(pause);
		}
	}
	return work();
}

function emptyWhereMissing(error: NodeJS.ErrnoException): Buffer {
	if (error.code !== 'ENOENT') throw error;
	return Buffer.alloc(0);
}

function lastLines(child: ChildProcess, most: number): string[] {
	const lines: string[] = [];
	createInterface({ input: child.stderr! }).on('line', (line) => {
		lines.push(line);
		if (lines.length > most) lines.shift();
	});
	return lines;
}
