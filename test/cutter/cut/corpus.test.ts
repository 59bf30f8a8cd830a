import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import pino from 'pino';
import { cut } from '../../../cutter/cut/cut.ts';
import { dateFromTicks } from '../../../cutter/segments/ticks.ts';
import { checkCut } from '../../support/check-cut.ts';
import {
	makeSource,
	type Source,
	type SourceOptions,
	testPicture,
	testSound,
} from '../../support/streams.ts';

const tools = { ffmpeg: 'ffmpeg', ffprobe: 'ffprobe', log: pino({ level: 'silent' }) };

interface Row extends SourceOptions {
	/** Copied pictures begin nowhere: all is re-encoded. */
	neverCopies?: boolean;
	isCra?: boolean;
}

const SECONDS = 8;
const picture = (rate = '25') => testPicture({ rate, seconds: SECONDS });
const sound = (rate = 48000) => testSound({ rate, seconds: SECONDS });
const x264 = (...more: string[]) => ['-c:v', 'libx264', '-preset', 'veryfast', ...more];
const x265 = (params: string) => [
	'-c:v',
	'libx265',
	'-preset',
	'ultrafast',
	'-x265-params',
	`log-level=error:${params}`,
];
const aac = ['-c:a', 'aac', '-b:a', '64k'];

/** Sources of all kinds, eight seconds each. */
const rows: Record<string, Row> = {
	'H.264 without B-frames': { args: [...picture(), ...sound(), ...x264('-g', '50', '-bf', '0'), ...aac] },
	'H.264 with a pyramid of B-frames': {
		args: [...picture(), ...sound(), ...x264('-g', '50', '-bf', '4', '-b_strategy', '0'), ...aac],
	},
	'H.264 in open groups of pictures': {
		args: [...picture(), ...sound(), ...x264('-g', '25', '-bf', '2', '-x264-params', 'open-gop=1'), ...aac],
		segmentSeconds: 3,
		neverCopies: true,
	},
	'H.264 in groups as long as the stream, cut anywhere': {
		args: [...picture(), ...sound(), ...x264('-g', '500', '-bf', '2'), ...aac],
		muxer: ['-break_non_keyframes', '1'],
	},
	'H.264 that is refreshed gradually, without any keyframe but the first': {
		args: [...picture(), ...sound(), ...x264('-g', '50', '-x264-params', 'intra-refresh=1'), ...aac],
		neverCopies: true,
	},
	'Main profile': {
		args: [...picture(), ...sound(), ...x264('-g', '50', '-profile:v', 'main', '-level', '3.1'), ...aac],
	},
	'Baseline profile': {
		args: [...picture(), ...sound(), ...x264('-g', '50', '-profile:v', 'baseline'), ...aac],
	},
	'4:2:2 with ten bits': {
		args: [...picture(), ...sound(), ...x264('-g', '50', '-pix_fmt', 'yuv422p10le'), ...aac],
	},
	'pictures without loss': { args: [...picture(), ...sound(), ...x264('-g', '50', '-qp', '0'), ...aac] },
	'interlaced, top field first': {
		args: [
			...testPicture({ size: '160x96', rate: '50', seconds: SECONDS }),
			...sound(),
			...['-vf', 'interlace', '-flags', '+ildct+ilme'],
			...x264('-g', '50', '-bf', '2'),
			...aac,
		],
		size: { width: 160, height: 96 },
	},
	'29.97 pictures per second': { args: [...picture('30000/1001'), ...sound(), ...x264('-g', '60'), ...aac] },
	'50 pictures per second': { args: [...picture('50'), ...sound(), ...x264('-g', '100'), ...aac] },
	'59.94 pictures per second': { args: [...picture('60000/1001'), ...sound(), ...x264('-g', '120'), ...aac] },
	'a variable rate': {
		args: [
			...picture('30'),
			...sound(),
			...['-vf', "select='not(between(mod(n,10),3,5)+eq(mod(n,17),2))'", '-fps_mode', 'vfr'],
			...x264('-g', '40', '-bf', '3'),
			...aac,
		],
	},
	'colours of BT.709 in full range': {
		args: [
			...picture(),
			...sound(),
			...x264('-g', '50', '-colorspace', 'bt709', '-color_primaries', 'bt709', '-color_trc', 'bt709'),
			...['-color_range', 'pc', ...aac],
		],
	},
	'sound of 44.1 kHz, mono': { args: [...picture(), ...sound(44100), ...x264('-g', '50'), ...aac] },
	'sound of 24 kHz, as HE-AAC says of its core': {
		args: [...picture(), ...sound(24000), ...x264('-g', '50'), ...aac],
	},
	'sound in 5.1 channels': {
		args: [...picture(), ...sound(), ...x264('-g', '50'), '-ac', '6', '-c:a', 'aac'],
	},
	'MP3 sound': {
		args: [...picture(), ...sound(44100), ...x264('-g', '50'), '-c:a', 'libmp3lame', '-b:a', '96k'],
	},
	'AC-3 sound': { args: [...picture(), ...sound(), ...x264('-g', '50'), '-c:a', 'ac3'] },
	'E-AC-3 sound': { args: [...picture(), ...sound(), ...x264('-g', '50'), '-c:a', 'eac3'] },
	'Opus sound': { args: [...picture(), ...sound(), ...x264('-g', '50'), '-c:a', 'libopus', '-b:a', '64k'] },
	'DTS sound': {
		args: [...picture(), ...sound(), ...x264('-g', '50'), '-c:a', 'dca', '-strict', '-2', '-b:a', '384k'],
	},
	'no sound': { args: [...picture(), ...x264('-g', '50')] },
	'a clock that wraps around': {
		args: [...picture(), ...sound(), ...x264('-g', '50', '-bf', '2'), ...aac, '-output_ts_offset', '95438.6'],
	},
	'a clock that begins anew in each segment': {
		args: [...picture(), ...sound(), ...x264('-g', '50', '-bf', '2'), ...aac],
		muxer: ['-reset_timestamps', '1'],
	},
	'segments of one second': {
		args: [...picture(), ...sound(), ...x264('-g', '25'), ...aac],
		segmentSeconds: 1,
	},
	'segments of five seconds': {
		args: [...picture(), ...sound(), ...x264('-g', '25'), ...aac],
		segmentSeconds: 5,
	},
	'segments and groups of ten seconds': {
		args: [
			...testPicture({ rate: '25', seconds: 30 }),
			...testSound({ rate: 48000, seconds: 30 }),
			...x264('-g', '250', '-keyint_min', '250', '-sc_threshold', '0', '-bf', '2'),
			...aac,
		],
		segmentSeconds: 10,
	},
	'60 pictures per second in 4:4:4': {
		args: [...picture('60'), ...sound(), ...x264('-g', '120', '-pix_fmt', 'yuv444p'), ...aac],
	},
	HEVC: { args: [...picture(), ...sound(), ...x265('keyint=50:bframes=3:open-gop=0'), ...aac] },
	'HEVC in open groups of pictures': {
		args: [...picture(), ...sound(), ...x265('keyint=50:bframes=3:open-gop=1'), ...aac],
		neverCopies: true,
	},
	'HEVC whose keyframes are CRA pictures without leading ones': {
		args: [...picture(), ...sound(), ...x265('keyint=50:bframes=0:open-gop=1'), ...aac],
		isCra: true,
	},
	'HEVC with ten bits': {
		args: [...picture(), ...x265('keyint=50:bframes=3:open-gop=0'), '-pix_fmt', 'yuv420p10le'],
	},
};

for (const [name, row] of Object.entries(rows)) {
	// One after the other: each starts several ffmpeg, and a machine has few cores.
	test.serial(`every cut is exact: ${name}`, async (t) => {
		const source = await makeSource(row);
		const folder = await mkdtemp(path.join(tmpdir(), 'cutsheet-corpus-'));
		t.teardown(async () => {
			await source.remove();
			await rm(folder, { recursive: true, force: true });
		});
		for (const [number, bounds] of cutPoints(source).entries()) {
			const file = path.join(folder, `${number}.ts`);
			await cutPictures(t, source, bounds, file, row);
		}
	});
}

async function cutPictures(
	t: ExecutionContext,
	source: Source,
	bounds: readonly [number, number][],
	file: string,
	{ neverCopies = false, isCra = false }: Row,
): Promise<void> {
	const wall = (number: number) => source.pictures[number]?.wall ?? source.pictures.at(-1)!.wall + 1000;
	const ranges = bounds.map(([from, to]) => ({ start: wall(from), end: wall(to) }));
	const dates = ranges.map(({ start, end }) => ({ start: dateFromTicks(start), end: dateFromTicks(end) }));
	const report = await cut(
		{ store: source.store, ranges: dates, allowHoles: false, mode: 'smart' },
		file,
		tools,
	);
	t.is(report.modeUsed, 'smart');
	await checkCut(t, file, report, { source, ranges, copies: true, neverCopies, isCra });
}

/** On, before and after keyframes; on the edges of segments; inside one segment and inside one group of pictures. */
function cutPoints({ pictures }: Source): [number, number][][] {
	const keys = pictures.flatMap((picture, number) => (picture.isKey ? [number] : []));
	const edges = pictures.flatMap((picture, number) =>
		number > 0 && picture.segment !== pictures[number - 1]!.segment ? [number] : [],
	);
	const [first, second] = [
		keys[1] ?? edges[0] ?? 30,
		keys.at(-1)! > 40 ? keys.at(-1)! : pictures.length - 30,
	];
	return [
		[[first - 1, second + 1]],
		[[first + 1, second - 1]],
		[
			[first, second],
			[first + 3, first + 9],
			[edges[0] ?? 12, edges[1] ?? pictures.length - 20],
			[second + 5, second + 8],
		],
	];
}
