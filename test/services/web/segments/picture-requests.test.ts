import { execFile } from 'node:child_process';
import { readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';
import { readTestFrameNumber, TEST_HEIGHT, TEST_WIDTH } from '../../../../services/record/test-picture.ts';
import { frameNumbers, numbers } from '../../../support/recording.ts';
import { probePackets } from '../../../support/streams.ts';
import { at, FIRST, type RecordedWorld, withRecordedWorld } from './recorded-world.ts';
import { range } from './world.ts';

const run = promisify(execFile);

let world: RecordedWorld;
withRecordedWorld(test, (made) => {
	world = made;
});

test('a frame is the picture that is shown at the time, to the millisecond', async (t) => {
	const cases: [seconds: number, frame: number][] = [
		[0, 0],
		[1.038, 25],
		[1.039, 26],
		[6, 150],
		[11.999, 299],
	];
	for (const [seconds, frame] of cases) {
		const response = await world.get(`stage/source/frame.png?at=${at(seconds).toISOString()}`);
		t.is(response.headers.get('content-type'), 'image/png');
		const luma = await decode(Buffer.from(await response.arrayBuffer()));
		t.is(readTestFrameNumber(luma, TEST_WIDTH, TEST_HEIGHT), FIRST + frame, `at ${seconds} s`);
	}
});

test('a frame is as wide as it was asked for, and never wider than it is', async (t) => {
	for (const [asked, width] of [
		[320, 320],
		[333, 333],
		[2000, 640],
	] as const) {
		const response = await world.get(`stage/source/frame.jpg?at=${at(1).toISOString()}&width=${asked}`);
		t.is(response.headers.get('content-type'), 'image/jpeg');
		t.is(await widthOf(Buffer.from(await response.arrayBuffer())), width);
	}
});

test('the waveform shows the beeps of a tenth of a second at their seconds, and null in the hole', async (t) => {
	const ask = async (from: number, to: number, peaks: number) => {
		const below = `stage/source/waveform.json${range(at(from), at(to), { peaks: String(peaks) })}`;
		return (await (await world.get(below)).json()) as { max: (number | null)[]; complete: boolean };
	};
	const { max, complete } = await ask(0, 12, 120);
	t.true(complete);
	for (const [tenth, peak] of max.entries()) {
		const loud = tenth % 10 === 0;
		// At the borders of what is there the encoder's delay leaves some milliseconds of silence or nothing.
		if (tenth >= 41 && tenth < 59) t.is(peak, null, `${tenth / 10} s`);
		else if (loud && (tenth < 40 || tenth >= 60)) t.true((peak ?? 0) > 0.15, `${tenth / 10} s: ${peak}`);
		else if (tenth % 10 !== 1 && tenth % 10 !== 9) t.true((peak ?? 0) < 0.05, `${tenth / 10} s: ${peak}`);
	}
	const fine = await ask(2.9, 3.2, 300);
	const begin = fine.max.findIndex((peak) => (peak ?? 0) > 0.1);
	const end = fine.max.findLastIndex((peak) => (peak ?? 0) > 0.1);
	t.true(Math.abs(begin - 100) <= 5, `begins after ${begin} ms`);
	t.true(Math.abs(end - 200) <= 5, `ends after ${end} ms`);
});

test('keyframes, pictures and the frame rate of a range are told, to the millisecond', async (t) => {
	const below = `stage/source/pictures.json${range(at(2.04), at(6.5), { all: 'true' })}`;
	const found = (await (await world.get(below)).json()) as {
		pictures: string[];
		keyframes: string[];
		holes: unknown[];
	};
	t.like(found, {
		count: 49 + 13,
		first: at(2.04).toISOString(),
		last: at(6.48).toISOString(),
		frameRate: { numerator: 25, denominator: 1 },
		constantRate: true,
		complete: true,
	});
	t.deepEqual(found.keyframes, [at(6).toISOString()]);
	t.deepEqual(found.holes, [{ start: at(4).toISOString(), end: at(6).toISOString() }]);
	t.deepEqual(
		found.pictures.slice(47, 51),
		[at(3.92), at(3.96), at(6), at(6.04)].map((date) => date.toISOString()),
	);
});

test('coverage tells the holes of every quality, and where the recording ends', async (t) => {
	const hole = { start: at(4).toISOString(), end: at(6).toISOString(), seconds: 2 };
	const after = { start: at(8).toISOString(), end: at(10).toISOString(), seconds: 2 };
	t.deepEqual(await (await world.get(`stage/coverage.json${range(at(0), at(10))}`)).json(), {
		channel: 'stage',
		start: at(0).toISOString(),
		end: at(10).toISOString(),
		qualities: [
			{
				quality: 'low',
				segments: 4,
				coveredSeconds: 8,
				holes: [after],
				first: at(0).toISOString(),
				last: at(8).toISOString(),
			},
			{
				quality: 'source',
				segments: 4,
				coveredSeconds: 8,
				holes: [hole],
				first: at(0).toISOString(),
				last: at(12).toISOString(),
			},
		],
	});
});

test('coverage is a picture too', async (t) => {
	const response = await world.get(`stage/coverage.svg${range(at(0), at(10))}`);
	t.is(response.headers.get('content-type'), 'image/svg+xml');
	const svg = await response.text();
	t.regex(svg, /<title>source: nothing from 2026-03-01T10:59:59\.000Z to 2026-03-01T11:00:01\.000Z<\/title>/);
	t.notRegex(svg, /style=|<script/);
});

test('a cut is a download of exactly the pictures of the range, in any container', async (t) => {
	for (const [container, type, ending] of [
		['mp4', 'video/mp4', 'mp4'],
		['matroska', 'video/x-matroska', 'mkv'],
		['mpegts', 'video/mp2t', 'ts'],
	] as const) {
		const query = range(at(0.4), at(3.2), { container, title: 'Ähm "x"/..\\y' });
		const response = await world.get(`stage/source/cut${query}`);
		t.is(response.headers.get('content-type'), type);
		t.is(
			response.headers.get('content-disposition'),
			`attachment; filename="_hm x .. y.${ending}"; filename*=UTF-8''%C3%84hm%20x%20..%20y.${ending}`,
		);
		const bytes = Buffer.from(await response.arrayBuffer());
		t.is(response.headers.get('content-length'), String(bytes.length));
		const file = path.join(world.base, `cut.${ending}`);
		await writeFile(file, bytes);
		t.teardown(() => rm(file));
		t.deepEqual(await frameNumbers(file), numbers(FIRST + 10, FIRST + 80));
	}
	t.deepEqual(await readdir(world.spool), []);
});

test('a cut over a hole is refused with the seconds that are missing, unless holes are allowed', async (t) => {
	const query = range(at(3), at(7));
	const refused = await world.refusal(`stage/source/cut${query}`);
	t.is(refused.status, 404);
	t.regex(
		refused.sentence,
		/^Video is missing in .*: 2 s from 2026-03-01T10:59:59\.000Z to 2026-03-01T11:00:01\.000Z/,
	);
	const response = await world.get(`stage/source/cut${query}&allow_holes=true&container=mpegts`);
	const file = path.join(world.base, 'holes.ts');
	await writeFile(file, Buffer.from(await response.arrayBuffer()));
	t.teardown(() => rm(file));
	t.deepEqual(await frameNumbers(file), [
		...numbers(FIRST + 75, FIRST + 100),
		...numbers(FIRST + 150, FIRST + 175),
	]);
});

test('the preview of a join shows the end of one range, the transition, and the beginning of the next', async (t) => {
	const times = { end: at(3).toISOString(), start: at(8).toISOString() };
	const seen = async (more: Record<string, string>) => {
		const response = await world.get(`stage/source/join.mp4?${new URLSearchParams({ ...times, ...more })}`);
		t.is(response.status, 200);
		const file = path.join(world.base, `join-${Math.random()}.mp4`);
		await writeFile(file, Buffer.from(await response.arrayBuffer()));
		t.teardown(() => rm(file));
		const packets = await probePackets(file);
		t.true(packets.some(({ type }) => type === 'audio'));
		return await smallFrameNumbers(file);
	};
	const hard = await seen({ around: '1' });
	t.deepEqual(hard, [...numbers(FIRST + 50, FIRST + 75), ...numbers(FIRST + 200, FIRST + 225)]);
	// The wipe covers the second half of the first range by that of the second; before and after it is as it was.
	const wiped = await seen({ around: '1', kind: 'wipeleft', seconds: '0.4' });
	t.is(wiped.length, 60);
	t.deepEqual(wiped.slice(0, 25), numbers(FIRST + 40, FIRST + 65));
	t.deepEqual(wiped.slice(35), numbers(FIRST + 210, FIRST + 235));
});

async function decode(image: Buffer, filter = 'null'): Promise<Buffer> {
	const args = ['-v', 'error', '-i', 'pipe:0', '-vf', filter, '-f', 'rawvideo', '-pix_fmt', 'gray', 'pipe:1'];
	const running = run('ffmpeg', args, { encoding: 'buffer', maxBuffer: 1 << 26 });
	running.child.stdin?.end(image);
	return (await running).stdout;
}

async function widthOf(image: Buffer): Promise<number> {
	const running = run('ffprobe', [
		'-v',
		'error',
		'-show_entries',
		'stream=width',
		'-of',
		'csv=p=0',
		'-i',
		'pipe:0',
	]);
	running.child.stdin?.end(image);
	return Number((await running).stdout);
}

/** The frame numbers in small pictures of the test stream. */
async function smallFrameNumbers(file: string): Promise<(number | undefined)[]> {
	const size = `scale=${TEST_WIDTH}:${TEST_HEIGHT}`;
	const args = ['-v', 'error', '-i', file, '-map', '0:v', '-fps_mode', 'passthrough', '-vf', size];
	const { stdout } = await run('ffmpeg', [...args, '-f', 'rawvideo', '-pix_fmt', 'gray', '-'], {
		encoding: 'buffer',
		maxBuffer: 1 << 28,
	});
	const pixels = TEST_WIDTH * TEST_HEIGHT;
	return Array.from({ length: stdout.length / pixels }, (_, n) =>
		readTestFrameNumber(stdout.subarray(n * pixels, (n + 1) * pixels), TEST_WIDTH, TEST_HEIGHT),
	);
}
