import { access, cp, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import pino from 'pino';
import { type CutRequest, cut, HoleError, SegmentError } from '../../../cutter/cut/cut.ts';
import { dateFromTicks } from '../../../cutter/segments/ticks.ts';
import { checkCut } from '../../support/check-cut.ts';
import {
	decodeLuma,
	makeSource,
	probePackets,
	probeStreams,
	type Source,
	type SourceOptions,
	testPicture,
	testSound,
} from '../../support/streams.ts';

const tools = { ffmpeg: 'ffmpeg', ffprobe: 'ffprobe', log: pino({ level: 'silent' }) };

// Pictures 0 to 199 at 25 per second; a keyframe and a segment every 50.
const encoding = ['-c:v', 'libx264', '-preset', 'veryfast', '-g', '50', '-bf', '2', '-c:a', 'aac'];
const plain = { args: [...testPicture({ seconds: 8 }), ...testSound({ seconds: 8 }), ...encoding] };

/** A source, and a function that cuts it from picture to picture. */
async function setUp(t: ExecutionContext, options: SourceOptions) {
	const source = await makeSource(options);
	const folder = await mkdtemp(path.join(tmpdir(), 'cutsheet-trouble-'));
	t.teardown(async () => {
		await source.remove();
		await rm(folder, { recursive: true, force: true });
	});
	const file = path.join(folder, 'out.ts');
	const cutPictures = (
		from: number,
		to: number,
		more: Partial<CutRequest> & { signal?: AbortSignal } = {},
	) => {
		const { signal, ...request } = more;
		const range = { start: dateFromTicks(wallOf(source, from)), end: dateFromTicks(wallOf(source, to)) };
		return cut(
			{ store: source.store, ranges: [range], allowHoles: false, mode: 'smart', ...request },
			file,
			signal === undefined ? tools : { ...tools, signal },
		);
	};
	return { source, file, cutPictures };
}

function wallOf({ pictures }: Source, number: number): number {
	return pictures[number]?.wall ?? pictures.at(-1)!.wall + 3600;
}

async function packetsOf(file: string): Promise<Buffer[]> {
	const bytes = await readFile(file);
	return Array.from({ length: bytes.length / 188 }, (_, n) => bytes.subarray(n * 188, n * 188 + 188));
}

/** With the time of its arrival before it. */
function asM2ts(packet: Buffer): Buffer[] {
	return [Buffer.alloc(4), packet];
}

function exists(file: string): Promise<boolean> {
	return access(file).then(
		() => true,
		() => false,
	);
}

test('a missing segment is an error that names the missing seconds, and leaves no file', async (t) => {
	const { file, cutPictures } = await setUp(t, { ...plain, leaveOut: [2] });
	const error = await t.throwsAsync(cutPictures(30, 180), { instanceOf: HoleError });
	t.regex(error.message, /2 s from 2026-03-01T11:00:02\.000Z to 2026-03-01T11:00:04\.000Z/);
	t.false(await exists(file));
});

for (const mode of ['smart', 'full'] as const)
	test(`where holes are allowed, the gap is closed and the join is clean: ${mode}`, async (t) => {
		const { source, file, cutPictures } = await setUp(t, { ...plain, leaveOut: [2] });
		const report = await cutPictures(30, 180, { allowHoles: true, mode });
		t.is(report.notes.length, 1);
		t.regex(report.notes[0]!, /2 s from/);
		const ranges = [
			{ start: wallOf(source, 30), end: wallOf(source, 100) },
			{ start: wallOf(source, 150), end: wallOf(source, 180) },
		];
		await checkCut(t, file, report, { source, ranges, copies: mode === 'smart' });
	});

test('a range without any video is refused even where holes are allowed', async (t) => {
	const { source, file, cutPictures } = await setUp(t, { ...plain, leaveOut: [2] });
	const late = { start: new Date('2026-03-02T00:00:00Z'), end: new Date('2026-03-02T00:00:01Z') };
	const error = await t.throwsAsync(cutPictures(0, 1, { ranges: [late], allowHoles: true }), {
		instanceOf: HoleError,
	});
	t.regex(error.message, /no video at all from 2026-03-02T00:00:00\.000Z/);
	const inHole = { start: dateFromTicks(wallOf(source, 110)), end: dateFromTicks(wallOf(source, 140)) };
	await t.throwsAsync(cutPictures(0, 1, { ranges: [inHole], allowHoles: true }), { instanceOf: HoleError });
	t.false(await exists(file));
});

test('pictures whose keyframe is missing are a hole: refused, or left out with a note', async (t) => {
	const args = [
		...testPicture({ seconds: 8 }),
		'-c:v',
		'libx264',
		'-preset',
		'veryfast',
		'-g',
		'100',
		'-bf',
		'2',
	];
	const { source, file, cutPictures } = await setUp(t, {
		args,
		muxer: ['-break_non_keyframes', '1'],
		leaveOut: [0],
	});
	const firstThere = source.pictures.findIndex((picture) => picture.segment === 1);
	const error = await t.throwsAsync(cutPictures(firstThere + 2, 180), { instanceOf: HoleError });
	t.regex(error.message, /keyframe/);
	const report = await cutPictures(firstThere + 2, 180, { allowHoles: true });
	t.regex(report.notes[0]!, /keyframe/);
	const ranges = [{ start: wallOf(source, 100), end: wallOf(source, 180) }];
	await checkCut(t, file, report, { source, ranges, copies: true });
});

test('the full segment of a lost connection may end in mid-packet: its last picture is left out', async (t) => {
	const { file, cutPictures } = await setUp(t, {
		...plain,
		leaveOut: [3],
		damage: async (name, number) => {
			if (number === 2) await truncate(name, (await readFile(name)).length - 100);
		},
	});
	const report = await cutPictures(60, 150);
	t.true(report.pictures === 89 || report.pictures === 90);
	t.is((await decodeLuma([file], 160, 90)).length, report.pictures);
});

test('a segment that lacks packets is re-encoded, with a note that names it', async (t) => {
	const { file, cutPictures } = await setUp(t, {
		...plain,
		damage: async (name, number) => {
			if (number !== 2) return;
			const bytes = await readFile(name);
			const middle = Math.floor(bytes.length / 376) * 188;
			await writeFile(name, Buffer.concat([bytes.subarray(0, middle), bytes.subarray(middle + 188)]));
		},
	});
	const report = await cutPictures(30, 180);
	t.regex(report.notes.join(), /The segment .*-full-.*\.ts lacks packets .* re-encoded/);
	t.is(report.pictures, 150);
	t.is((await decodeLuma([file], 160, 90)).length, 150);
});

test('a segment in which the clock begins anew is refused by its name, as nothing says what its pictures are', async (t) => {
	let following = Buffer.alloc(0);
	const { cutPictures } = await setUp(t, {
		...plain,
		muxer: ['-reset_timestamps', '1'],
		damage: async (name, number) => {
			if (number === 0) following = await readFile(name);
			if (number === 2) await writeFile(name, Buffer.concat([await readFile(name), following]));
		},
	});
	const error = await t.throwsAsync(cutPictures(60, 180), { instanceOf: SegmentError });
	t.regex(error.message, /00:02\.000000-.*-full-.*\.ts has a clock that jumps by -1\.9 s among its pictures/);
	t.is((await cutPictures(5, 40)).pictures, 35);
});

test('bytes that belong to no packet cost no picture: what they stand in is re-encoded', async (t) => {
	const { source, file, cutPictures } = await setUp(t, {
		...plain,
		damage: async (name, number) => {
			const bytes = await readFile(name);
			const middle = Math.floor(bytes.length / 376) * 188;
			const garbage = Buffer.alloc(77, 7);
			if (number === 1) await writeFile(name, Buffer.concat([garbage, bytes]));
			if (number === 2)
				await writeFile(name, Buffer.concat([bytes.subarray(0, middle), garbage, bytes.subarray(middle)]));
		},
	});
	const report = await cutPictures(30, 180);
	t.is(
		report.notes.filter((note) => /has lost its packet rhythm at byte \d+\. .* re-encoded/.test(note)).length,
		2,
	);
	const ranges = [{ start: wallOf(source, 30), end: wallOf(source, 180) }];
	await checkCut(t, file, report, { source, ranges, copies: true, neverCopies: true });
});

test('packets of another size are refused with a word on what to do', async (t) => {
	const { cutPictures } = await setUp(t, {
		...plain,
		damage: async (name) => await writeFile(name, Buffer.concat((await packetsOf(name)).flatMap(asM2ts))),
	});
	await t.throwsAsync(cutPictures(30, 180), {
		instanceOf: SegmentError,
		message: /192 bytes long \(M2TS\); convert it: ffmpeg/,
	});
});

for (const mode of ['smart', 'full'] as const)
	test(`where sound was lost it is silent, which is said, and no broken frame is heard: ${mode}`, async (t) => {
		const { source, file, cutPictures } = await setUp(t, {
			...plain,
			damage: async (name, number) => {
				const packets = await packetsOf(name);
				const sound = packets.filter((packet) => (packet.readUInt16BE(1) & 0x1fff) === 0x101);
				const middle = sound.length >> 1;
				const lost = new Set(number === 1 ? sound.slice(middle, middle + 6) : []);
				if (number === 2) sound[middle]![1]! |= 0x80;
				await writeFile(name, Buffer.concat(packets.filter((packet) => !lost.has(packet))));
			},
		});
		const report = await cutPictures(30, 180, { mode });
		t.is(report.pictures, 150);
		t.regex(report.notes.at(-1)!, /lacks \d\.\d\d s of sound in 2 places, the first at 2026-03-01T11:00:0/);
		if (mode === 'full') return;
		const known = new Set(source.audio.map(({ hash }) => hash));
		const sound = (await probePackets(file)).filter((packet) => packet.type === 'audio');
		t.deepEqual(
			sound.filter(({ hash }) => !known.has(hash)),
			[],
		);
		t.true(sound.every(({ pts }, n) => n === 0 || pts >= sound[n - 1]!.pts + 1919));
	});

test('a segment that is no transport stream is an error that names it', async (t) => {
	const { file, cutPictures } = await setUp(t, {
		...plain,
		damage: async (name, number) => {
			if (number === 2) await writeFile(name, Buffer.alloc(10_000, 'not a stream'));
		},
	});
	const error = await t.throwsAsync(cutPictures(30, 180), { instanceOf: SegmentError });
	t.regex(error.message, /The segment .*\.ts /);
	t.false(await exists(file));
});

test('where the parameters of the codec change, what follows is re-encoded to those before', async (t) => {
	const { source, file, cutPictures } = await setUp(t, plain);
	const other = await makeSource({
		args: [...testPicture({ seconds: 4, size: '320x180' }), ...testSound({ seconds: 4 }), ...encoding],
		start: dateFromTicks(wallOf(source, 200)),
	});
	t.teardown(other.remove);
	await cp(other.store.base, source.store.base, { recursive: true });
	const end = dateFromTicks(wallOf(other, 60));
	const range = { start: dateFromTicks(wallOf(source, 120)), end };
	const report = await cutPictures(0, 1, { ranges: [range] });
	t.is(report.pictures, 140);
	t.regex(report.notes.join(), /parameters change .* re-encoded/);
	t.is((await decodeLuma([file], 160, 90)).length, 140);
	const video = (await probePackets(file)).filter((packet) => packet.type === 'video');
	t.is(new Set(video.map((packet) => packet.pts)).size, 140);
});

test('a full cut over a change of size, of aspect and of the sound makes all alike, in range and in blend', async (t) => {
	const { source, file, cutPictures } = await setUp(t, plain);
	const sound = testSound({ rate: 44_100, seconds: 4 });
	const other = await makeSource({
		args: [...testPicture({ seconds: 4, size: '320x240' }), ...sound, '-vf', 'setsar=4/3', ...encoding],
		start: dateFromTicks(wallOf(source, 200)),
	});
	t.teardown(other.remove);
	await cp(other.store.base, source.store.base, { recursive: true });
	const at = (of: Source, number: number) => dateFromTicks(wallOf(of, number));
	const across = { start: at(source, 170), end: at(other, 30) };
	const ranges = [across, { start: at(other, 40), end: at(other, 80) }];
	const transitions = [{ kind: 'fade', seconds: 0.4 }];
	const report = await cutPictures(0, 1, { mode: 'full', ranges, transitions });
	t.is(report.pictures, 90);
	t.regex(report.notes.join(), /was made to fit 160 × 90: its pictures are 320 × 240 with samples of 4:3/);
	t.is((await decodeLuma([file], 160, 90)).length, 90);
	const packets = (await probePackets(file)).filter((packet) => packet.type === 'audio');
	t.true(Math.abs(packets.at(-1)!.pts + 1920 - packets[0]!.pts - 90 * 3600) <= 2 * 1920);
});

test('a full cut fits HEVC pictures of another aspect, told in their parameter sets alone', async (t) => {
	const x265 = ['-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params', 'log-level=error:keyint=50'];
	const { source, file, cutPictures } = await setUp(t, { args: [...testPicture({ seconds: 8 }), ...x265] });
	const other = await makeSource({
		args: [...testPicture({ seconds: 4 }), '-vf', 'setsar=16/11', ...x265],
		start: dateFromTicks(wallOf(source, 200)),
	});
	t.teardown(other.remove);
	await cp(other.store.base, source.store.base, { recursive: true });
	const at = (of: Source, number: number) => dateFromTicks(wallOf(of, number));
	const ranges = [
		{ start: at(source, 170), end: at(other, 30) },
		{ start: at(source, 10), end: at(source, 30) },
		{ start: at(other, 40), end: at(other, 80) },
	];
	const transitions = [{ kind: 'fade', seconds: 0.4 }, null];
	const report = await cutPictures(0, 1, { mode: 'full', ranges, transitions });
	t.is(report.pictures, 110);
	t.regex(report.notes.join(), /was made to fit 160 × 90: its pictures are 160 × 90 with samples of 16:11/);
	t.is((await decodeLuma([file], 160, 90)).length, 110);
	t.is((await probeStreams(file))[0]!.sample_aspect_ratio, '1:1');
});

test('where the sound becomes of another kind, all is re-encoded, and none of it is silent', async (t) => {
	const { source, file, cutPictures } = await setUp(t, plain);
	const other = await makeSource({
		args: [...testPicture({ seconds: 4 }), ...testSound({ rate: 44_100, seconds: 4 }), ...encoding],
		start: dateFromTicks(wallOf(source, 200)),
	});
	t.teardown(other.remove);
	await cp(other.store.base, source.store.base, { recursive: true });
	const end = dateFromTicks(wallOf(other, 60));
	const report = await cutPictures(0, 1, { ranges: [{ start: dateFromTicks(wallOf(source, 120)), end }] });
	t.is(report.modeUsed, 'full');
	t.regex(report.notes.at(-1)!, /All of it was re-encoded: from .* on the sound is of another kind/);
	t.is(report.pictures, 140);
	const sound = (await probePackets(file)).filter((packet) => packet.type === 'audio');
	t.true(Math.abs(sound.at(-1)!.pts + 1920 - sound[0]!.pts - 140 * 3600) <= 2 * 1920);
	t.true(sound.every(({ pts }, n) => n === 0 || Math.abs(pts - sound[n - 1]!.pts - 1920) <= 1));
});

test('where all is re-encoded in the end, nothing is said of the part that was to be before', async (t) => {
	const { source, file, cutPictures } = await setUp(t, {
		...plain,
		damage: async (name, number) => {
			if (number !== 2) return;
			const bytes = await readFile(name);
			const middle = Math.floor(bytes.length / 376) * 188;
			await writeFile(name, Buffer.concat([bytes.subarray(0, middle), bytes.subarray(middle + 188)]));
		},
	});
	const other = await makeSource({
		args: [...testPicture({ seconds: 4 }), ...testSound({ rate: 44_100, seconds: 4 }), ...encoding],
		start: dateFromTicks(wallOf(source, 200)),
	});
	t.teardown(other.remove);
	await cp(other.store.base, source.store.base, { recursive: true });
	const ranges = [{ start: dateFromTicks(wallOf(source, 30)), end: dateFromTicks(wallOf(other, 60)) }];
	const report = await cutPictures(0, 1, { ranges });
	t.is(report.modeUsed, 'full');
	t.is(report.notes.filter((note) => note.includes('re-encoded')).length, 1, report.notes.join(' '));
	t.regex(report.notes.join(), /All of it was re-encoded: from .* on the sound is of another kind/);
	t.is((await decodeLuma([file], 160, 90)).length, report.pictures);
});

test('sound without pictures is cut to the nearest frame', async (t) => {
	const source = await makeSource({
		args: [...testSound({ seconds: 8 }), '-c:a', 'aac'],
	});
	t.teardown(source.remove);
	const file = path.join(source.folder, 'out.ts');
	const start = new Date('2026-03-01T10:59:59.500Z');
	const end = new Date('2026-03-01T11:00:03.250Z');
	const request = { store: source.store, ranges: [{ start, end }], allowHoles: false };
	// An encoder of AAC begins with a frame of its own.
	for (const [mode, more] of [
		['smart', 0],
		['full', 1920],
	] as const) {
		const done: number[] = [];
		const onProgress = (fraction: number) => done.push(fraction);
		const report = await cut({ ...request, mode }, file, { ...tools, onProgress });
		t.is(report.pictures, 0);
		const sound = await probePackets(file);
		const length = sound.at(-1)!.pts + 1920 - sound[0]!.pts;
		t.true(Math.abs(length - more - 3.75 * 90_000) <= 1920, `${mode}: ${length}`);
		// ffmpeg counts from its first report on, which for so little may be its last.
		t.true(done.length > 0 && done.every((fraction) => fraction >= 0 && fraction <= 1), `${mode}: ${done}`);
	}
});

test('an abort ends the cut at once, and no file is left', async (t) => {
	const { file, cutPictures } = await setUp(t, plain);
	const reason = new Error('cancelled');
	const controller = new AbortController();
	const cutting = cutPictures(60, 190, { mode: 'full', signal: controller.signal });
	controller.abort(reason);
	t.is(await t.throwsAsync(cutting), reason);
	t.false(await exists(file));
});

test('re-encoded pictures keep what the stream says of itself', async (t) => {
	const more = ['-profile:v', 'main', '-level', '4.1', '-colorspace', 'bt709', '-color_primaries', 'bt709'];
	const { source, file, cutPictures } = await setUp(t, {
		args: [...plain.args, ...more, '-color_trc', 'bt709'],
	});
	await cutPictures(60, 70);
	const keys = [
		'codec_name',
		'profile',
		'level',
		'width',
		'height',
		'pix_fmt',
		'color_space',
		'color_primaries',
	];
	keys.push('color_transfer', 'field_order', 'r_frame_rate', 'sample_aspect_ratio');
	const [before, after] = await Promise.all([probeStreams(source.files[1]!), probeStreams(file)]);
	for (const key of keys) t.is(after[0]![key], before[0]![key], key);
});
