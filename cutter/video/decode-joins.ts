import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { FfmpegStoppedError, startFfmpeg } from '../cut/encode/ffmpeg.ts';
import { PACKET_SIZE } from '../cut/mpegts/packet.ts';
import { writeTables } from '../cut/mpegts/tables.ts';
import type { StreamScan } from './scan-stream.ts';

export interface DecodeTools {
	ffmpeg: string;
	signal?: AbortSignal | undefined;
	/** Told how many pictures are decoded. */
	onPictures?: (count: number) => void;
}

/** What a decoder said. */
export interface Decoding {
	pictures: number;
	/** Its distinct complaints, without addresses and numbers. */
	complaints: string[];
}

/**
 * Decodes the windows of a transport stream, all in one ffmpeg: each begins at a clean start, so one may follow the other.
 * Where the next one begins the times jump, and ffmpeg's demuxer may say so; what counts is what the decoder says.
 */
export async function decodeWindows(
	file: string,
	{ programme, windows }: Pick<StreamScan, 'programme' | 'windows'>,
	tools: DecodeTools,
): Promise<Decoding> {
	const { pat, pmt } = writeTables(programme, programme.video?.pid ?? 0);
	async function* bytes() {
		yield Buffer.concat([pat, pmt]);
		for (const { start, end } of windows)
			yield* createReadStream(file, { start, end: end - 1, highWaterMark: 1024 * PACKET_SIZE });
	}
	return await decode(bytes(), tools);
}

/** Decodes segments of the source one after the other. */
export async function decodeSegments(paths: readonly string[], tools: DecodeTools): Promise<Decoding> {
	async function* bytes() {
		for (const path of paths) yield* createReadStream(path);
	}
	return await decode(bytes(), tools);
}

async function decode(
	bytes: AsyncIterable<Buffer>,
	{ ffmpeg, signal, onPictures }: DecodeTools,
): Promise<Decoding> {
	const args = [
		...['-hide_banner', '-loglevel', 'repeat+error', '-progress', 'pipe:1', '-f', 'mpegts', '-i', 'pipe:0'],
		// In ticks: counted in pictures of the mean rate, two of a higher rate would fall on one time, and be complained of.
		...['-map', '0:v:0', '-fps_mode', 'passthrough', '-enc_time_base:v', '1:90000', '-f', 'null', '-'],
	];
	const running = startFfmpeg(ffmpeg, args, { signal });
	// ffmpeg may have closed its input, after an error: `finished` tells.
	const feeding = pipeline(Readable.from(bytes), running.stdin).catch(() => {});
	let pictures = 0;
	for await (const line of createInterface({ input: running.stdout })) {
		const [key, value] = line.split('=');
		if (key !== 'frame') continue;
		pictures = Number(value);
		onPictures?.(pictures);
	}
	await feeding;
	const log = await running.finished.catch((error: unknown) => {
		signal?.throwIfAborted();
		// Says something about this machine, and nothing about the file.
		if (error instanceof FfmpegStoppedError) throw error;
		return error instanceof Error ? error.message : String(error);
	});
	return {
		pictures,
		complaints: [
			...new Set(
				log
					.split('\n')
					.map(withoutNumbers)
					.filter((line) => line !== ''),
			),
		],
	};
}

/** A line of ffmpeg's without what differs each time: addresses, positions, times. */
function withoutNumbers(line: string): string {
	return line
		.replaceAll(/ @ 0x[0-9a-f]+/g, '')
		.replaceAll(/-?\d+/g, 'N')
		.trim();
}
