import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';
import pino from 'pino';
import { dateFromTicks } from '../../../cutter/segments/ticks.ts';
import { makeVideo } from '../../../cutter/video/make-video.ts';
import { makeSource, probePackets, probeStreams, testPicture, testSound } from '../../support/streams.ts';

const tools = { ffmpeg: 'ffmpeg', ffprobe: 'ffprobe', log: pino({ level: 'silent' }) };

/** Ticks of an AAC frame of 48 kHz. */
const FRAME = 1920;

test('AAC in LATM, several frames to a packet, is cut to the nearest frame, and packed as what a container holds', async (t) => {
	const encoding = ['-c:v', 'libx264', '-preset', 'veryfast', '-g', '50', '-bf', '2', '-c:a', 'aac'];
	const source = await makeSource({
		args: [...testPicture({ seconds: 8 }), ...testSound({ seconds: 8 }), ...encoding],
		muxer: ['-segment_format_options', 'mpegts_flags=latm'],
	});
	t.teardown(source.remove);
	const at = (number: number) => dateFromTicks(source.pictures[number]!.wall);
	const ranges = [
		{ start: at(33), end: at(120) },
		{ start: at(62), end: at(177) },
	];
	const make = async (container: 'mpegts' | 'mp4', name: string) => {
		const file = path.join(source.folder, name);
		const request = { store: source.store, ranges, allowHoles: false, mode: 'smart' as const, container };
		return { file, report: await makeVideo(request, file, tools) };
	};

	const { file, report } = await make('mpegts', 'out.ts');
	t.deepEqual(report.notes, []);
	const packets = await probePackets(file);
	const sound = packets.filter((packet) => packet.type === 'audio');
	const shown = packets.filter((packet) => packet.type === 'video').map((packet) => packet.pts);
	const [begin, end] = [Math.min(...shown), Math.max(...shown) + 3600];
	t.true(Math.abs(sound[0]!.pts - begin) <= FRAME / 2, 'begins with the pictures');
	t.true(Math.abs(sound.at(-1)!.pts + FRAME - end) <= FRAME / 2, 'ends with the pictures');
	t.true(sound.every(({ pts }, n) => n === 0 || Math.abs(pts - sound[n - 1]!.pts - FRAME) <= 1));
	const known = new Set(source.audio.map(({ hash }) => hash));
	const changed = sound.flatMap(({ hash }, n) => (known.has(hash) ? [] : [n]));
	t.true(changed.length <= 2, 'only where a range begins may a frame be told what it is');
	// Without its configuration a decoder would be silent up to the next frame that brings one.
	const { stderr } = await promisify(execFile)('ffmpeg', ['-v', 'warning', '-i', file, '-f', 'null', '-']);
	t.is(stderr, '');

	const packed = await make('mp4', 'out.mp4');
	t.regex(packed.report.notes.join(), /Sound was re-encoded as AAC/);
	const codecs = (await probeStreams(packed.file)).map((stream) => stream.codec_name);
	t.deepEqual(codecs, ['h264', 'aac']);
});
