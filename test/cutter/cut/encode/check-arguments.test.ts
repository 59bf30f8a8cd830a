import test from 'ava';
import { checkFullArguments } from '../../../../cutter/cut/encode/check-arguments.ts';
import { findFfmpeg } from '../../../../cutter/cut/encode/ffmpeg.ts';
import { DEFAULT_FULL_ARGUMENTS } from '../../../../cutter/cut/full.ts';

test('arguments that ffmpeg takes pass, others are refused with ffmpeg’s own words', async (t) => {
	const { ffmpeg } = await findFfmpeg();
	await t.notThrowsAsync(checkFullArguments(ffmpeg, DEFAULT_FULL_ARGUMENTS));
	await t.throwsAsync(checkFullArguments(ffmpeg, ['-c:v', 'libx265000']), {
		message: /“-c:v libx265000”: .*libx265000/,
	});
});
