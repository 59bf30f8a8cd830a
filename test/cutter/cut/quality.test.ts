import { rm } from 'node:fs/promises';
import path from 'node:path';
import test from 'ava';
import pino from 'pino';
import { cut } from '../../../cutter/cut/cut.ts';
import { dateFromTicks } from '../../../cutter/segments/ticks.ts';
import { checkCut } from '../../support/check-cut.ts';
import { makeSource } from '../../support/streams.ts';

const tools = { ffmpeg: 'ffmpeg', ffprobe: 'ffprobe', log: pino({ level: 'silent' }) };

const size = { width: 192, height: 108 };
const lavfi = (picture: string) => ['-f', 'lavfi', '-i', `${picture}=s=${size.width}x${size.height}:r=25`];

/** What is hard to encode: noise that moves; and detail as of nature, in motion, under the grain of a camera or in the dark. */
const pictures = {
	'moving noise': [...lavfi('testsrc2'), '-vf', 'noise=alls=40:allf=t,format=yuv420p'],
	'grain over fine detail': [...lavfi('mandelbrot'), '-vf', 'noise=alls=10:allf=t,format=yuv420p'],
	'detail in the dark': [
		...lavfi('mandelbrot'),
		...['-vf', 'eq=brightness=-0.3:contrast=0.3,noise=alls=6:allf=t,format=yuv420p'],
	],
};

const codecs = {
	'H.264': ['-c:v', 'libx264', '-preset', 'veryfast', '-bf', '2', '-g', '50', '-sc_threshold', '0'],
	HEVC: [
		'-c:v',
		'libx265',
		'-preset',
		'superfast',
		'-x265-params',
		'log-level=error:keyint=50:min-keyint=50:scenecut=0:open-gop=0:bframes=2',
	],
};

// One after the other: each starts several ffmpeg, and a machine has few cores.
for (const [codec, encoding] of Object.entries(codecs))
	for (const [name, picture] of Object.entries(pictures))
		test.serial(
			`each re-encoded picture is like the source's, in edges and in full: ${codec}, ${name}`,
			async (t) => {
				const source = await makeSource({ args: [...picture, '-t', '6', ...encoding], size });
				t.teardown(source.remove);
				const file = path.join(source.folder, 'out.ts');
				// In mid-group at both ends.
				const wall = (number: number) => source.pictures[number]!.wall;
				const ranges = [{ start: wall(20), end: wall(130) }];
				const dates = ranges.map(({ start, end }) => ({
					start: dateFromTicks(start),
					end: dateFromTicks(end),
				}));
				for (const mode of ['smart', 'full'] as const) {
					const request = { store: source.store, ranges: dates, allowHoles: false, mode };
					const report = await cut(request, file, tools);
					t.is(report.modeUsed, mode);
					await checkCut(t, file, report, { source, ranges, copies: mode === 'smart' });
					await rm(file);
				}
			},
		);
