import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import { storeFolder } from '../../../../cutter/segments/store.ts';
import {
	readTestFrameNumber,
	TEST_HEIGHT,
	TEST_WIDTH,
	testFrameNumber,
} from '../../../../services/record/test-picture.ts';
import { frameNumbers, numbers, recordTestStream, temporaryFolder } from '../../../support/recording.ts';
import { makeSource, probePackets, testPicture, testSound } from '../../../support/streams.ts';
import { range, type SegmentWorld, startSegments } from './world.ts';

const run = promisify(execFile);

/** Twelve seconds over the hour, without those from 4 to 6; the quality `low` has the first eight, each segment from 0 on. */
const START = new Date('2026-03-01T10:59:55.000Z');
const at = (seconds: number) => new Date(START.getTime() + seconds * 1000);
const FIRST = testFrameNumber(START.getTime());

let base: string;
let world: SegmentWorld;
const ends: (() => unknown)[] = [];

test.before(async () => {
	base = await mkdtemp(path.join(tmpdir(), 'cutsheet-segments-'));
	ends.push(() => rm(base, { recursive: true, force: true }));
	const store = await recordTestStream(base, START, 12);
	const hour = path.join(storeFolder(store), '2026-03-01T10');
	const hole = (await readdir(hour)).find((name) => name.startsWith('59:59.'))!;
	await rm(path.join(hour, hole));
	const low = await makeSource({
		args: [
			...[...testPicture({ seconds: 8 }), ...testSound({ seconds: 8 })],
			...['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '50', '-c:a', 'aac'],
		],
		muxer: ['-reset_timestamps', '1'],
		start: START,
	});
	ends.push(low.remove);
	await rename(storeFolder(low.store), path.join(base, 'stage', 'low'));
	await mkdir(path.join(base, 'empty', 'source'), { recursive: true });
	await writeFile(path.join(base, 'a-file'), '');
	await mkdir(path.join(base, '.hidden'));
	world = await startSegments({ teardown: (end) => ends.push(end) }, base, {
		templates: { broken: path.join(base, 'a-file') },
	});
});

test.after.always(async () => {
	for (const end of ends.toReversed()) await end();
});

/** A world of its own, for a test that changes what lies in the store. */
async function copyOfWorld(t: ExecutionContext): Promise<{ base: string; world: SegmentWorld }> {
	const copy = path.join(await temporaryFolder(t), 'store');
	await cp(base, copy, { recursive: true });
	return { base: copy, world: await startSegments(t, copy) };
}

async function lines(below: string): Promise<string[]> {
	const response = await world.get(below);
	if (response.status !== 200) throw new Error(await response.text());
	return (await response.text()).split('\n');
}

test('the channels are told, and how far each quality reaches', async (t) => {
	const extent = { start: at(0).toISOString(), end: at(12).toISOString() };
	t.deepEqual(await (await world.get('channels.json')).json(), {
		channels: [
			{ channel: 'empty', qualities: [{ quality: 'source', start: null, end: null }] },
			{
				channel: 'stage',
				qualities: [
					{ quality: 'low', start: extent.start, end: at(8).toISOString() },
					{ quality: 'source', ...extent },
				],
			},
		],
	});
});

test('a master playlist has every quality, with its size, rate and codecs', async (t) => {
	const text = (await lines(`stage/master.m3u8${range(at(0), at(12))}`)).join('\n');
	t.regex(
		text,
		/CODECS="avc1\.[0-9a-f]{6},mp4a\.40\.2",RESOLUTION=640x360,FRAME-RATE=25\.000,NAME="source"\nsource\/media\.m3u8\?start=/,
	);
	t.regex(text, /RESOLUTION=160x90,FRAME-RATE=25\.000,NAME="low"\nlow\/media\.m3u8\?start=/);
	const { stdout } = await run(
		'ffprobe',
		[
			'-v',
			'error',
			'-show_programs',
			'-of',
			'json',
			`${world.url}/segments/stage/master.m3u8${range(at(0), at(12))}`,
		],
		{ maxBuffer: 1 << 24 },
	);
	t.is((JSON.parse(stdout) as { programs: unknown[] }).programs.length, 2);
});

test('a past range is complete: every segment with its time, a break at the hole, an end', async (t) => {
	const text = await lines(`stage/source/media.m3u8${range(at(1), at(12))}`);
	t.deepEqual(
		text.filter((line) => /PROGRAM|DISCONT|ENDLIST|TYPE|SEQUENCE|TARGET/.test(line)),
		[
			'#EXT-X-TARGETDURATION:2',
			'#EXT-X-MEDIA-SEQUENCE:0',
			'#EXT-X-PLAYLIST-TYPE:VOD',
			`#EXT-X-PROGRAM-DATE-TIME:${at(0).toISOString()}`,
			`#EXT-X-PROGRAM-DATE-TIME:${at(2).toISOString()}`,
			'#EXT-X-DISCONTINUITY',
			...[6, 8, 10].map((seconds) => `#EXT-X-PROGRAM-DATE-TIME:${at(seconds).toISOString()}`),
			'#EXT-X-ENDLIST',
		],
	);
});

test('where the clock begins anew with every segment, players are told', async (t) => {
	const text = await lines(`stage/low/media.m3u8${range(at(0), at(8))}`);
	t.is(text.filter((line) => line === '#EXT-X-DISCONTINUITY').length, 3);
	t.is(text.filter((line) => line.startsWith('#EXTINF')).length, 4);
});

test('ffmpeg plays the playlist over the hole: all pictures that there are, in order', async (t) => {
	const url = `${world.url}/segments/stage/source/media.m3u8${range(at(0), at(12))}`;
	t.deepEqual(await frameNumbers(url), [
		...numbers(FIRST, FIRST + 100),
		...numbers(FIRST + 150, FIRST + 300),
	]);
});

test('without an end the playlist goes on; without a start it is the last minutes', async (t) => {
	const live = (await lines('stage/source/media.m3u8')).join('\n');
	t.notRegex(live, /ENDLIST|PLAYLIST-TYPE/);
	t.is(live.match(/#EXTINF/g)?.length, 5);
	t.regex(live, new RegExp(`#EXT-X-MEDIA-SEQUENCE:${START.getTime() / 1000}\n`));
	t.is((await lines('stage/source/media.m3u8')).join('\n'), live);
});

test('a segment comes whole or in part, is never stale, and is asked for only once', async (t) => {
	const [uri] = (await lines(`stage/source/media.m3u8${range(at(2), at(4))}`)).filter((line) =>
		line.endsWith('.ts'),
	);
	const below = `stage/source/${uri}`;
	const file = path.join(base, decodeURIComponent(below));
	const bytes = await readFile(file);
	const whole = await world.get(below);
	t.deepEqual(Buffer.from(await whole.arrayBuffer()), bytes);
	const header = (name: string) => whole.headers.get(name);
	t.is(header('content-type'), 'video/mp2t');
	t.is(header('content-length'), String(bytes.length));
	t.is(header('cache-control'), 'private, max-age=31536000, immutable');
	const tag = header('etag')!;
	t.is(tag, `"${/-full-(.*)\.ts$/.exec(file)?.[1]}"`);

	const part = await world.get(below, { headers: { range: 'bytes=188-375', 'if-range': tag } });
	t.is(part.status, 206);
	t.is(part.headers.get('content-range'), `bytes 188-375/${bytes.length}`);
	t.deepEqual(Buffer.from(await part.arrayBuffer()), bytes.subarray(188, 376));
	const other = await world.get(below, { headers: { range: 'bytes=0-9', 'if-range': '"other"' } });
	t.is(other.status, 200);
	t.is((await other.arrayBuffer()).byteLength, bytes.length);
	const beyond = await world.get(below, { headers: { range: `bytes=${bytes.length}-` } });
	t.is(beyond.status, 416);
	t.is(beyond.headers.get('content-range'), `bytes */${bytes.length}`);
	const nonsense = await world.get(below, { headers: { range: 'lines=1-2' } });
	t.is(nonsense.status, 200);
	const known = await world.get(below, { headers: { 'if-none-match': `"x", W/${tag}` } });
	t.is(known.status, 304);
	t.is(await known.text(), '');
	const head = await world.get(below, { method: 'HEAD' });
	t.is(head.headers.get('content-length'), String(bytes.length));
});

test('no address leads out of the store, whatever is written into it', async (t) => {
	const { base, world } = await copyOfWorld(t);
	const secret = path.join(base, '..', `${path.basename(base)}-secret`);
	await mkdir(path.join(secret, 'source', '2026-03-01T10'), { recursive: true });
	t.teardown(() => rm(secret, { recursive: true, force: true }));
	const name = '00:00.0-2.0-full-x.ts';
	const file = path.join(secret, 'source', '2026-03-01T10', name);
	await writeFile(file, 'secret');
	await symlink(secret, path.join(base, 'linked'));
	await symlink(file, path.join(base, 'stage', 'low', '2026-03-01T10', name));
	await writeFile(path.join(base, 'stage', 'low', '2026-03-01T10', '00:02.0-2.0-temp-x.ts'), 'secret');
	await writeFile(path.join(base, 'stage', 'low', '2026-03-01T10', 'notes.txt'), 'secret');
	const hour = '2026-03-01T10';
	const asked = [
		`linked/source/${hour}/${name}`,
		`stage/low/${hour}/${name}`,
		`stage/low/${hour}/00:02.0-2.0-temp-x.ts`,
		`stage/low/${hour}/notes.txt`,
		`stage/low/${hour}/..%2f..%2f..%2fa-file`,
		`..%2f${path.basename(secret)}/source/${hour}/${name}`,
		`%2e%2e/${path.basename(secret)}/source/${hour}/${name}`,
		`stage/..%2f..%2f${path.basename(secret)}%2fsource/${hour}/${name}`,
		`stage/low/2026-02-30T10/${name}`,
		`stage/low%00/${hour}/${name}`,
		`.hidden/source/${hour}/${name}`,
		`a-file/source/${hour}/${name}`,
	];
	for (const below of asked) {
		const response = await world.get(below);
		t.true([400, 404].includes(response.status), `${below}: ${response.status}`);
		t.notRegex(await response.text(), /secret$/, below);
	}
	const allowed = await startSegments(t, base, { linksTo: [secret] });
	t.is(await (await allowed.get(`linked/source/${hour}/${name}`)).text(), 'secret');
});

test('a segment with a tombstone is not there', async (t) => {
	const { base, world } = await copyOfWorld(t);
	const folder = path.join(base, 'stage', 'source', '2026-03-01T11');
	const name = (await readdir(folder)).find((one) => one.startsWith('00:05.'))!;
	const below = `stage/source/2026-03-01T11/${name}`;
	t.is((await world.get(below, { method: 'HEAD' })).status, 200);
	await writeFile(path.join(folder, `${name.slice(0, -3)}.tombstone`), '');
	t.is((await world.get(below, { method: 'HEAD' })).status, 404);
	await rm(path.join(folder, `${name.slice(0, -3)}.tombstone`));
	t.is((await world.get(below, { method: 'HEAD' })).status, 200);
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
		const file = path.join(base, `cut.${ending}`);
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
	const file = path.join(base, 'holes.ts');
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
		const file = path.join(base, `join-${Math.random()}.mp4`);
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

test('what is asked for wrongly is refused with a sentence that names the parameter', async (t) => {
	const source = 'stage/source';
	const good = range(at(0), at(12));
	const cases: [below: string, field: string | undefined][] = [
		[`${source}/media.m3u8?start=yesterday`, 'start'],
		[`${source}/media.m3u8?start=2026-02-30T10:00:00Z`, 'start'],
		[`${source}/media.m3u8?end=${at(0).toISOString()}`, 'start'],
		[`${source}/media.m3u8${range(at(1), at(1))}`, 'end'],
		[`${source}/media.m3u8${range(at(0), at(100 * 3600))}`, 'end'],
		[`${source}/media.m3u8?start=2001-01-01T00:00:00Z`, 'start'],
		[`${source}/media.m3u8${good}&start=${at(1).toISOString()}`, 'start'],
		[`${source}/media.m3u8?strat=1`, undefined],
		[`${source}/frame.jpg`, 'at'],
		[`${source}/frame.jpg?at=${at(1).toISOString()}&width=0`, 'width'],
		[`${source}/frame.jpg?at=${at(1).toISOString()}&width=1e9`, 'width'],
		[`${source}/frame.jpg?at=${at(1).toISOString()}&width=99999`, 'width'],
		[`${source}/waveform.json${good}`, 'peaks'],
		[`${source}/waveform.json${good}&peaks=0`, 'peaks'],
		[`${source}/waveform.json${good}&peaks=1000000`, 'peaks'],
		[`${source}/pictures.json${range(at(0), at(7 * 3600))}`, 'end'],
		[`${source}/pictures.json${range(at(0), at(300), { all: 'true' })}`, 'end'],
		[`${source}/pictures.json${good}&all=perhaps`, 'all'],
		[`stage/coverage.svg${range(at(0), at(1e8))}`, 'end'],
		[`${source}/cut${good}&container=exe`, 'container'],
		[`${source}/cut${good}&title=${'x'.repeat(501)}`, 'title'],
		[`${source}/join.mp4?start=${at(1).toISOString()}`, 'end'],
		[`${source}/join.mp4?start=${at(1).toISOString()}&end=${at(3).toISOString()}&kind=custom`, 'kind'],
		[
			`${source}/join.mp4?start=${at(1).toISOString()}&end=${at(3).toISOString()}&kind=fade&seconds=99`,
			'seconds',
		],
		[`${source}/join.mp4?start=${at(1).toISOString()}&end=${at(3).toISOString()}&around=-1`, 'around'],
		[`${source}/thumbnail.jpg?at=${at(1).toISOString()}&template=none`, 'template'],
		[`${source}/thumbnail.jpg?at=${at(1).toISOString()}&template=constructor`, 'template'],
		[`${source}/thumbnail.jpg?at=${at(1).toISOString()}&crop=1,2,3`, 'crop'],
		[`${source}/thumbnail.jpg?at=${at(1).toISOString()}&template=broken`, undefined],
	];
	for (const [below, field] of cases) {
		const { status, sentence, field: named } = await world.refusal(below);
		t.is(status, 400, below);
		t.is(named, field, below);
		t.regex(sentence, /^[A-Z].{10,}[.!?]$/, below);
	}
});

test('what this node does not have is told, with what it has', async (t) => {
	const cases: [below: string, sentence: RegExp][] = [
		['attic/master.m3u8', /^This node has no channel “attic”\. It has: empty, stage\.$/],
		[
			'stage/medium/media.m3u8',
			/^The channel stage has no quality “medium” on this node\. It has: low, source\.$/,
		],
		['empty/source/media.m3u8', /^This node has no video of empty\/source\.$/],
		['empty/master.m3u8', /^This node has no video of empty\.$/],
		[
			`stage/source/media.m3u8${range(at(100), at(200))}`,
			/^This node has no video of stage\/source from 2026-03-01T11:01:35/,
		],
		[`stage/source/frame.jpg?at=${at(5).toISOString()}`, /^There is no video at 2026-03-01T11:00:00\.000Z/],
		[`stage/source/2026-03-01T10/00:00.0-2.0-full-none.ts`, /^This node has no segment 2026-03-01T10\/00:00/],
		[
			`stage/source/join.mp4?end=${at(100).toISOString()}&start=${at(8).toISOString()}`,
			/^There is no video to show: /,
		],
	];
	for (const [below, expected] of cases) {
		const { status, sentence } = await world.refusal(below);
		t.is(status, 404, below);
		t.regex(sentence, expected);
	}
});

test('nothing can be changed here', async (t) => {
	for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'])
		t.is((await world.get('channels.json', { method })).status, 404, method);
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
