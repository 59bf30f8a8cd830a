import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';
import { findFfmpeg } from '../../../cutter/cut/encode/ffmpeg.ts';
import { makeThumbnail, type Thumbnail, ThumbnailError } from '../../../cutter/thumbnail/make-thumbnail.ts';
import { readImageHead, thumbnailArguments } from '../../../cutter/thumbnail/plan-thumbnail.ts';
import {
	readTestFrameNumber,
	TEST_HEIGHT,
	TEST_WIDTH,
	testFrameNumber,
} from '../../../services/record/test-picture.ts';
import { recordTestStream } from '../../support/recording.ts';
import { makeSource } from '../../support/streams.ts';

const run = promisify(execFile);
const START = new Date('2026-03-01T12:00:00.000Z');
const at = (seconds: number) => new Date(START.getTime() + seconds * 1000);
const FIRST = testFrameNumber(START.getTime());

let folder: string;
let template: string;
let tools: Parameters<typeof makeThumbnail>[3];

test.before(async () => {
	folder = await mkdtemp(join(tmpdir(), 'cutsheet-thumbnail-'));
	const { ffmpeg } = await findFfmpeg();
	tools = { store: await recordTestStream(folder, START, 6), ffmpeg };
	template = join(folder, 'template.png');
	// Green, with a hole of 320 × 180 at 20, 30 to look through.
	const hole = 'if(between(X,20,339)*between(Y,30,209),0,255)';
	const filter = `color=lime:s=400x300:d=1,format=rgba,geq=r=0:g=255:b=0:a='${hole}'`;
	await run(ffmpeg, ['-v', 'error', '-f', 'lavfi', '-i', filter, '-frames:v', '1', template]);
});

test.after.always(() => rm(folder, { recursive: true, force: true }));

/** The samples of an image: red, green, blue. */
async function pixels(file: string, filter = 'null', format = 'rgb24'): Promise<Buffer> {
	const args = ['-v', 'error', '-i', file, '-vf', filter, '-f', 'rawvideo', '-pix_fmt', format, '-'];
	const { stdout } = await run('ffmpeg', args, { encoding: 'buffer', maxBuffer: 1 << 26 });
	return stdout;
}

async function frameIn(file: string, filter = 'null'): Promise<number | undefined> {
	const scaled = `${filter},scale=${TEST_WIDTH}:${TEST_HEIGHT}`;
	return readTestFrameNumber(await pixels(file, scaled, 'gray'), TEST_WIDTH, TEST_HEIGHT);
}

let made = 0;
async function make(thumbnail: Thumbnail, format: 'jpeg' | 'png' = 'jpeg'): Promise<string> {
	const output = join(folder, `made-${made++}.${format}`);
	await makeThumbnail(thumbnail, output, format, tools);
	return output;
}

test('a frame is the picture that is shown at the time, to the millisecond', async (t) => {
	const cases: [seconds: number, frame: number][] = [
		[0, 0],
		[1.038, 25],
		[1.039, 26],
		[1.999, 50],
		[5.99, 149],
	];
	for (const [seconds, frame] of cases)
		t.is(await frameIn(await make({ kind: 'frame', at: at(seconds) })), FIRST + frame, `at ${seconds} s`);
	t.is(await frameIn(await make({ kind: 'frame', at: at(2.5) }, 'png')), FIRST + 62);
});

test('a frame lies beneath a template, where and as large as it was asked for', async (t) => {
	const position = { x: 20, y: 30, width: 320, height: 180 };
	const file = await make({ kind: 'template', at: at(2.2), template, position }, 'png');
	t.like(readImageHead(await readFile(file)), { format: 'png', width: 400, height: 300 });
	t.is(await frameIn(file, 'crop=320:180:20:30'), FIRST + 55);
	const rgb = await pixels(file);
	const at400 = (x: number, y: number) => [...rgb.subarray((y * 400 + x) * 3, (y * 400 + x) * 3 + 3)];
	t.deepEqual(at400(5, 5), [0, 255, 0]);
	t.deepEqual(at400(19, 100), [0, 255, 0]);
	t.deepEqual(at400(340, 100), [0, 255, 0]);
	t.notDeepEqual(at400(25, 35), [0, 255, 0]);
});

test('of the frame only the crop is taken', async (t) => {
	// The lower half of the picture holds all of its blocks: twice as high, they are as wide as before.
	const crop = { x: 0, y: TEST_HEIGHT / 2, width: TEST_WIDTH, height: TEST_HEIGHT / 2 };
	const position = { x: 20, y: 30, width: 320, height: 180 };
	const file = await make({ kind: 'template', at: at(1), template, crop, position }, 'png');
	t.is(await frameIn(file, 'crop=320:180:20:30'), FIRST + 25);
});

test('an uploaded image becomes JPEG or PNG of its own size', async (t) => {
	const jpeg = await make({ kind: 'frame', at: at(1) });
	const png = await make({ kind: 'image', image: jpeg }, 'png');
	t.like(readImageHead(await readFile(png)), { format: 'png', width: TEST_WIDTH, height: TEST_HEIGHT });
	const again = await make({ kind: 'image', image: png });
	t.like(readImageHead(await readFile(again)), { format: 'jpeg', width: TEST_WIDTH, height: TEST_HEIGHT });
});

test('none makes nothing', async (t) => {
	const output = join(folder, 'none.jpg');
	t.false(await makeThumbnail({ kind: 'none' }, output, 'jpeg', tools));
	t.false((await readdir(folder)).includes('none.jpg'));
});

test('what cannot be made is told in a sentence, and leaves no file', async (t) => {
	const playlist = join(folder, 'playlist.png');
	await writeFile(playlist, '#EXTM3U\n#EXTINF:1,\n/etc/passwd\n');
	const outside = { x: 600, y: 0, width: 100, height: 100 };
	const cases: [Thumbnail, RegExp][] = [
		[{ kind: 'frame', at: at(60) }, /^There is no video at 2026-03-01T12:01:00.000Z in .*, so no thumbnail/],
		[
			{ kind: 'template', at: at(1), template, crop: outside },
			/^The thumbnail's crop of 100 × 100 at 600, 0 reaches out of the frame, which is 640 × 360\.$/,
		],
		[
			{ kind: 'template', at: at(1), template, position: { x: -1, y: 0, width: 10, height: 10 } },
			/position of 10 × 10 at -1, 0 reaches out of the template, which is 400 × 300\.$/,
		],
		[
			{ kind: 'template', at: at(1), template, crop: { x: 0, y: 0, width: 10.5, height: 10 } },
			/whole pixels/,
		],
		[{ kind: 'template', at: at(1), template, crop: { x: 0, y: 0, width: 0, height: 10 } }, /at least one/],
		[{ kind: 'template', at: at(1), template: join(folder, 'gone.png') }, /^The template .* is not there\.$/],
		[{ kind: 'image', image: playlist }, /is no PNG or JPEG image\.$/],
		[{ kind: 'image', image: folder }, /is no file\.$/],
	];
	const place = await mkdtemp(join(folder, 'refused-'));
	for (const [thumbnail, message] of cases) {
		const output = join(place, 'refused.jpg');
		await t.throwsAsync(makeThumbnail(thumbnail, output, 'jpeg', tools), {
			instanceOf: ThumbnailError,
			message,
		});
		t.deepEqual(await readdir(place), []);
	}
});

test('a thumbnail that takes too long is given up', async (t) => {
	const output = join(folder, 'late.jpg');
	const made = makeThumbnail({ kind: 'frame', at: at(5) }, output, 'jpeg', { ...tools, timeoutMs: 1 });
	await t.throwsAsync(made, { instanceOf: ThumbnailError, message: /was not ready after 0.001 s/ });
});

test('an image that claims to be huge is refused before anybody decodes it', async (t) => {
	const bytes = Buffer.alloc(33);
	Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]).copy(bytes);
	bytes.writeUInt32BE(100_000, 16);
	bytes.writeUInt32BE(100_000, 20);
	const image = join(folder, 'huge.png');
	await writeFile(image, bytes);
	await t.throwsAsync(makeThumbnail({ kind: 'image', image }, join(folder, 'huge.jpg'), 'jpeg', tools), {
		message: /is 100000 × 100000; at most 8192 pixels a side are taken/,
	});
});

test('anamorphic pictures become square', async (t) => {
	const size = { width: 180, height: 144 };
	const filter = ['-f', 'lavfi', '-i', 'testsrc2=s=180x144:r=25:d=2,setsar=16/15'];
	const source = await makeSource({
		args: [...filter, '-c:v', 'libx264', '-preset', 'ultrafast'],
		size,
		start: START,
	});
	t.teardown(source.remove);
	const output = join(folder, 'square.png');
	await makeThumbnail({ kind: 'frame', at: at(1) }, output, 'png', { ...tools, store: source.store });
	t.like(readImageHead(await readFile(output)), { width: 192, height: 144 });
});

test('file names are arguments of their own, and never part of a filter', (t) => {
	const name = "a,b';[x]%d:c.png";
	const image = { path: name, format: 'png', width: 10, height: 10 } as const;
	const args = thumbnailArguments(image, { template: image }, { path: name, format: 'jpeg', quality: 2 });
	t.is(args.filter((word) => word === `file:${name}`).length, 3);
	t.is(args.filter((word) => word.includes(name)).length, 3);
});
