import { FfmpegError, startFfmpeg } from './ffmpeg.ts';

const PICTURE = ['-f', 'lavfi', '-i', 'color=size=64x64:rate=25', '-f', 'lavfi', '-i', 'anullsrc'];

/**
 * Tries ffmpeg's arguments for encoding on a few black pictures and silence, so that a mistake in the configuration is found
 * when a cutter starts and not at the first video. Rejects with a sentence that holds ffmpeg's own.
 */
export async function checkFullArguments(ffmpeg: string, encoderArguments: readonly string[]): Promise<void> {
	const words = [
		'-hide_banner',
		'-nostdin',
		'-loglevel',
		'error',
		...PICTURE,
		'-t',
		'0.2',
		...encoderArguments,
	];
	const running = startFfmpeg(ffmpeg, [...words, '-f', 'mpegts', '-y', '/dev/null']);
	running.stdin.end();
	await running.finished.catch((error: unknown) => {
		const says = error instanceof FfmpegError ? error.log.trim().split('\n').at(0) : String(error);
		throw new Error(`ffmpeg does not take the arguments “${encoderArguments.join(' ')}”: ${says}`);
	});
}
