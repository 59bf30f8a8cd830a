import { readFile } from 'node:fs/promises';
import test from 'ava';
import fc from 'fast-check';
import { AudioSplitter } from '../../../cutter/cut/codec/audio-splitter.ts';
import { BitWriter } from '../../../cutter/cut/codec/bits.ts';
import { escapeNal, nalUnits, unescapeNal } from '../../../cutter/cut/codec/nal.ts';
import { CLOCK_MODULUS, unwrap, wrap } from '../../../cutter/cut/mpegts/clock.ts';
import { PACKET_SIZE, pcrPacket, pidOf, readPcr } from '../../../cutter/cut/mpegts/packet.ts';
import { readPesHeader, retimePes, writePes } from '../../../cutter/cut/mpegts/pes.ts';
import { PesCollector } from '../../../cutter/cut/mpegts/pes-collector.ts';
import { indexSegment, UnreadableSegmentError } from '../../../cutter/cut/mpegts/segment-index.ts';
import { crc32, findProgramme, type Programme, writeTables } from '../../../cutter/cut/mpegts/tables.ts';
import { makeSource, testPicture, testSound } from '../../support/streams.ts';

const time = fc.integer({ min: 0, max: CLOCK_MODULUS - 1 });
const pid = fc.integer({ min: 16, max: 0x1ffe });

test('unwrapping finds the time nearest to another one that has the same 33 bits', (t) => {
	fc.assert(
		fc.property(
			fc.integer({ min: -1e13, max: 1e13 }),
			fc.integer({ min: -(2 ** 32) + 1, max: 2 ** 32 - 1 }),
			(near, step) => {
				t.is(unwrap(wrap(near + step), near), near + step);
			},
		),
	);
});

test('a PCR is read as it was written', (t) => {
	fc.assert(
		fc.property(pid, time, (id, pcr) => {
			const packet = pcrPacket(id, pcr, 7);
			t.is(packet.length, PACKET_SIZE);
			t.is(pidOf(packet, 0), id);
			t.is(readPcr(packet, 0), pcr);
		}),
	);
});

test('a PES packet is read as it was written, through whole transport packets with rising counters', (t) => {
	const pes = fc.record({
		pid,
		streamId: fc.constantFrom(0xc0, 0xe0, 0xbd),
		pts: time,
		dts: fc.option(time, { nil: undefined }),
		payload: fc.uint8Array({ minLength: 1, maxLength: 2000 }),
		pcr: fc.option(time, { nil: undefined }),
		randomAccess: fc.boolean(),
		lastCounter: fc.integer({ min: 0, max: 15 }),
	});
	fc.assert(
		fc.property(pes, ({ dts, pcr, ...rest }) => {
			const packets = writePes({
				...rest,
				...(dts !== undefined && { dts }),
				...(pcr !== undefined && { pcr }),
			});
			t.is(packets.length % PACKET_SIZE, 0);
			const collector = new PesCollector();
			let whole: ReturnType<PesCollector['add']>;
			for (let at = 0; at < packets.length; at += PACKET_SIZE) {
				t.is(packets[at], 0x47);
				t.is(pidOf(packets, at), rest.pid);
				t.is(packets[at + 3]! & 15, (rest.lastCounter + 1 + at / PACKET_SIZE) & 15);
				const field = (packets[at + 3]! & 0x20) === 0 ? 0 : 1 + packets[at + 4]!;
				const payload = at + 4 + field;
				if (at > 0) whole ??= collector.add(packets.subarray(payload, at + PACKET_SIZE));
				else {
					const header = readPesHeader(packets, payload, PACKET_SIZE)!;
					t.is(header.dts, dts === rest.pts ? undefined : dts);
					whole = collector.begin(header, payload, packets.subarray(header.payload, PACKET_SIZE));
				}
			}
			t.is(whole?.pts, rest.pts);
			t.is(whole?.streamId, rest.streamId);
			t.deepEqual(whole?.payload, Buffer.from(rest.payload));
		}),
	);
});

test('retiming changes PTS and DTS and nothing else', (t) => {
	fc.assert(
		fc.property(time, time, time, time, (pts, dts, newPts, newDts) => {
			const packet = writePes({
				pid: 256,
				streamId: 0xe0,
				pts,
				dts,
				payload: Buffer.from('x'),
				lastCounter: 0,
			});
			const header = 4 + 1 + packet[4]!;
			const changed = Buffer.from(packet);
			retimePes(changed, header, newPts, newDts);
			const read = readPesHeader(changed, header, PACKET_SIZE)!;
			t.is(read.pts, newPts);
			if (pts !== dts) t.is(read.dts, newDts);
			retimePes(changed, header, pts, dts);
			t.deepEqual(changed, packet);
		}),
	);
});

test('tables are read as they were written, and their checksum is sound', (t) => {
	const stream = fc.record({ pid, descriptors: fc.uint8Array({ maxLength: 0 }).map(Buffer.from) });
	fc.assert(
		fc.property(
			fc.uniqueArray(stream, { minLength: 2, maxLength: 6, selector: (s) => s.pid }),
			pid,
			(streams, pmtPid) => {
				const [video, ...audio] = streams;
				const programme: Programme = {
					transportStreamId: 1,
					number: 3,
					pmtPid,
					pcrPid: video!.pid,
					descriptors: Buffer.alloc(0),
					video: { ...video!, streamType: 0x1b, codec: 'h264' },
					audio: audio.map((entry) => ({ ...entry, streamType: 0x0f, codec: 'aac' as const })),
					leftOut: [],
				};
				const { pat, pmt } = writeTables(programme, video!.pid);
				t.deepEqual(findProgramme(Buffer.concat([pat, pmt])), programme);
				const length = 3 + (pmt.readUInt16BE(6) & 0xfff);
				t.is(crc32(pmt.subarray(5, 5 + length)), 0);
			},
		),
	);
});

test('emulation prevention is undone exactly', (t) => {
	const bytes = fc.array(fc.constantFrom(0, 0, 0, 1, 2, 3, 255), { maxLength: 200 });
	fc.assert(
		fc.property(bytes, (values) => {
			const payload = Buffer.from([...values, 0x80]);
			const escaped = escapeNal(payload);
			for (const low of [0, 1, 2]) t.false(escaped.includes(Buffer.from([0, 0, low])));
			t.deepEqual(unescapeNal(escaped), payload);
			const units = [...nalUnits(Buffer.concat([Buffer.from([0, 0, 1, 0x65]), escaped]))];
			t.is(units.length, 1);
		}),
	);
});

test('sound is split into the same frames however it is divided into PES packets', (t) => {
	const sizes = fc.array(fc.integer({ min: 8, max: 400 }), { minLength: 3, maxLength: 20 });
	fc.assert(
		fc.property(
			sizes,
			fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1, maxLength: 12 }),
			(lengths, cuts) => {
				const frames = lengths.map((length) => adtsFrame(length));
				const stream = Buffer.concat(frames);
				const splitter = new AudioSplitter('aac');
				const found: Buffer[] = [];
				let at = 0;
				for (let n = 0; at < stream.length; n++) {
					const next = at + cuts[n % cuts.length]!;
					// Only the first PES packet says a time here: the others follow from it.
					found.push(
						...splitter
							.push(stream.subarray(at, next), n === 0 ? 1000 : undefined)
							.map((f) => Buffer.from(f.bytes)),
					);
					at = next;
				}
				t.deepEqual(found, frames);
				t.is(splitter.skipped, 0);
			},
		),
	);
});

/** An ADTS frame of 48 kHz whose payload cannot be taken for a header. */
function adtsFrame(length: number): Buffer {
	const frame = Buffer.alloc(length, 0x11);
	frame.set([
		0xff,
		0xf1,
		0x4c,
		0x80 | (length >> 11),
		(length >> 3) & 0xff,
		((length & 7) << 5) | 0x1f,
		0xfc,
	]);
	return frame;
}

test('LATM frames are as long as what was said last of them, and any of them can be made one to begin with', (t) => {
	fc.assert(
		fc.property(
			fc.array(fc.uint8Array({ minLength: 8, maxLength: 300 }), { minLength: 2, maxLength: 12 }),
			fc.integer({ min: 0, max: 3 }),
			fc.integer({ min: 1, max: 700 }),
			(sounds, firstConfigured, size) => {
				const frames = sounds.map((sound, n) => latmFrame(sound, n === firstConfigured));
				const stream = Buffer.concat(frames);
				const splitter = new AudioSplitter('latm');
				const found = Array.from({ length: Math.ceil(stream.length / size) }, (_, n) =>
					splitter
						.push(stream.subarray(n * size, (n + 1) * size), n === 0 ? 1000 : undefined)
						.map((frame) => ({ ...frame, bytes: Buffer.from(frame.bytes) })),
				).flat();
				// Without any configuration nobody knows what they are.
				t.deepEqual(
					found.map(({ bytes }) => bytes),
					firstConfigured < frames.length ? frames : [],
				);
				for (const [n, { bytes, start, end }] of found.entries()) {
					t.deepEqual([start, end], [1000 + n * 3840, 1000 + (n + 1) * 3840]);
					t.deepEqual(Buffer.from(splitter.asFirst(bytes)), latmFrame(sounds[n]!, true));
				}
			},
		),
	);
});

/** A LOAS frame around some payload, with a configuration: AAC-LC of 24 kHz, in stereo, extended by SBR, 1024 samples. */
function latmFrame(payload: Uint8Array, isConfigured: boolean): Buffer {
	const bits = new BitWriter();
	bits.write(isConfigured ? 0 : 1, 1);
	if (isConfigured) {
		for (const [value, width] of [
			[0, 1],
			[1, 1],
			[0, 6],
			[0, 4],
			[0, 3],
		] as const)
			bits.write(value, width);
		for (const [value, width] of [
			[5, 5],
			[6, 4],
			[2, 4],
			[3, 4],
			[2, 5],
			[0, 3],
		] as const)
			bits.write(value, width);
		for (const [value, width] of [
			[0, 3],
			[255, 8],
			[0, 1],
			[0, 1],
		] as const)
			bits.write(value, width);
	}
	// No two ones follow each other, so nothing of it looks like a sync word.
	for (const byte of payload) bits.write(byte & 0x55, 8);
	bits.write(0, isConfigured ? 3 : 7);
	const element = bits.bytes();
	const length = element.length;
	return Buffer.concat([Buffer.from([0x56, 0xe0 | (length >> 8), length & 0xff]), element]);
}

test('random bytes are refused or indexed, and never hang', (t) => {
	fc.assert(
		fc.property(fc.uint8Array({ maxLength: 188 * 30 }), (bytes) => {
			try {
				indexSegment(Buffer.from(bytes));
			} catch (error) {
				t.true(error instanceof UnreadableSegmentError);
			}
		}),
	);
	t.pass();
});

test('a stream with damaged bytes is refused, or indexed with no more pictures than it has', async (t) => {
	const source = await makeSource({
		args: [...testPicture({ seconds: 2 }), ...testSound({ seconds: 2 }), '-c:v', 'libx264', '-c:a', 'aac'],
	});
	t.teardown(source.remove);
	const sound = await readFile(source.files[0]!);
	const count = indexSegment(sound).pictures.length;
	t.is(count, source.pictures.filter((picture) => picture.segment === 0).length);
	const hit = fc.record({
		at: fc.integer({ min: 0, max: sound.length - 1 }),
		value: fc.integer({ min: 0, max: 255 }),
	});
	fc.assert(
		fc.property(fc.array(hit, { minLength: 1, maxLength: 40 }), fc.nat({ max: 400 }), (hits, cutOff) => {
			const bytes = Buffer.from(sound.subarray(0, sound.length - cutOff));
			for (const { at, value } of hits) if (at < bytes.length) bytes[at] = value;
			try {
				t.true(indexSegment(bytes).pictures.length <= count + hits.length);
			} catch (error) {
				t.true(error instanceof UnreadableSegmentError, String(error));
			}
		}),
		{ numRuns: 200 },
	);
});
