import { hasPayload, PACKET_SIZE, PAT_PID, payloadStart, pidOf, SYNC_BYTE, startsUnit } from './packet.ts';

export type VideoCodec = 'h264' | 'hevc' | 'mpeg2';
export type AudioCodec = 'aac' | 'latm' | 'mpeg-audio' | 'ac3' | 'eac3' | 'dts' | 'opus' | 'other';

export interface ElementaryStream {
	pid: number;
	streamType: number;
	/** The descriptors of the PMT, as they came. */
	descriptors: Buffer;
}

/** What a transport stream holds, from its PAT and PMT. */
export interface Programme {
	transportStreamId: number;
	number: number;
	pmtPid: number;
	pcrPid: number;
	descriptors: Buffer;
	video: (ElementaryStream & { codec: VideoCodec }) | undefined;
	audio: (ElementaryStream & { codec: AudioCodec })[];
	/** Streams that a cut leaves out: further video streams, subtitles, timed metadata. */
	leftOut: ElementaryStream[];
}

/**
 * The PAT and PMT of a stream: its first programme that has audio or video. Undefined when there is no readable pair.
 * Looks at no more than the first `limit` bytes.
 */
export function findProgramme(bytes: Uint8Array, limit = 4 * 1024 * 1024): Programme | undefined {
	const end = Math.min(bytes.length, limit);
	const wanted = new Map<number, { number: number; transportStreamId: number }>();
	for (const { pid, section } of sections(bytes, end, (pid) => pid === PAT_PID || wanted.has(pid))) {
		if (pid === PAT_PID && section[0] === 0) {
			const transportStreamId = section.readUInt16BE(3);
			for (let at = 8; at + 4 <= section.length - 4; at += 4) {
				const number = section.readUInt16BE(at);
				if (number !== 0) wanted.set(section.readUInt16BE(at + 2) & 0x1fff, { number, transportStreamId });
			}
		}
		const entry = wanted.get(pid);
		if (entry === undefined || section[0] !== 2 || section.readUInt16BE(3) !== entry.number) continue;
		const programme = readPmt(section, pid, entry);
		if (programme !== undefined && (programme.video !== undefined || programme.audio.length > 0))
			return programme;
	}
	return undefined;
}

/** The programme as the PMT says that begins in the packet at `at`; undefined when it cannot be read. */
export function findLaterProgramme(
	bytes: Uint8Array,
	at: number,
	{ pmtPid, number, transportStreamId }: Programme,
): Programme | undefined {
	for (const { section } of sections(bytes.subarray(at), bytes.length - at, (pid) => pid === pmtPid))
		if (section[0] === 2) return readPmt(section, pmtPid, { number, transportStreamId });
	return undefined;
}

/** One packet each of PAT and PMT that announce exactly what a cut writes, with the PCR on `pcrPid`. */
export function writeTables(programme: Programme, pcrPid: number): { pat: Buffer; pmt: Buffer } {
	const pat = Buffer.alloc(12);
	pat[0] = 0;
	pat.writeUInt16BE(0xb000 | (pat.length + 4 - 3), 1);
	pat.writeUInt16BE(programme.transportStreamId, 3);
	pat[5] = 0xc1;
	pat.writeUInt16BE(programme.number, 8);
	pat.writeUInt16BE(0xe000 | programme.pmtPid, 10);

	const streams = [programme.video, ...programme.audio].filter((stream) => stream !== undefined);
	const entries = streams.map(({ streamType, pid, descriptors }) => {
		const entry = Buffer.alloc(5);
		entry[0] = streamType;
		entry.writeUInt16BE(0xe000 | pid, 1);
		entry.writeUInt16BE(0xf000 | descriptors.length, 3);
		return Buffer.concat([entry, descriptors]);
	});
	const head = Buffer.alloc(12);
	head[0] = 2;
	head.writeUInt16BE(programme.number, 3);
	head[5] = 0xc1;
	head.writeUInt16BE(0xe000 | pcrPid, 8);
	head.writeUInt16BE(0xf000 | programme.descriptors.length, 10);
	const pmt = Buffer.concat([head, programme.descriptors, ...entries]);
	pmt.writeUInt16BE(0xb000 | (pmt.length + 4 - 3), 1);
	return { pat: tablePacket(PAT_PID, pat), pmt: tablePacket(programme.pmtPid, pmt) };
}

function tablePacket(pid: number, section: Buffer): Buffer {
	const packet = Buffer.alloc(PACKET_SIZE, 0xff);
	packet[0] = SYNC_BYTE;
	packet[1] = 0x40 | (pid >> 8);
	packet[2] = pid & 0xff;
	packet[3] = 0x10;
	packet[4] = 0;
	if (section.length + 4 > PACKET_SIZE - 5)
		throw new RangeError('The programme has more streams and descriptors than one table packet can hold.');
	section.copy(packet, 5);
	packet.writeUInt32BE(crc32(section), 5 + section.length);
	return packet;
}

/** Complete PSI sections with a sound checksum on the PIDs that `wants` accepts. */
function* sections(bytes: Uint8Array, end: number, wants: (pid: number) => boolean) {
	const open = new Map<number, Buffer>();
	for (let at = 0; at + PACKET_SIZE <= end; at += PACKET_SIZE) {
		if (bytes[at] !== SYNC_BYTE) continue;
		const pid = pidOf(bytes, at);
		if (!wants(pid) || !hasPayload(bytes, at)) continue;
		let from = payloadStart(bytes, at);
		if (startsUnit(bytes, at)) {
			from += 1 + (bytes[from] ?? 0);
			open.set(pid, Buffer.alloc(0));
		}
		const before = open.get(pid);
		if (before === undefined || from >= at + PACKET_SIZE) continue;
		const data = Buffer.concat([before, bytes.subarray(from, at + PACKET_SIZE)]);
		if (data.length < 3) {
			open.set(pid, data);
			continue;
		}
		const length = 3 + (data.readUInt16BE(1) & 0xfff);
		if (data.length < length) {
			open.set(pid, data);
			continue;
		}
		open.delete(pid);
		const section = data.subarray(0, length);
		if (length >= 12 && crc32(section) === 0) yield { pid, section };
	}
}

function readPmt(
	section: Buffer,
	pmtPid: number,
	{ number, transportStreamId }: { number: number; transportStreamId: number },
): Programme | undefined {
	const pcrPid = section.readUInt16BE(8) & 0x1fff;
	const infoLength = section.readUInt16BE(10) & 0xfff;
	const end = section.length - 4;
	const programme: Programme = {
		transportStreamId,
		number,
		pmtPid,
		pcrPid,
		descriptors: Buffer.from(section.subarray(12, Math.min(12 + infoLength, end))),
		video: undefined,
		audio: [],
		leftOut: [],
	};
	for (let at = 12 + infoLength; at + 5 <= end; ) {
		const streamType = section[at]!;
		const length = section.readUInt16BE(at + 3) & 0xfff;
		if (at + 5 + length > end) return undefined;
		const descriptors = Buffer.from(section.subarray(at + 5, at + 5 + length));
		const stream = { pid: section.readUInt16BE(at + 1) & 0x1fff, streamType, descriptors };
		const video = VIDEO_TYPES.get(streamType);
		const audio = AUDIO_TYPES.get(streamType) ?? privateAudio(streamType, descriptors);
		if (video !== undefined && programme.video === undefined) programme.video = { ...stream, codec: video };
		else if (video === undefined && audio !== undefined) programme.audio.push({ ...stream, codec: audio });
		else programme.leftOut.push(stream);
		at += 5 + length;
	}
	return programme;
}

/** stream_type, ISO/IEC 13818-1 table 2-34, and those of ATSC A/53 for AC-3 and of recorders for DTS. */
const VIDEO_TYPES = new Map<number, VideoCodec>([
	[0x01, 'mpeg2'],
	[0x02, 'mpeg2'],
	[0x1b, 'h264'],
	[0x24, 'hevc'],
]);
const AUDIO_TYPES = new Map<number, AudioCodec>([
	[0x03, 'mpeg-audio'],
	[0x04, 'mpeg-audio'],
	[0x0f, 'aac'],
	[0x11, 'latm'],
	[0x81, 'ac3'],
	[0x82, 'dts'],
	[0x87, 'eac3'],
	[0x8a, 'dts'],
]);
/** Sound that ffmpeg cannot decode. */
const UNKNOWN_SOUND = new Map([
	[0x2d, 'MPEG-H'],
	[0x2e, 'MPEG-H'],
]);

/** What kind of sound a stream holds that a cut leaves out; undefined when it is no sound, as far as the tables say. */
export function unknownSound({ streamType, descriptors }: ElementaryStream): string | undefined {
	return UNKNOWN_SOUND.get(streamType) ?? (registrations(descriptors).includes('AC-4') ? 'AC-4' : undefined);
}

/** The formats that registration descriptors name (ISO/IEC 13818-1, 2.6.8). */
function registrations(descriptors: Buffer): string[] {
	return [...descriptorsIn(descriptors)]
		.filter(({ tag }) => tag === 0x05)
		.map(({ body }) => body.toString('latin1', 0, 4));
}

function* descriptorsIn(descriptors: Buffer): Generator<{ tag: number; body: Buffer }> {
	for (let at = 0; at + 2 <= descriptors.length; at += 2 + descriptors[at + 1]!)
		yield { tag: descriptors[at]!, body: descriptors.subarray(at + 2, at + 2 + descriptors[at + 1]!) };
}

/** Audio as private data says what it is in descriptors: DVB (ETSI EN 300 468, annex D), or a registration. */
function privateAudio(streamType: number, descriptors: Buffer): AudioCodec | undefined {
	if (streamType !== 0x06) return undefined;
	for (const { tag, body } of descriptorsIn(descriptors)) {
		const known = tag === 0x05 ? REGISTRATIONS.get(body.toString('latin1', 0, 4)) : DVB_SOUND.get(tag);
		if (known !== undefined) return known;
	}
	return undefined;
}

const REGISTRATIONS = new Map<string, AudioCodec>([
	['Opus', 'opus'],
	['AC-3', 'ac3'],
	['EAC3', 'eac3'],
	['BSSD', 'other'],
	['DTS1', 'dts'],
	['DTS2', 'dts'],
	['DTS3', 'dts'],
]);
const DVB_SOUND = new Map<number, AudioCodec>([
	[0x6a, 'ac3'],
	[0x7a, 'eac3'],
	[0x7b, 'dts'],
]);

/** The checksum of PSI sections (ISO/IEC 13818-1, annex A); 0 over a section with its own checksum. */
export function crc32(bytes: Uint8Array): number {
	let crc = 0xffffffff;
	for (const byte of bytes) crc = (crc << 8) ^ CRC_TABLE[(crc >>> 24) ^ byte]!;
	return crc >>> 0;
}

const CRC_TABLE = Int32Array.from({ length: 256 }, (_, index) => {
	let value = index << 24;
	for (let bit = 0; bit < 8; bit++) value = value & 0x80000000 ? (value << 1) ^ 0x04c11db7 : value << 1;
	return value;
});
