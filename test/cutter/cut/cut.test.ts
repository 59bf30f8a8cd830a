import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import anyTest, { type ExecutionContext, type TestFn } from 'ava';
import pino from 'pino';
import { type CutReport, type CutRequest, cut } from '../../../cutter/cut/cut.ts';
import { dateFromTicks } from '../../../cutter/segments/ticks.ts';
import { checkCut } from '../../support/check-cut.ts';
import { makeSource, probePackets, type Source, testPicture, testSound } from '../../support/streams.ts';

const test = anyTest as TestFn<{ source: Source; folder: string }>;
const tools = { ffmpeg: 'ffmpeg', ffprobe: 'ffprobe', log: pino({ level: 'silent' }) };

// 25 pictures per second, keyframes every two seconds with two B-frames between P-frames: pictures 0, 50, 100, …
test.before(async (t) => {
	const encoding = ['-c:v', 'libx264', '-preset', 'veryfast', '-g', '50', '-bf', '2', '-c:a', 'aac'];
	t.context.source = await makeSource({ args: [...testPicture(), ...testSound(), ...encoding] });
	t.context.folder = await mkdtemp(path.join(tmpdir(), 'cutsheet-cut-'));
});

test.after.always(async (t) => {
	await t.context.source?.remove();
	await rm(t.context.folder, { recursive: true, force: true });
});

let files = 0;

/** Cuts from picture to picture (the second one excluded) and checks everything. */
async function cutPictures(
	t: ExecutionContext<{ source: Source; folder: string }>,
	bounds: readonly [number, number][],
	options: Partial<CutRequest> = {},
): Promise<CutReport> {
	const { source, folder } = t.context;
	const wall = (number: number) => source.pictures[number]?.wall ?? source.pictures.at(-1)!.wall + 3600;
	const ranges = bounds.map(([from, to]) => ({ start: wall(from), end: wall(to) }));
	const file = path.join(folder, `${files++}.ts`);
	const request: CutRequest = {
		store: source.store,
		ranges: ranges.map(({ start, end }) => ({ start: dateFromTicks(start), end: dateFromTicks(end) })),
		allowHoles: false,
		mode: 'smart',
		...options,
	};
	const report = await cut(request, file, tools);
	const copies = request.mode === 'smart';
	await checkCut(t, file, report, { source, ranges, copies });
	return report;
}

const cases: Record<string, [number, number][]> = {
	'from a keyframe to a keyframe, which is where segments begin': [[50, 200]],
	'one picture before the keyframes': [[49, 199]],
	'one picture after the keyframes': [[51, 201]],
	'in the middle of groups of pictures': [[60, 235]],
	'inside one segment': [[103, 140]],
	'inside one group of pictures, a single picture': [[120, 121]],
	'from the very first picture': [[0, 77]],
	'to the very last picture': [[222, 300]],
	'everything there is': [[0, 300]],
	'two ranges in order': [
		[20, 110],
		[180, 260],
	],
	'four ranges in another order, one of them twice': [
		[210, 290],
		[33, 64],
		[100, 150],
		[33, 64],
	],
};

for (const [name, bounds] of Object.entries(cases)) {
	test(`smart cut is exact: ${name}`, async (t) => {
		const report = await cutPictures(t, bounds);
		t.is(report.modeUsed, 'smart');
		t.deepEqual(report.notes, []);
	});
}

test('full cut is exact: one range', async (t) => {
	const report = await cutPictures(t, [[60, 235]], { mode: 'full' });
	t.is(report.modeUsed, 'full');
});

test('full cut is exact: pictures of a variable rate, in ranges that do not end at a mean one', async (t) => {
	const source = await makeSource({
		args: [
			...testPicture({ rate: '50', seconds: 6 }),
			...testSound({ seconds: 6 }),
			...['-vf', "select='not(between(mod(n,10),3,5)+eq(mod(n,17),2))',settb=1/1000"],
			...['-fps_mode', 'vfr', '-enc_time_base', '1:1000'],
			...['-c:v', 'libx264', '-preset', 'veryfast', '-g', '40', '-bf', '3', '-c:a', 'aac'],
		],
	});
	t.teardown(source.remove);
	const wall = (number: number) => source.pictures[number]!.wall;
	const bounds = [
		[41, 90],
		[5, 7],
		[11, 31],
		[100, 101],
		[60, 77],
	] as const;
	const ranges = bounds.map(([from, to]) => ({ start: wall(from), end: wall(to) }));
	const file = path.join(t.context.folder, 'variable.ts');
	const dates = ranges.map(({ start, end }) => ({ start: dateFromTicks(start), end: dateFromTicks(end) }));
	const request = { store: source.store, ranges: dates, allowHoles: false, mode: 'full' } as const;
	await checkCut(t, file, await cut(request, file, tools), { source, ranges, copies: false });
	const begins = ranges.map((_, n) =>
		ranges.slice(0, n).reduce((sum, { start, end }) => sum + end - start, 0),
	);
	const shown = (await probePackets(file))
		.filter((packet) => packet.type === 'video')
		.map((packet) => packet.pts)
		.toSorted((a, b) => a - b);
	t.true(begins.every((begin) => shown.some((pts) => Math.abs(pts - shown[0]! - begin) <= 2)));
});

test('full cut is exact: several ranges, with encoding arguments of its own', async (t) => {
	const fullArguments = ['-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '12', '-c:a', 'aac'];
	await cutPictures(
		t,
		[
			[210, 290],
			[33, 64],
		],
		{ mode: 'full', fullArguments },
	);
});
