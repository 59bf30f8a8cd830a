import { open } from 'node:fs/promises';
import { LRUCache } from 'lru-cache';
import { readH264Sps } from '../../../cutter/cut/codec/h264.ts';
import { HEVC_NAL, hevcNalType } from '../../../cutter/cut/codec/hevc.ts';
import { hevcFormat } from '../../../cutter/cut/codec/hevc-format.ts';
import {
	hasPayload,
	PACKET_SIZE,
	payloadStart,
	pidOf,
	startsUnit,
} from '../../../cutter/cut/mpegts/packet.ts';
import { readPesHeader } from '../../../cutter/cut/mpegts/pes.ts';
import {
	indexSegment,
	type SegmentIndex,
	UnreadableSegmentError,
} from '../../../cutter/cut/mpegts/segment-index.ts';
import type { AudioCodec } from '../../../cutter/cut/mpegts/tables.ts';
import { SegmentError, SegmentReader } from '../../../cutter/cut/source/segment-file.ts';
import { wallTime } from '../../../cutter/segments/wall-time.ts';
import type { SegmentHead } from './clock-jumps.ts';

/** What the segment server tells of a segment. Times are ticks after the segment's start, as its name says it. */
export interface SegmentFacts {
	/** Of all pictures, in the order of showing. */
	pictures: Int32Array;
	/** Of the pictures from which decoding can begin. */
	keyframes: Int32Array;
	/** Smallest video PTS (audio where there is no video), 33 bits. */
	smallestPts: number;
	/** Of the pictures as shown; undefined where the video does not say it. */
	size: { width: number; height: number } | undefined;
	/** RFC 6381; undefined unless all streams are known. */
	codecs: string | undefined;
	/** PTS of the first sound of the first audio stream (33 bits); undefined without sound. */
	firstSound: number | undefined;
	/** What is wrong with the bytes, to follow "The segment X ". */
	damage: string | undefined;
}

/** Facts that are remembered: bytes of their arrays. */
const MOST_BYTES = 64 * 1024 * 1024;

/** A segment's tables and its first picture's parameter sets and time lie within this. */
const HEAD_BYTES = 348 * PACKET_SIZE;

/** Reads what the bytes of segments say, and remembers it: a segment never changes, its name holds its hash. */
export class SegmentFactsReader {
	readonly #facts = new LRUCache<string, SegmentFacts>({
		maxSize: MOST_BYTES,
		sizeCalculation: ({ pictures }) => 500 + pictures.byteLength,
	});
	readonly #heads = new LRUCache<string, SegmentHead>({ max: 100_000 });
	readonly #reader = new SegmentReader();

	/** The facts of a segment; undefined when it is gone or cannot be read as a transport stream. */
	async facts(path: string): Promise<SegmentFacts | undefined> {
		const known = this.#facts.get(path);
		if (known !== undefined) return known;
		try {
			const bytes = await this.#reader.read(path);
			const facts = factsOf(indexSegment(bytes), bytes);
			this.#reader.release(bytes);
			this.#facts.set(path, facts);
			return facts;
		} catch (error) {
			if (error instanceof SegmentError || error instanceof UnreadableSegmentError) return undefined;
			throw error;
		}
	}

	/** What stands at the beginning of a segment; undefined where that cannot be read. */
	async head(path: string): Promise<SegmentHead | undefined> {
		const known = this.#heads.get(path);
		if (known !== undefined) return known;
		try {
			await using file = await open(path);
			const bytes = Buffer.alloc(HEAD_BYTES);
			const { bytesRead } = await file.read(bytes, 0, bytes.length, 0);
			const head = headOf(indexSegment(bytes.subarray(0, bytesRead)));
			this.#heads.set(path, head);
			return head;
		} catch (error) {
			if (error instanceof UnreadableSegmentError || (error as NodeJS.ErrnoException).code !== undefined)
				return undefined;
			throw error;
		}
	}
}

function headOf({ programme, smallestPts, sequenceSets }: SegmentIndex): SegmentHead {
	const streams = [programme.video, ...programme.audio].map((stream) => stream?.streamType);
	const sets = sequenceSets.map((set) => set.toString('latin1')).sort();
	return { pts: smallestPts, format: JSON.stringify([streams, sets]) };
}

/** What an index says. `bytes` are those that it was made of. */
export function factsOf(index: SegmentIndex, bytes: Buffer): SegmentFacts {
	const { pictures, smallestPts, programme } = index;
	const offset = (pts: number) => wallTime({ start: 0 }, pts, smallestPts);
	const offsets = Int32Array.from(pictures, ({ pts }) => offset(pts)).sort();
	const keys = pictures.filter(({ access }) => access !== 'none');
	return {
		pictures: offsets,
		keyframes: Int32Array.from(keys, ({ pts }) => offset(pts)).sort(),
		smallestPts,
		size: pictureSize(index),
		codecs: codecsOf(index),
		firstSound: firstPts(bytes, programme.audio[0]?.pid),
		damage: index.damage,
	};
}

/** The first PTS of a PID. */
function firstPts(bytes: Buffer, pid: number | undefined): number | undefined {
	for (let at = 0; pid !== undefined && at + PACKET_SIZE <= bytes.length; at += PACKET_SIZE) {
		if (pidOf(bytes, at) !== pid || !startsUnit(bytes, at) || !hasPayload(bytes, at)) continue;
		const pts = readPesHeader(bytes, payloadStart(bytes, at), at + PACKET_SIZE)?.pts;
		if (pts !== undefined) return pts;
	}
	return undefined;
}

/** The size of a segment's pictures as shown; undefined where the video does not say it. */
export function pictureSize({ programme, sps, sequenceSets }: SegmentIndex): SegmentFacts['size'] {
	if (programme.video?.codec === 'h264' && sps !== undefined) return { width: sps.width, height: sps.height };
	if (programme.video?.codec !== 'hevc') return undefined;
	const set = sequenceSets.find((nal) => hevcNalType(nal) === HEVC_NAL.sps);
	const format = set && hevcFormat(set);
	return format && { width: format.width, height: format.height };
}

const AUDIO_CODECS: Partial<Record<AudioCodec, string>> = {
	aac: 'mp4a.40.2',
	ac3: 'ac-3',
	eac3: 'ec-3',
	opus: 'opus',
};

/** H.264's is in its parameter set (RFC 6381, 3.3); of other video none is told, and players find out themselves. */
function codecsOf({ programme, sequenceSets }: SegmentIndex): string | undefined {
	const { video, audio } = programme;
	const set =
		video?.codec === 'h264' ? sequenceSets.find((nal) => readH264Sps(nal) !== undefined) : undefined;
	const names = [
		...(video === undefined ? [] : [set && `avc1.${set.subarray(1, 4).toString('hex')}`]),
		...audio.slice(0, 1).map(({ codec }) => AUDIO_CODECS[codec]),
	];
	return names.every((name) => name !== undefined) && names.length > 0 ? names.join(',') : undefined;
}
