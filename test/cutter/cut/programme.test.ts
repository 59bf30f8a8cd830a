import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import pino from 'pino';
import { cut, SegmentError } from '../../../cutter/cut/cut.ts';
import { PACKET_SIZE, pidOf, setPid } from '../../../cutter/cut/mpegts/packet.ts';
import { crc32 } from '../../../cutter/cut/mpegts/tables.ts';
import { dateFromTicks } from '../../../cutter/segments/ticks.ts';
import { checkCut } from '../../support/check-cut.ts';
import { makeSource, probePackets, type Source, testPicture, testSound } from '../../support/streams.ts';

const tools = { ffmpeg: 'ffmpeg', ffprobe: 'ffprobe', log: pino({ level: 'silent' }) };

// As ffmpeg numbers them.
const PMT = 0x1000;
const VIDEO = 0x100;
const SOUND = 0x101;
const SECOND_SOUND = 0x102;

const x264 = ['-c:v', 'libx264', '-preset', 'veryfast', '-g', '50', '-bf', '2'];
const oneSound = [...testPicture({ seconds: 6 }), ...testSound({ seconds: 6 }), ...x264, '-c:a', 'aac'];
const twoSounds = [
	...[...testPicture({ seconds: 6 }), ...testSound({ seconds: 6 })],
	...['-f', 'lavfi', '-i', 'sine=f=700:r=48000:d=6', '-map', '0', '-map', '1', '-map', '2'],
	...[...x264, '-c:a', 'aac'],
];

type Rewrite = (packets: Buffer[], segment: number) => Buffer[];

/** A source whose packets are rewritten on their way into the store, cut in the middle of groups of pictures. */
async function cutRewritten(t: ExecutionContext, args: readonly string[], rewrite: Rewrite) {
	const source = await makeSource({
		args,
		damage: async (file, segment) => {
			const bytes = await readFile(file);
			const packets = Array.from({ length: bytes.length / PACKET_SIZE }, (_, n) =>
				bytes.subarray(n * PACKET_SIZE, (n + 1) * PACKET_SIZE),
			);
			await writeFile(file, Buffer.concat(rewrite(packets, segment)));
		},
	});
	t.teardown(source.remove);
	const file = path.join(source.folder, 'out.ts');
	const [start, end] = [source.pictures[33]!.wall, source.pictures[130]!.wall];
	const ranges = [{ start: dateFromTicks(start), end: dateFromTicks(end) }];
	const report = await cut({ store: source.store, ranges, allowHoles: false, mode: 'smart' }, file, tools);
	return { source, file, report, ranges: [{ start, end }] };
}

/** Changes the PMT that a packet holds whole. */
function editPmt(packet: Buffer, edit: (section: Buffer) => void): void {
	const from = 5 + packet[4]!;
	const section = packet.subarray(from, from + 3 + (packet.readUInt16BE(from + 1) & 0xfff));
	edit(section);
	section.writeUInt32BE(crc32(section.subarray(0, -4)), section.length - 4);
}

/** Moves streams to other PIDs, in the packets and in the PMT. */
function moveStreams(packets: readonly Buffer[], moves: ReadonlyMap<number, number>): void {
	for (const packet of packets) {
		const pid = pidOf(packet, 0);
		setPid(packet, 0, moves.get(pid) ?? pid);
		if (pid !== PMT) continue;
		editPmt(packet, (section) => {
			const places = [...moves].map(([from, to]) => ({ at: section.lastIndexOf(pidField(from)), to }));
			for (const { at, to } of places) pidField(to).copy(section, at);
		});
	}
}

/** A PID as it stands in a PMT, with reserved bits of ones before it. */
function pidField(pid: number): Buffer {
	const field = Buffer.alloc(2);
	field.writeUInt16BE(0xe000 | pid);
	return field;
}

/** The PMT of a packet with further streams, in as many packets as that takes. */
function longPmt(packet: Buffer, further: Buffer, counter: { next: number }): Buffer[] {
	const from = 5 + packet[4]!;
	const length = 3 + (packet.readUInt16BE(from + 1) & 0xfff);
	const section = Buffer.concat([packet.subarray(from, from + length - 4), further, Buffer.alloc(4)]);
	section.writeUInt16BE(0xb000 | (section.length - 3), 1);
	section.writeUInt32BE(crc32(section.subarray(0, -4)), section.length - 4);
	const data = Buffer.concat([Buffer.from([0]), section]);
	return Array.from({ length: Math.ceil(data.length / 184) }, (_, n) => {
		const part = Buffer.alloc(PACKET_SIZE, 0xff);
		part.set([0x47, (n === 0 ? 0x40 : 0) | (PMT >> 8), PMT & 0xff, 0x10 | (counter.next++ & 15)]);
		data.copy(part, 4, n * 184, (n + 1) * 184);
		return part;
	});
}

/** MD5 of the frames of each sound of some files, one list for each. */
async function soundsOf(files: readonly string[]): Promise<string[][]> {
	const packets = (await Promise.all(files.map((file) => probePackets(file)))).flat();
	return [1, 2].map((stream) =>
		packets.filter((packet) => packet.stream === stream).map((packet) => packet.hash),
	);
}

test('streams that are neither pictures nor a known kind of sound are left out, and a PMT may take several packets', async (t) => {
	const counter = { next: 0 };
	const CUES = 0x123;
	// SCTE-35, timed ID3, MPEG-H, and subtitles with so many descriptors that the table gets long.
	const further = Buffer.from(`86e123f00015e124f0002de126f00006e125f0c8f0c6${'aa'.repeat(198)}`, 'hex');
	const { source, file, report, ranges } = await cutRewritten(t, oneSound, (packets) =>
		packets.flatMap((packet, n) => {
			const cue = Buffer.alloc(PACKET_SIZE, 0xaa);
			cue.set([0x47, CUES >> 8, CUES & 0xff, 0x10 | ((n / 40) & 15)]);
			if (pidOf(packet, 0) === PMT) return longPmt(packet, further, counter);
			return n % 40 === 0 ? [cue, packet] : [packet];
		}),
	);
	t.deepEqual(report.notes, ['Left out: sound as MPEG-H, which cannot be cut.']);
	await checkCut(t, file, report, { source, ranges, copies: true });
});

for (const [where, moves] of Object.entries({
	'at a segment’s edge': (segment: number, packets: Buffer[]) => (segment > 0 ? packets : []),
	'in the middle of a segment': (segment: number, packets: Buffer[]) => {
		const tables = packets.findIndex((packet, n) => n > packets.length / 2 && pidOf(packet, 0) === PMT);
		return segment > 1 ? packets : segment === 1 ? packets.slice(tables) : [];
	},
}))
	test(`sound goes on where it moves to another PID ${where}`, async (t) => {
		const { source, file, report, ranges } = await cutRewritten(t, oneSound, (packets, segment) => {
			moveStreams(moves(segment, packets), new Map([[SOUND, 0x141]]));
			return packets;
		});
		t.deepEqual(report.notes, []);
		await checkCut(t, file, report, { source, ranges, copies: true });
	});

test('two sounds are both carried untouched, even where they change places', async (t) => {
	const { source, file } = await cutRewritten(t, twoSounds, (packets, segment) => {
		const swap = new Map([
			[SOUND, SECOND_SOUND],
			[SECOND_SOUND, SOUND],
		]);
		if (segment === 1) moveStreams(packets, swap);
		return packets;
	});
	const [before, after] = await Promise.all([soundsOf(source.files), soundsOf([file])]);
	const within = expectedFrames(source);
	for (const [n, frames] of after.entries()) {
		const first = before[n]!.indexOf(frames[0]!);
		t.deepEqual(frames, before[n]!.slice(first, first + frames.length));
		t.true(Math.abs(frames.length - within) <= 1, `${frames.length} frames of ${within}`);
	}
});

/** How many AAC frames of 48 kHz the pictures 33 to 130 last. */
function expectedFrames({ pictures }: Source): number {
	return Math.round((pictures[130]!.wall - pictures[33]!.wall) / 1920);
}

test('a segment in whose middle the pictures move to another PID is refused by its name', async (t) => {
	const moved = cutRewritten(t, oneSound, (packets, segment) => {
		const tables = packets.findIndex((packet, n) => n > packets.length / 2 && pidOf(packet, 0) === PMT);
		if (segment === 1) moveStreams(packets.slice(tables), new Map([[VIDEO, 0x150]]));
		return packets;
	});
	await t.throwsAsync(moved, {
		instanceOf: SegmentError,
		message: /The segment .*\.ts changes the PID of its video in mid-segment/,
	});
});
