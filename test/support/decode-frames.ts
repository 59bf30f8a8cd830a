import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { findFfmpeg } from '../../cutter/cut/ffmpeg.ts';
import { readTestFrameNumber, TEST_HEIGHT, TEST_WIDTH } from '../../services/record/test-picture.ts';

/** Decodes a video of the test stream and reads the frame number out of the pixels of each picture, in order. */
export async function decodeFrameNumbers(file: string): Promise<(number | undefined)[]> {
	const { ffmpeg } = await findFfmpeg();
	const words = [
		'-v',
		'error',
		'-i',
		file,
		'-f',
		'rawvideo',
		'-pix_fmt',
		'gray',
		'-vsync',
		'passthrough',
		'pipe:1',
	];
	const { stdout } = await promisify(execFile)(ffmpeg, words, { encoding: 'buffer', maxBuffer: 2 ** 29 });
	const size = TEST_WIDTH * TEST_HEIGHT;
	return Array.from({ length: stdout.length / size }, (_, index) =>
		readTestFrameNumber(stdout.subarray(index * size, (index + 1) * size), TEST_WIDTH, TEST_HEIGHT),
	);
}

/** The whole numbers from `first` up to but not including `end`. */
export function numbers(first: number, end: number): number[] {
	return Array.from({ length: end - first }, (_, index) => first + index);
}
