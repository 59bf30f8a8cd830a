import type { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { paintTestPicture, TEST_HEIGHT, TEST_RATE, TEST_WIDTH } from './test-picture.ts';

/** ffmpeg's arguments for a test stream whose pictures come on its stdin: H.264 with B-frames, and AAC. */
export const TEST_STREAM_ARGUMENTS = [
	...['-f', 'rawvideo', '-pix_fmt', 'yuv420p', '-video_size', `${TEST_WIDTH}x${TEST_HEIGHT}`],
	...['-framerate', String(TEST_RATE), '-i', 'pipe:0'],
	// A beep at the beginning of every second of the clock in the picture.
	...['-f', 'lavfi', '-i', 'aevalsrc=exprs=0.2*sin(2*PI*880*t)*lt(mod(t\\,1)\\,0.1):sample_rate=48000'],
	...['-map', '0:v', '-map', '1:a', '-shortest'],
	...[
		'-c:v',
		'libx264',
		'-preset',
		'veryfast',
		'-threads',
		'1',
		'-bf',
		'2',
		'-crf',
		'26',
		'-pix_fmt',
		'yuv420p',
	],
	// A keyframe every two seconds and no other.
	...['-g', String(2 * TEST_RATE), '-keyint_min', String(2 * TEST_RATE), '-sc_threshold', '0'],
	...['-c:a', 'aac', '-b:a', '64k'],
];

/** The next full second, in milliseconds since the epoch: when the first picture of a test stream is shown. */
export function nextSecond(now = Date.now()): number {
	return Math.ceil(now / 1000) * 1000;
}

/**
 * Paints picture after picture into ffmpeg's stdin, each when its time has come: the first at `begin` (milliseconds
 * since the epoch), the n-th exactly n/25 s later by the monotonic clock, so that nothing drifts. Ends when aborted.
 */
export async function playTestStream(into: Writable, begin: number, signal: AbortSignal): Promise<void> {
	const monotonicBegin = performance.now() + (begin - Date.now());
	for (let number = 0; !signal.aborted && !into.destroyed; number++) {
		const offset = (number * 1000) / TEST_RATE;
		const early = monotonicBegin + offset - performance.now();
		if (early > 0) await sleep(early, undefined, { signal }).catch(() => undefined);
		if (signal.aborted || into.destroyed) break;
		// Not into a buffer used again: the pipe may still be reading the one before.
		if (!into.write(paintTestPicture(begin + offset))) await drained(into);
	}
	into.end();
}

/** Until the stream takes more, or is closed. */
function drained(stream: Writable): Promise<void> {
	return new Promise((resolve) => {
		const done = () => {
			stream.off('drain', done).off('close', done);
			resolve();
		};
		stream.on('drain', done).on('close', done);
	});
}
