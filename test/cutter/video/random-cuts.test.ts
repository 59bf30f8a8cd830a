import path from 'node:path';
import test from 'ava';
import pino from 'pino';
import { dateFromTicks } from '../../../cutter/segments/ticks.ts';
import { makeVideo } from '../../../cutter/video/make-video.ts';
import { judgeSource, judgeVideo } from '../../support/judge.ts';
import { randomCuts } from '../../support/random-cuts.ts';
import { makeSource, testPicture, testSound } from '../../support/streams.ts';

const tools = { ffmpeg: 'ffmpeg', ffprobe: 'ffprobe', log: pino({ level: 'silent' }) };
const ENDINGS = { mpegts: 'ts', mp4: 'mp4', matroska: 'mkv' };
const SEED = 4;

test('cuts at random places, of two sounds, across the wrap of the clock, show and sound what the source does there', async (t) => {
	const source = await makeSource({
		args: [
			...[...testPicture({ rate: '30000/1001', seconds: 6 }), ...testSound({ seconds: 6 })],
			...['-f', 'lavfi', '-i', 'sine=f=700:r=44100:d=6', '-map', '0', '-map', '1', '-map', '2'],
			...['-c:v', 'libx264', '-preset', 'veryfast', '-g', '45', '-bf', '3', '-x264-params', 'slices=2'],
			...['-c:a:0', 'aac', '-c:a:1', 'ac3', '-output_ts_offset', '95440.1'],
		],
	});
	t.teardown(source.remove);
	const judged = await judgeSource(source);
	t.is(judged.frames.length, source.pictures.length);
	const wall = (number: number) => source.pictures[number]!.wall;
	for (const [n, { bounds, ...how }] of randomCuts(SEED, 5, source.pictures.length).entries()) {
		const label = `cut ${n}: ${how.mode} ${how.container} ${JSON.stringify(bounds)}`;
		const ranges = bounds.map(([from, to]) => ({ start: wall(from), end: wall(to) }));
		const dates = ranges.map(({ start, end }) => ({ start: dateFromTicks(start), end: dateFromTicks(end) }));
		const file = path.join(source.folder, `${n}.${ENDINGS[how.container]}`);
		const report = await makeVideo(
			{ store: source.store, ranges: dates, allowHoles: false, ...how },
			file,
			tools,
		);
		t.is(report.modeUsed, how.mode, label);
		const overlaps = report.ranges.map(({ blended }) => blended);
		const leastSsim = how.mode === 'full' ? 0.9 : 0.98;
		const made = { file, container: how.container, report, ranges, overlaps, leastSsim };
		const { faults } = await judgeVideo(judged, made);
		t.deepEqual(faults, [], label);
	}
});
