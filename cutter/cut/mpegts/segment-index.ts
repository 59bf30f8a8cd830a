import type { Access, PictureHead } from '../codec/access.ts';
import { H264_NAL, type H264Sps, readH264Sps } from '../codec/h264.ts';
import { HEVC_NAL } from '../codec/hevc.ts';
import { soundKind } from '../source/sound-format.ts';
import { unwrap } from './clock.ts';
import {
	continuityCounter,
	hasPayload,
	hasPcr,
	isDiscontinuity,
	isMarkedDamaged,
	isScrambled,
	PACKET_SIZE,
	PID_COUNT,
	payloadStart,
	pidOf,
	readPcr,
	SYNC_BYTE,
	startsUnit,
} from './packet.ts';
import { type PesHeader, readPesHeader } from './pes.ts';
import { readPictureHead, type VideoPackets } from './picture-head.ts';
import { pastPlain, plainHeadersOf, WORDS_IN_PACKET, wordsOf } from './plain-packets.ts';
import { mendRhythm, UnreadableSegmentError } from './rhythm.ts';
import { findLaterProgramme, findProgramme, type Programme } from './tables.ts';

export { UnreadableSegmentError } from './rhythm.ts';

/** One picture of a segment (both fields of one, if coded apart). Ticks on the segment's own clock, unwrapped. */
export interface IndexedPicture {
	pts: number;
	dts: number;
	access: Access;
	/** Whether it is known that no other picture refers to it. */
	disposable: boolean;
	/** Offset of its first packet. */
	at: number;
	/** How long before its DTS it arrives: DTS less the last PCR up to its first packet. */
	lead: number;
}

/** No PID: where a sound goes that becomes one of another codec, up to the end of its segment. */
const NOWHERE = -1;

/** From the packet at `at` on, what came on the PID `from` comes on `to`, or not at all. */
export interface SoundMove {
	at: number;
	from: number;
	to: number;
}

/** The lead where a stream does not say it, or says nonsense: what the widest-used muxer takes (0.7 s). */
export const DEFAULT_LEAD = 63_000;
const LARGEST_LEAD = 10 * 90_000;

/** What a cut needs to know of one segment's bytes. */
export interface SegmentIndex {
	programme: Programme;
	/** In the order of the stream, which is that of decoding. */
	pictures: IndexedPicture[];
	/** Offsets of video PES packets that begin no picture, but go on with the one before: its second field. */
	continuations: Set<number>;
	/** Smallest video PTS (audio where there is no video): the one whose time the segment's name says. */
	smallestPts: number;
	largestPts: number;
	/** Offsets of packets to be left out: the second one of those sent twice (2.4.3.3), and sound marked as damaged. */
	duplicates: Set<number>;
	/** Every distinct parameter set, with its NAL header: sequence sets (HEVC: video, too), then picture sets. */
	sequenceSets: Buffer[];
	pictureSets: Buffer[];
	/** The H.264 sequence parameter set in force at the end. */
	sps: H264Sps | undefined;
	/** Whether some pictures are coded as two fields. */
	hasFields: boolean;
	/**
	 * Offsets of all packets but the plain ones: those that only go on with a picture, with nothing but payload and the
	 * counter that is due. Nearly all packets are plain, so whoever changes a segment has little to look at.
	 */
	stops: number[];
	/** Of each sound what a decoder gives for its first frame; undefined where no header tells. */
	soundKinds: readonly (string | undefined)[];
	/** The same for its last frame. */
	lastSoundKinds: readonly (string | undefined)[];
	/** How long after the segment's beginning a sound first becomes of another kind; undefined when none does. */
	soundChange: number | undefined;
	/** Where a sound changes its PID in mid-segment, in order. */
	soundMoves: readonly SoundMove[];
	/** Bytes after the last whole packet: the end of the file is missing. */
	trailingBytes: number;
	/** What is wrong with the bytes, to follow "The segment X "; undefined when nothing is. */
	damage: string | undefined;
	/** The video's counter in its first and last packet, and whether the first begins a picture. */
	video: { firstCounter: number; lastCounter: number; beginsPicture: boolean } | undefined;
}

/**
 * Reads once through a segment and lists its pictures. `before` is the index of the segment before, if there is one:
 * tables and parameter sets hold until something else is said. Where bytes lie between the packets that belong to none, the
 * packets are moved together in `bytes`.
 *
 * @throws UnreadableSegmentError when it has no packets, no tables, no times or two clocks, or is scrambled.
 */
export function indexSegment(bytes: Buffer, before?: SegmentIndex): SegmentIndex {
	const index = indexPackets(bytes, before) ?? mendAndIndex(bytes, before);
	if (!Number.isFinite(index.smallestPts)) throw new UnreadableSegmentError('holds no picture with a time');
	return index;
}

/** Undefined when there are no tables, or when a packet is not where it should be. */
function indexPackets(bytes: Buffer, before: SegmentIndex | undefined): SegmentIndex | undefined {
	const programme = findProgramme(bytes) ?? before?.programme;
	if (programme === undefined) return undefined;
	const indexer = new Indexer(bytes, programme, before?.sps);
	return indexer.run() ? indexer.index : undefined;
}

/** Nearly no segment needs this, so it is only looked for when something turned up. */
function mendAndIndex(bytes: Buffer, before: SegmentIndex | undefined): SegmentIndex {
	const damage = mendRhythm(bytes);
	const index = indexPackets(bytes, before);
	if (index === undefined)
		throw new UnreadableSegmentError('has no readable PAT and PMT, so nothing says which streams it holds');
	return { ...index, damage: damage ?? index.damage };
}

/** Of a transport packet without an adaptation field, as those of tables are. */
const HEADER_SIZE = 4;

/** From one picture to the next, in ticks: a late picture, and the longest standing picture, are no jump of the clock. */
const LARGEST_STEP_BACK = 90_000;
const LARGEST_STEP = 60 * 90_000;

/** Used for one segment after the other: to make them anew for each costs more than the segment. */
const COUNTERS = new Int8Array(PID_COUNT);
const OTHER_STREAM = -2;

class Indexer {
	readonly index: SegmentIndex;
	readonly #bytes: Buffer;
	readonly #end: number;
	readonly #video: VideoPackets | undefined;
	readonly #videoPid: number;
	/** The last continuity counter of each PID, or -1; of PIDs of other streams, nothing. */
	readonly #counters = COUNTERS;
	#clock: number | undefined;
	#openField: PictureHead['field'];
	/** The last PCR, as it stands in the stream. */
	#pcr: number | undefined;
	readonly #seenSets = new Set<string>();
	readonly #soundKinds: (string | undefined)[] = [];
	readonly #lastSoundKinds: (string | undefined)[] = [];
	/** PTS of the first frame that is of another kind than those before. */
	#soundChange: number | undefined;
	readonly #soundMoves: SoundMove[] = [];
	/** The PMT that was read last: what stands in its first packet, behind the header with the counter. */
	#tables: Buffer | undefined;
	#programme: Programme;

	constructor(bytes: Buffer, programme: Programme, sps: H264Sps | undefined) {
		this.#bytes = bytes;
		this.#programme = programme;
		this.#videoPid = programme.video?.pid ?? -1;
		this.index = {
			programme,
			pictures: [],
			continuations: new Set(),
			smallestPts: Number.POSITIVE_INFINITY,
			largestPts: Number.NEGATIVE_INFINITY,
			duplicates: new Set(),
			sequenceSets: [],
			pictureSets: [],
			sps,
			hasFields: false,
			stops: [],
			soundKinds: this.#soundKinds,
			lastSoundKinds: this.#lastSoundKinds,
			soundChange: undefined,
			soundMoves: this.#soundMoves,
			trailingBytes: bytes.length % PACKET_SIZE,
			damage: undefined,
			video: undefined,
		};
		this.#end = bytes.length - this.index.trailingBytes;
		this.#video = programme.video && { bytes, end: this.#end, video: programme.video };
		if (this.index.trailingBytes > 0) this.index.damage = 'ends in the middle of a packet';
	}

	/** False when it meets a packet that is none. */
	run(): boolean {
		const bytes = this.#bytes;
		const end = this.#end;
		const { pcrPid, pmtPid, audio } = this.index.programme;
		const { stops } = this.index;
		this.#counters.fill(OTHER_STREAM);
		for (const pid of [this.#videoPid, ...audio.map((stream) => stream.pid)])
			if (pid !== -1) this.#counters[pid] = -1;
		// What a plain packet begins with is compared as one number.
		const plain = plainHeadersOf(this.#videoPid);
		const words = wordsOf(bytes);
		let counter = -1;
		for (let at = 0, word = 0; at < end; at += PACKET_SIZE, word += WORDS_IN_PACKET) {
			if (counter !== -1 && words !== undefined) {
				const first = word;
				word = pastPlain(words, first, end / 4, plain, counter);
				counter = (counter + (word - first) / WORDS_IN_PACKET) & 15;
				at = word * 4;
				if (at >= end) break;
			}
			if (bytes[at] !== SYNC_BYTE) return false;
			stops.push(at);
			const pid = pidOf(bytes, at);
			if (pid === pcrPid && hasPcr(bytes, at)) this.#pcr = readPcr(bytes, at);
			if (pid === pmtPid && startsUnit(bytes, at)) this.#readTables(at);
			if (this.#counters[pid] === OTHER_STREAM) continue;
			if (pid === this.#videoPid) this.#counters[pid] = counter;
			this.#packet(at, pid);
			if (pid === this.#videoPid) counter = this.#counters[pid]!;
		}
		if (this.index.video !== undefined) this.index.video.lastCounter = counter;
		if (this.#soundChange !== undefined) this.index.soundChange = this.#soundChange - this.index.smallestPts;
		return true;
	}

	/** Notes what changes where a PMT says something else than the one before. */
	#readTables(at: number): void {
		const tables = this.#bytes.subarray(at + HEADER_SIZE, at + PACKET_SIZE);
		const before = this.#tables;
		this.#tables = tables;
		if (before === undefined || tables.equals(before)) return;
		const programme = findLaterProgramme(this.#bytes, at, this.#programme);
		if (programme === undefined) return;
		if (programme.video?.pid !== this.#programme.video?.pid)
			throw new UnreadableSegmentError('changes the PID of its video in mid-segment');
		for (const [n, { pid: from, codec }] of this.#programme.audio.entries()) {
			const own = programme.audio[n];
			if (own !== undefined && own.codec !== codec && own.pid === from)
				this.#soundMoves.push({ at, from, to: NOWHERE });
			if (own === undefined || own.pid === from || own.codec !== codec) continue;
			this.#soundMoves.push({ at, from, to: own.pid });
			this.#counters[own.pid] = -1;
		}
		this.#programme = programme;
	}

	#packet(at: number, pid: number): void {
		const bytes = this.#bytes;
		const isVideo = pid === this.#videoPid;
		if (isMarkedDamaged(bytes, at)) {
			this.index.damage ??= `has a packet marked as damaged at byte ${at}`;
			// A decoder conceals what is wrong in a picture; a broken frame of sound is heard.
			if (!isVideo) {
				this.index.duplicates.add(at);
				return;
			}
		}
		if (isScrambled(bytes, at)) throw new UnreadableSegmentError('is scrambled');
		if (!hasPayload(bytes, at) || this.#isDuplicate(at, pid)) return;
		const begins = startsUnit(bytes, at);
		if (isVideo) {
			const counter = continuityCounter(bytes, at);
			this.index.video ??= { firstCounter: counter, lastCounter: counter, beginsPicture: begins };
			if (begins) this.#videoPes(at);
		} else if (begins) this.#audioPes(at, pid);
	}

	/** Checks the continuity counter. A packet may be sent twice in a row, with the same counter. */
	#isDuplicate(at: number, pid: number): boolean {
		const counter = continuityCounter(this.#bytes, at);
		const last = this.#counters[pid]!;
		this.#counters[pid] = counter;
		if (counter === ((last + 1) & 15) || last === -1 || isDiscontinuity(this.#bytes, at)) return false;
		if (counter === last) {
			this.index.duplicates.add(at);
			return true;
		}
		this.index.damage ??= `lacks packets before byte ${at} (continuity counter ${counter} after ${last})`;
		return false;
	}

	#audioPes(at: number, pid: number): void {
		const header = readPesHeader(this.#bytes, payloadStart(this.#bytes, at), at + PACKET_SIZE);
		if (header === undefined) this.index.damage ??= `has an unreadable PES header at byte ${at}`;
		else {
			this.#noteSoundKind(pid, header, at + PACKET_SIZE);
			if (this.#videoPid === -1 && header.pts !== undefined) this.#extent(this.#time(header.pts));
		}
	}

	/** Looks at the frame that a PES packet of sound begins with. */
	#noteSoundKind(pid: number, { payload, pts }: PesHeader, to: number): void {
		const { audio } = this.index.programme;
		const number = audio.findIndex((stream) => stream.pid === pid);
		const stream = audio[number];
		if (stream === undefined) return;
		const { codec, descriptors } = stream;
		const kind = soundKind(codec, this.#bytes.subarray(payload, to), descriptors);
		if (!(number in this.#soundKinds)) this.#soundKinds[number] = kind;
		const before = this.#lastSoundKinds[number];
		if (before !== undefined && kind !== undefined && kind !== before && pts !== undefined)
			this.#soundChange ??= unwrap(pts, this.#clock ?? pts);
		this.#lastSoundKinds[number] = kind ?? before;
	}

	#videoPes(at: number): void {
		const header = readPesHeader(this.#bytes, payloadStart(this.#bytes, at), at + PACKET_SIZE);
		if (header === undefined) {
			this.index.damage ??= `has an unreadable PES header at byte ${at}`;
			return;
		}
		const head = readPictureHead(this.#video!, at, header.payload, this.index.sps);
		for (const set of head.parameterSets) this.#noteParameterSet(set);
		const field = head.field;
		if (field !== undefined) this.index.hasFields = true;
		const isSecondField =
			field !== undefined &&
			this.#openField?.frameNum === field.frameNum &&
			this.#openField.bottom !== field.bottom;
		if (header.pts === undefined || isSecondField) {
			this.index.continuations.add(at);
			this.#openField = undefined;
			return;
		}
		this.#openField = field;
		const pts = this.#time(header.pts);
		const dts = header.dts === undefined ? pts : unwrap(header.dts, pts);
		this.#refuseJump(dts);
		this.#extent(pts);
		const { access = 'none', disposable = false } = head;
		this.index.pictures.push({ pts, dts, access, disposable, at, lead: this.#lead(dts) });
	}

	/** Times of pictures are counted from the segment's smallest: with two clocks in it all of them would be wrong. */
	#refuseJump(dts: number): void {
		const step = dts - (this.index.pictures.at(-1)?.dts ?? dts);
		if (step < -LARGEST_STEP_BACK || step > LARGEST_STEP) {
			throw new UnreadableSegmentError(
				`has a clock that jumps by ${(step / 90_000).toFixed(1)} s among its pictures, so that nothing says when each was shown`,
			);
		}
	}

	#lead(dts: number): number {
		if (this.#pcr === undefined) return DEFAULT_LEAD;
		const lead = dts - unwrap(this.#pcr, dts);
		return lead >= 0 && lead <= LARGEST_LEAD ? lead : DEFAULT_LEAD;
	}

	#time(raw: number): number {
		this.#clock = this.#clock === undefined ? raw : unwrap(raw, this.#clock);
		return this.#clock;
	}

	#extent(pts: number): void {
		this.index.smallestPts = Math.min(this.index.smallestPts, pts);
		this.index.largestPts = Math.max(this.index.largestPts, pts);
	}

	#noteParameterSet(nal: Uint8Array): void {
		const copy = Buffer.from(nal);
		const key = copy.toString('latin1');
		if (this.#seenSets.has(key)) return;
		this.#seenSets.add(key);
		const isHevc = this.index.programme.video?.codec === 'hevc';
		const type = isHevc ? (copy[0]! >> 1) & 0x3f : copy[0]! & 0x1f;
		if (type === H264_NAL.sps && !isHevc) this.index.sps = readH264Sps(copy) ?? this.index.sps;
		const isPictureSet = type === (isHevc ? HEVC_NAL.pps : H264_NAL.pps);
		(isPictureSet ? this.index.pictureSets : this.index.sequenceSets).push(copy);
	}
}
