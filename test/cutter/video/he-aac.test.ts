import path from 'node:path';
import test from 'ava';
import pino from 'pino';
import { dateFromTicks } from '../../../cutter/segments/ticks.ts';
import type { Container } from '../../../cutter/upload/container.ts';
import { makeVideo } from '../../../cutter/video/make-video.ts';
import { judgeSource, judgeVideo } from '../../support/judge.ts';
import { makeSource, testPicture } from '../../support/streams.ts';
import { probeJson } from './probe.ts';

const tools = { ffmpeg: 'ffmpeg', ffprobe: 'ffprobe', log: pino({ level: 'silent' }) };

const rows = [
	{ name: 'version 1', file: 'he-v1.aac', profile: 'HE-AAC' },
	{ name: 'version 2', file: 'he-v2.aac', profile: 'HE-AACv2' },
];

for (const { name, file: sound, profile } of rows)
	test(`HE-AAC is cut to the nearest frame, as long as at the rate of its core: ${name}`, async (t) => {
		const fixture = new URL(`../../support/sounds/${sound}`, import.meta.url).pathname;
		const encoding = ['-c:v', 'libx264', '-preset', 'veryfast', '-g', '25', '-bf', '2', '-c:a', 'copy'];
		const source = await makeSource({
			args: [...testPicture({ seconds: 3 }), '-i', fixture, '-map', '0', '-map', '1', ...encoding, '-t', '3'],
			segmentSeconds: 1,
		});
		t.teardown(source.remove);
		const judged = await judgeSource(source);
		const outputs: [Container, string, number, number][] = [
			['mpegts', 'out.ts', 12, 63],
			['mp4', 'out.mp4', 7, 71],
			// So short that ffprobe itself would tell the beginning of the sound as that of the pictures.
			['matroska', 'out.mkv', 26, 29],
		];
		for (const [container, output, from, to] of outputs) {
			const ranges = [{ start: source.pictures[from]!.wall, end: source.pictures[to]!.wall }];
			const file = path.join(source.folder, output);
			const dates = ranges.map(({ start, end }) => ({
				start: dateFromTicks(start),
				end: dateFromTicks(end),
			}));
			const request = { store: source.store, ranges: dates, allowHoles: false, mode: 'smart' } as const;
			const report = await makeVideo({ ...request, container }, file, tools);
			t.deepEqual(report.notes, []);
			const { faults } = await judgeVideo(judged, { file, container, report, ranges });
			t.deepEqual(faults, [], container);
			const { streams, format } = await probeJson(file);
			const { profile: told, sample_rate: rate, channels } = streams[1]!;
			t.deepEqual({ told, rate, channels }, { told: profile, rate: '48000', channels: 2 }, container);
			const seconds = (to - from) / 25;
			t.true(Math.abs(Number(format.duration) - seconds) <= 0.0427, `${container}: ${format.duration}`);
		}
	});
