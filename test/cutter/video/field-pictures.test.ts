import path from 'node:path';
import test from 'ava';
import pino from 'pino';
import { dateFromTicks } from '../../../cutter/segments/ticks.ts';
import type { Container } from '../../../cutter/upload/container.ts';
import { makeVideo } from '../../../cutter/video/make-video.ts';
import { encodeFieldPictures, FIELD_PICTURE_SIZE, type FieldCoding } from '../../support/field-pictures.ts';
import { type FieldMux, writeFieldStream } from '../../support/field-stream.ts';
import { judgeSource, judgeVideo } from '../../support/judge.ts';
import { makeSource } from '../../support/streams.ts';

const tools = { ffmpeg: 'ffmpeg', ffprobe: 'ffprobe', log: pino({ level: 'silent' }) };

/**
 * ffmpeg's decoder with several threads says the first of every field after a picture that was coded as a frame, as a
 * re-encoded edge is, though it gives the very samples; and the second as it copies fields out of Matroska.
 */
const OF_FIELDS = /corrupt decoded frame|Last message repeated|Non-monotonous DTS/;

interface Row {
	coding: Partial<FieldCoding>;
	mux: Partial<FieldMux>;
	/** Copied pictures begin nowhere. */
	neverCopies?: true;
}

const rows: Record<string, Row> = {
	'each field in a packet of its own': { coding: {}, mux: {} },
	'bottom first, where only the first field tells its time': {
		coding: { bottomFirst: true, predictsSecond: true },
		mux: { timedSecond: false },
	},
	'both fields in one packet, on a clock that wraps around': {
		coding: { between: 1 },
		mux: { each: 'picture', start: 2 ** 33 - 90_000 },
	},
	'among pictures that are coded as frames, without delimiters': {
		coding: { frameEach: 3, delimiters: false },
		mux: {},
	},
	'in open groups': { coding: { open: true, group: 15 }, mux: { segment: 30 }, neverCopies: true },
};

for (const [name, { coding, mux, neverCopies }] of Object.entries(rows))
	test.serial(`pictures that are coded as two fields are cut exactly: ${name}`, async (t) => {
		const pictures = encodeFieldPictures({ pictures: 100, group: 20, between: 2, ...coding });
		const source = await makeSource({
			args: (folder) => writeFieldStream(folder, pictures, { each: 'field', segment: 40, ...mux }),
			size: { width: FIELD_PICTURE_SIZE, height: FIELD_PICTURE_SIZE },
		});
		t.teardown(source.remove);
		const judged = await judgeSource(source);
		t.is(judged.frames.length, 100);
		const cuts: { container: Container; name: string; bounds: [number, number][] }[] = [
			{ container: 'mpegts', name: 'out.ts', bounds: [[7, 63]] },
			{
				...{ container: 'matroska', name: 'out.mkv' },
				bounds: [
					[40, 81],
					[22, 24],
				],
			},
			{ container: 'mp4', name: 'out.mp4', bounds: [[59, 95]] },
		];
		for (const { container, name: output, bounds } of cuts) {
			const wall = (number: number) => source.pictures[number]!.wall;
			const ranges = bounds.map(([from, to]) => ({ start: wall(from), end: wall(to) }));
			const file = path.join(source.folder, output);
			const dates = ranges.map(({ start, end }) => ({
				start: dateFromTicks(start),
				end: dateFromTicks(end),
			}));
			const request = { store: source.store, ranges: dates, allowHoles: false, mode: 'smart' } as const;
			const report = await makeVideo({ ...request, container }, file, tools);
			t.is(report.modeUsed, 'smart');
			const made = { file, container, report, ranges, mayWarn: OF_FIELDS };
			const { faults, copied } = await judgeVideo(judged, made);
			t.deepEqual(faults, [], container);
			if (!neverCopies) t.true(copied >= report.pictures / 2, container);
		}
	});
