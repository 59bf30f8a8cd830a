import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import anyTest, { type ExecutionContext, type TestFn } from 'ava';
import pino from 'pino';
import {
	type CutReport,
	type CutRequest,
	cut,
	type Transition,
	TransitionError,
} from '../../../cutter/cut/cut.ts';
import { dateFromTicks } from '../../../cutter/segments/ticks.ts';
import { type BlendedCut, checkBlend } from '../../support/check-blend.ts';
import { makeSource, type Source, type SourceOptions, testPicture } from '../../support/streams.ts';

const test = anyTest as TestFn<{ source: Source; folder: string }>;
const tools = { ffmpeg: 'ffmpeg', ffprobe: 'ffprobe', log: pino({ level: 'silent' }) };

const SECONDS = 8;
const LOW = 440;
const HIGH = 1000;
/** From the fourth second on the picture is another, and the tone is higher. */
const HALF = SECONDS / 2;
const picture = (rate = '25', size = '160x90') => testPicture({ rate, size, seconds: SECONDS });
const other = (...more: string[]) => ['-vf', [`negate=enable='gte(t,${HALF})'`, ...more].join(',')];
const tones = (rate = 48000) => [
	...['-f', 'lavfi', '-i'],
	`aevalsrc='0.3*sin(2*PI*if(lt(t,${HALF}),${LOW},${HIGH})*t)':s=${rate}:d=${SECONDS}`,
];
const x264 = (...more: string[]) => ['-c:v', 'libx264', '-preset', 'veryfast', ...more];
const x265 = (params: string) => [
	...['-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params', `log-level=error:${params}`],
];
const aac = ['-c:a', 'aac', '-b:a', '96k'];

test.before(async (t) => {
	const args = [...picture(), ...tones(), ...other(), ...x264('-g', '50', '-bf', '2'), ...aac];
	t.context.source = await makeSource({ args });
	t.context.folder = await mkdtemp(path.join(tmpdir(), 'cutsheet-transitions-'));
});

test.after.always(async (t) => {
	await t.context.source?.remove();
	await rm(t.context.folder, { recursive: true, force: true });
});

let made = 0;

/** Cuts from picture to picture (the second one excluded), with transitions of whole pictures, and checks everything. */
async function blend(
	t: ExecutionContext<{ folder: string }>,
	expected: Omit<BlendedCut, 'transitions' | 'copies'> & { kinds: (string | null)[] },
	options: Partial<CutRequest> = {},
): Promise<{ file: string; report: CutReport }> {
	const { source, bounds, overlaps, kinds } = expected;
	const wall = (number: number) => source.pictures[number]?.wall ?? source.pictures.at(-1)!.wall + 3600;
	const transitions = kinds.map((kind, join): Transition => {
		const end = bounds[join]![1];
		return kind === null ? null : { kind, seconds: (wall(end) - wall(end - overlaps[join]!)) / 90_000 };
	});
	const file = path.join(t.context.folder, `${made++}.ts`);
	const request: CutRequest = {
		store: source.store,
		ranges: bounds.map(([from, to]) => ({ start: dateFromTicks(wall(from)), end: dateFromTicks(wall(to)) })),
		...{ transitions, allowHoles: false, mode: 'smart', ...options },
	};
	const report = await cut(request, file, tools);
	t.is(report.modeUsed, request.mode);
	t.deepEqual(report.notes, []);
	await checkBlend(t, file, report, { ...expected, transitions, copies: request.mode === 'smart' });
	return { file, report };
}

// Keyframes are the pictures 0, 50, 100, …
const cases: Record<string, Pick<BlendedCut, 'bounds' | 'overlaps'> & { kinds: (string | null)[] }> = {
	'a second of fade, in the middle of groups of pictures': {
		...{
			bounds: [
				[20, 90],
				[112, 190],
			],
			kinds: ['fade'],
			overlaps: [25],
		},
	},
	'one picture, wiped from a keyframe to a keyframe': {
		...{
			bounds: [
				[0, 50],
				[150, 200],
			],
			kinds: ['wipeleft'],
			overlaps: [1],
		},
	},
	'the whole of the first range, which slides away': {
		...{
			bounds: [
				[30, 60],
				[110, 190],
			],
			kinds: ['slideup'],
			overlaps: [30],
		},
	},
	'the whole of the second range, in a circle': {
		...{
			bounds: [
				[10, 98],
				[120, 150],
			],
			kinds: ['circleopen'],
			overlaps: [30],
		},
	},
	'both ranges whole': {
		bounds: [
			[60, 80],
			[120, 140],
		],
		kinds: ['radial'],
		overlaps: [20],
	},
	'three ranges, of which the middle one is blended at both its ends, and then a hard cut': {
		bounds: [
			[130, 180],
			[20, 70],
			[101, 160],
			[5, 30],
		],
		kinds: ['dissolve', 'hblur', null],
		overlaps: [10, 20, 0],
	},
	'a middle range of which nothing is shown alone': {
		...{
			bounds: [
				[20, 60],
				[110, 130],
				[60, 98],
			],
			kinds: ['fadeblack', 'pixelize'],
			overlaps: [12, 8],
		},
	},
};

for (const [name, expected] of Object.entries(cases)) {
	test(`smart cut blends ${name}`, async (t) => {
		await blend(t, { ...expected, source: t.context.source });
	});
}

test('full cut blends three ranges', async (t) => {
	await blend(
		t,
		{
			source: t.context.source,
			bounds: [
				[20, 60],
				[130, 180],
				[70, 99],
			],
			...{ kinds: ['fade', 'wipedown'], overlaps: [20, 10] },
		},
		{ mode: 'full', fullArguments: ['-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '10', '-c:a', 'aac'] },
	);
});

for (const mode of ['smart', 'full'] as const) {
	test(`${mode} cut fades one sound out while the other fades in, without a click`, async (t) => {
		const expected = {
			bounds: [
				[10, 90],
				[110, 190],
			],
			kinds: ['fade'],
			overlaps: [50],
		} as const;
		const { file } = await blend(t, { source: t.context.source, ...expected, kinds: ['fade'] }, { mode });
		const samples = await decodeSound(file);
		// The pictures 40 to 90 are blended, so that is 1.2 s to 3.2 s of the output.
		for (const part of [0.2, 0.5, 0.8]) {
			const around = samples.subarray(...window(1.2 + 2 * part));
			t.true(Math.abs(level(around, LOW) - 0.3 * (1 - part)) < 0.02, `the first tone fades out at ${part}`);
			t.true(Math.abs(level(around, HIGH) - 0.3 * part) < 0.02, `the second tone fades in at ${part}`);
		}
		t.true(level(samples.subarray(...window(3.3)), HIGH) > 0.28, 'behind the blend the second is whole');
		t.true(level(samples.subarray(...window(1.1)), LOW) > 0.28, 'before it the first is');
		let steepest = 0;
		for (let n = 48_000; n < 4 * 48_000; n++)
			steepest = Math.max(steepest, Math.abs(samples[n]! - samples[n - 1]!));
		t.true(
			steepest < 1.15 * 0.3 * 2 * Math.sin((Math.PI * HIGH) / 48_000),
			`no step is a click (${steepest})`,
		);
	});
}

/** The samples of 0.1 s around a time. */
function window(seconds: number): [number, number] {
	return [Math.round((seconds - 0.05) * 48_000), Math.round((seconds + 0.05) * 48_000)];
}

/** The amplitude of a tone. */
function level(samples: Float32Array, frequency: number): number {
	let [real, imaginary] = [0, 0];
	for (const [n, sample] of samples.entries()) {
		const angle = (2 * Math.PI * frequency * n) / 48_000;
		real += sample * Math.cos(angle);
		imaginary += sample * Math.sin(angle);
	}
	return (2 * Math.hypot(real, imaginary)) / samples.length;
}

async function decodeSound(file: string): Promise<Float32Array> {
	const args = [
		'-v',
		'error',
		'-i',
		file,
		'-map',
		'0:a',
		'-ac',
		'1',
		'-ar',
		'48000',
		'-f',
		'f32le',
		'pipe:1',
	];
	const { stdout } = await promisify(execFile)('ffmpeg', args, { encoding: 'buffer', maxBuffer: 1 << 28 });
	return new Float32Array(stdout.buffer.slice(stdout.byteOffset, stdout.byteOffset + stdout.length));
}

/** Sources of other kinds, with the number of pictures in a second. */
const rows: Record<string, SourceOptions & { rate: number; uneven?: boolean }> = {
	'29.97 pictures per second and sound of 44.1 kHz': {
		args: [...picture('30000/1001'), ...tones(44100), ...other(), ...x264('-g', '60', '-bf', '3'), ...aac],
		rate: 30,
	},
	'50 pictures per second, without sound': {
		args: [...picture('50'), ...other(), ...x264('-g', '100', '-bf', '2')],
		rate: 50,
	},
	'HEVC with B-frames': {
		args: [...picture(), ...tones(), ...other(), ...x265('keyint=50:bframes=3:open-gop=0'), ...aac],
		rate: 25,
	},
	'HEVC whose keyframes are CRA pictures': {
		args: [...picture(), ...tones(), ...other(), ...x265('keyint=50:bframes=0:open-gop=1'), ...aac],
		rate: 25,
	},
	'interlaced pictures and MP3 sound': {
		args: [
			...[...picture('50', '160x96'), ...tones(), ...other('interlace'), '-flags', '+ildct+ilme'],
			...[...x264('-g', '50', '-bf', '2'), '-c:a', 'libmp3lame'],
		],
		size: { width: 160, height: 96 },
		rate: 25,
	},
	'4:2:2 with ten bits and AC-3 sound': {
		args: [
			...picture(),
			...tones(),
			...other(),
			...x264('-g', '50', '-pix_fmt', 'yuv422p10le'),
			'-c:a',
			'ac3',
		],
		rate: 25,
	},
	'full range and Opus sound': {
		args: [
			...picture(),
			...tones(),
			...other(),
			...x264('-g', '50', '-pix_fmt', 'yuvj420p'),
			'-c:a',
			'libopus',
		],
		rate: 25,
	},
	'a variable rate': {
		args: [
			...[...picture('30'), ...tones()],
			...other("select='not(between(mod(n,10),3,5)+eq(mod(n,17),2))'"),
			...['-fps_mode', 'vfr', ...x264('-g', '40', '-bf', '3'), ...aac],
		],
		...{ rate: 20, uneven: true },
	},
};

for (const [name, { rate, uneven = false, ...options }] of Object.entries(rows)) {
	test(`smart cut blends ${name}`, async (t) => {
		const source = await makeSource(options);
		t.teardown(source.remove);
		const at = (seconds: number) => Math.round(seconds * rate);
		await blend(t, {
			...{ source, uneven, kinds: ['fade'], overlaps: [at(0.8)] },
			bounds: [
				[at(0.6), at(3.4)],
				[at(4.28), at(7.2)],
			],
		});
	});
}

test('a transition that does not fit its ranges, or is of no kind, is refused', async (t) => {
	const { source, folder } = t.context;
	const wall = (number: number) => dateFromTicks(source.pictures[number]!.wall);
	const ranges = [
		{ start: wall(10), end: wall(60) },
		{ start: wall(100), end: wall(120) },
	];
	const refused: [Transition[], RegExp][] = [
		[[{ kind: 'fade', seconds: 0.9 }], /Range 2 lasts 0\.8 s, less than the transitions/],
		[
			[{ kind: 'fade=1;movie', seconds: 0.1 }],
			/no transition of the kind "fade=1;movie"\. There are: fade, /,
		],
		[[{ kind: 'fade', seconds: 0 }], /must last longer/],
		[[null, null], /one transition for each of the 1 joins/],
	];
	for (const [transitions, message] of refused) {
		const request = { store: source.store, ranges, transitions, allowHoles: false, mode: 'smart' as const };
		await t.throwsAsync(cut(request, path.join(folder, 'refused.ts'), tools), {
			instanceOf: TransitionError,
			message,
		});
	}
});

test('where a hole leaves too little for a transition, the join is a hard cut, with a note', async (t) => {
	const args = [...picture(), ...tones(), ...x264('-g', '25', '-bf', '2'), ...aac];
	const source = await makeSource({ args, leaveOut: [1] });
	t.teardown(source.remove);
	const wall = (number: number) => dateFromTicks(source.pictures[number]!.wall);
	const ranges = [
		{ start: wall(20), end: wall(108) },
		{ start: wall(130), end: wall(190) },
	];
	const file = path.join(t.context.folder, 'hole.ts');
	const transitions = [{ kind: 'fade', seconds: 1 }];
	const report = await cut(
		{ store: source.store, ranges, transitions, allowHoles: true, mode: 'smart' },
		file,
		tools,
	);
	t.true(
		report.notes.some((note) => /after range 1 became a hard cut: there is not enough video/.test(note)),
	);
	t.is(report.pictures, 30 + 8 + 60);
});
