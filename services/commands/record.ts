import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import type { Logger } from 'pino';
import { findFfmpeg } from '../../cutter/cut/encode/ffmpeg.ts';
import type { SegmentStore } from '../../cutter/segments/store.ts';
import { storeFolder } from '../../cutter/segments/store.ts';
import { ticksFromDate } from '../../cutter/segments/ticks.ts';
import type { Config } from '../config.ts';
import { UsageError } from '../exit-codes.ts';
import { addDiskMetrics } from '../health/disk-metrics.ts';
import { type RecordObserver, recordMetrics } from '../health/record-metrics.ts';
import { addStoreMetrics, storeCheck } from '../health/store-metrics.ts';
import { type RecordingInput, recordOnce } from '../record/recorder.ts';
import { nextSecond, playTestStream, TEST_STREAM_ARGUMENTS } from '../record/test-stream.ts';
import { parseTime, type StoreOptions, storeOf, withStore } from './arguments.ts';
import { runServiceWithout } from './run-service.ts';

interface RecordOptions extends StoreOptions {
	testStream?: true;
	encode?: true;
	begin?: Date;
	once?: true;
}

const HELP = `
Examples:
  cutsheet record rtmp://ingest.example.org/live/stage
  cutsheet record --encode -- -f v4l2 -i /dev/video0 -f alsa -i default
  cutsheet record --begin 2026-05-01T12:00:00Z evening.mp4
  cutsheet record --test-stream

A source is copied as it is: it should be H.264 with AAC or similar, with a keyframe every two seconds or so. --encode
makes that of anything. Words after -- are ffmpeg's own for the input, -i included.`;

/** How long to wait before an input that ended is opened again. */
const AGAIN_AFTER_MS = 2_000;

/** `cutsheet record`: writes an input of ffmpeg into the segment store. */
export function define(command: Command): void {
	withStore(command)
		.description('Record a stream into the segment store, in segments of two seconds, until stopped.')
		.argument(
			'[input...]',
			"the stream's address or file; or, after --, ffmpeg's own words for the input; else record.input is recorded",
		)
		.option('--test-stream', 'record a generated picture with a clock and a frame number instead')
		.option('--encode', 'encode the input as H.264 and AAC, with a keyframe every two seconds')
		.option('--begin <time>', 'the time of the first picture, for a file that was recorded then', parseTime)
		.option('--once', 'end when the input ends, instead of opening it again')
		.addHelpText('after', HELP)
		.action(record);
}

async function record(words: string[], options: RecordOptions): Promise<void> {
	await runServiceWithout('record', options, async ({ config, log: serviceLog, signal, health, started }) => {
		const source = chosenSource(words, options, config.record);
		const store = storeOf(options, config);
		const { ffmpeg } = await findFfmpeg();
		const log = serviceLog.child({ channel: store.channel, quality: store.quality });
		const observer = recordMetrics(health);
		health.needs('segments', storeCheck(store));
		addStoreMetrics(health.metrics, store);
		addDiskMetrics(health.metrics, { segments: store.base });
		log.info(`Recording into ${storeFolder(store)}`);
		started();
		const once = options.once ?? options.begin !== undefined;
		await keepRecording(store, source, { ffmpeg, log, signal, observer }, once);
	});
}

/** Records again and again until stopped: an input that breaks off comes back. `once`: until it ends. */
async function keepRecording(
	store: SegmentStore,
	source: () => RecordingInput,
	tools: { ffmpeg: string; log: Logger; signal: AbortSignal; observer: RecordObserver },
	once: boolean,
): Promise<void> {
	const { observer } = tools;
	let end: number | undefined;
	while (!tools.signal.aborted) {
		const recording = await recordOnce(store, source(), { ...tools, onSegment: observer.segment }, end).catch(
			(error: unknown) => {
				if (once || !isOfSystem(error)) throw error;
				tools.log.error({ err: error }, 'Nothing can be recorded now; trying again');
			},
		);
		if (recording === undefined) {
			await sleep(AGAIN_AFTER_MS, undefined, { signal: tools.signal }).catch(() => undefined);
			continue;
		}
		end = recording.end ?? end;
		const { segments, exitCode, complaints } = recording;
		if (tools.signal.aborted) break;
		if (once) {
			if (exitCode === 0 && segments > 0) break;
			throw new Error(`The input could not be recorded to its end. ffmpeg says: ${complaints.join(' / ')}`);
		}
		tools.log.warn({ segments, exitCode, complaints }, 'The input ended; opening it again');
		observer.reopened();
		await sleep(AGAIN_AFTER_MS, undefined, { signal: tools.signal }).catch(() => undefined);
	}
	tools.log.info('Recording has ended');
}

/** Whether the system says that something cannot be done: a disk, a process or a file descriptor may be had later. */
function isOfSystem(error: unknown): boolean {
	return error instanceof Error && 'syscall' in error;
}

/** What is typed wins over what the configuration says. */
function chosenSource(
	typed: string[],
	options: RecordOptions,
	configured: Config['record'],
): () => RecordingInput {
	const words = typed.length > 0 || options.testStream ? typed : [configured.input ?? []].flat();
	const encode = options.encode ?? (typed.length === 0 && configured.encode);
	if (options.testStream) {
		if (words.length > 0) throw new UsageError('Either an input or --test-stream, not both.');
		return () => testStream(options.begin?.getTime());
	}
	if (words.length === 0)
		throw new UsageError(
			'Say what to record: an address or file, --test-stream, or record.input in the configuration.',
		);
	if (words.length > 1 && !words.includes('-i')) {
		throw new UsageError(
			`ffmpeg's own words for an input need -i in front of its address: ${words.join(' ')}`,
		);
	}
	const begin = options.begin && ticksFromDate(options.begin);
	const input = words.length === 1 ? ['-i', words[0]!] : words;
	return () => ({ arguments: [...input, ...(encode ? ENCODE : COPY)], begin });
}

function testStream(chosenBegin: number | undefined): RecordingInput {
	const begin = chosenBegin ?? nextSecond();
	return {
		arguments: TEST_STREAM_ARGUMENTS,
		begin: ticksFromDate(new Date(begin)),
		feed: (child, signal) => playTestStream(child.stdin!, begin, signal),
	};
}

const COPY = ['-map', '0:v?', '-map', '0:a?', '-c', 'copy'];

const ENCODE = [
	...['-map', '0:v?', '-map', '0:a?'],
	...[
		'-c:v',
		'libx264',
		'-preset',
		'veryfast',
		'-pix_fmt',
		'yuv420p',
		'-force_key_frames',
		'expr:gte(t,n_forced*2)',
	],
	...['-c:a', 'aac', '-b:a', '160k'],
];
