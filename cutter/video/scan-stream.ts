import { open } from 'node:fs/promises';
import { H264_NAL } from '../cut/codec/h264.ts';
import { HEVC_NAL, hevcNalType } from '../cut/codec/hevc.ts';
import { nalUnits } from '../cut/codec/nal.ts';
import { hasPayload, PACKET_SIZE, payloadStart, pidOf, startsUnit } from '../cut/mpegts/packet.ts';
import { readPesHeader } from '../cut/mpegts/pes.ts';
import { type IndexedPicture, indexSegment, type SegmentIndex } from '../cut/mpegts/segment-index.ts';
import { findProgramme, type Programme } from '../cut/mpegts/tables.ts';
import { JoinWindows, type Seams, type Window } from './join-windows.ts';
import { PictureTimes } from './picture-times.ts';

/** What one pass over a finished transport stream tells. None of it grows with the length of the stream. */
export interface StreamScan {
	programme: Programme;
	/** How many there are. */
	pictures: number;
	/** When the first and the last one is shown (ticks); undefined when there is none. */
	shown: { first: number; last: number } | undefined;
	/** Bytes before the second picture; of all packets when there is none. */
	headSize: number;
	/** What to decode to look at every place where something was put together. */
	windows: Window[];
	/** Every distinct parameter set of the stream with its NAL header, sequence sets first, each in stream order. */
	sequenceSets: Buffer[];
	pictureSets: Buffer[];
	/** PIDs of the sounds that have any packet: some sources announce one that never comes. */
	soundPids: number[];
	/** Whether some pictures are coded as two fields: ffmpeg then counts each field as a picture when it copies. */
	hasFields: boolean;
	/** What is wrong, to follow "The made file "; undefined when nothing is. */
	fault: string | undefined;
}

/** Who wants to know of a scan, or to end it. */
export interface ScanWatch {
	signal?: AbortSignal | undefined;
	/** Told how much of the file is scanned, 0 to 1. */
	onProgress?: (fraction: number) => void;
}

/** The file is read in parts of so many packets (2 MB): a gigabyte is scanned in some 0.6 s, in the memory of one part. */
const PART = 11_000 * PACKET_SIZE;

/**
 * A part is looked at in slices of so many packets (256 KB). All that is made of one is garbage when the next one comes: with
 * slices of 2 MB, which hold a minute of small pictures, V8 was measured to take 70 MB more.
 */
const SLICE = 1400 * PACKET_SIZE;

/** A picture that is larger than this is none. */
const LARGEST_PICTURE = 64 * 1024 * 1024;

/**
 * Reads once through a transport stream that a cut has made: counts its pictures, and looks at the times and counters of
 * all packets. `seams` are the places that are known to have been put together. The stream's times must not wrap (a cut begins
 * at 0, and is shorter than 26 hours).
 *
 * @throws UnreadableSegmentError when it is no transport stream with audio or video.
 */
export async function scanStream(
	path: string,
	seams: Seams,
	{ signal, onProgress }: ScanWatch = {},
): Promise<StreamScan> {
	await using file = await open(path);
	const { size } = await file.stat();
	let scanned = 0;
	const scanner = new Scanner(seams);
	let buffer = Buffer.allocUnsafe(PART);
	let filled = 0;
	for (;;) {
		signal?.throwIfAborted();
		const { bytesRead } = await file.read(buffer, filled, buffer.length - filled);
		filled += bytesRead;
		const isLast = bytesRead === 0;
		if (!isLast && filled < buffer.length) continue;
		const used = scanner.parts(buffer.subarray(0, filled), isLast);
		scanned += used;
		onProgress?.(Math.min(1, scanned / size));
		if (isLast) return scanner.finish();
		buffer.copyWithin(0, used, filled);
		filled -= used;
		if (filled < buffer.length) continue;
		// One picture fills all of it.
		const larger = Buffer.allocUnsafe(buffer.length * 2);
		buffer.copy(larger);
		buffer = larger;
	}
}

class Scanner {
	readonly #times = new PictureTimes();
	readonly #windows: JoinWindows;
	#programme: Programme | undefined;
	#before: SegmentIndex | undefined;
	/** Bytes before the part that is looked at. */
	#base = 0;
	#secondPicture: number | undefined;
	#setsInForce = '';
	readonly #sequenceSets: Buffer[] = [];
	readonly #pictureSets: Buffer[] = [];
	#hasFields = false;
	#fault: string | undefined;
	readonly #lastSound = new Map<number, number>();
	readonly #seen = new Set<string>();

	constructor(seams: Seams) {
		this.#windows = new JoinWindows(seams);
	}

	/** Looks at bytes slice by slice. Returns how many are done. */
	parts(bytes: Buffer, isLast: boolean): number {
		let done = 0;
		for (let length = SLICE; ; length *= 2) {
			while (done + length < bytes.length) {
				const used = this.#part(bytes.subarray(done, done + length), false);
				// One picture fills all of it.
				if (used === 0) break;
				done += used;
			}
			if (done + length >= bytes.length) return done + this.#part(bytes.subarray(done), isLast);
		}
	}

	/** Looks at all of a part but its last picture, which may go on in the next one. Returns how many bytes are done. */
	#part(bytes: Buffer, isLast: boolean): number {
		this.#programme ??= findProgramme(bytes);
		if (this.#programme !== undefined && !holdsUnit(bytes, this.#programme.video?.pid)) {
			this.#done(bytes, bytes.length, this.#programme);
			return bytes.length;
		}
		const index = indexSegment(bytes, this.#before);
		this.#programme ??= index.programme;
		const programme = this.#programme;
		const last = index.pictures.at(-1);
		const keepsLast = !isLast && last !== undefined && bytes.length - last.at < LARGEST_PICTURE;
		const pictures = keepsLast ? index.pictures.slice(0, -1) : index.pictures;
		for (const picture of pictures) this.#picture(bytes, picture, programme);
		this.#note(this.#sequenceSets, index.sequenceSets);
		this.#note(this.#pictureSets, index.pictureSets);
		this.#fault ??= index.damage && `${index.damage} (counted from byte ${this.#base})`;
		this.#hasFields ||= index.hasFields;
		this.#before = index;
		const used = keepsLast ? last.at : bytes.length;
		this.#done(bytes, used, programme);
		return used;
	}

	finish(): StreamScan {
		const programme = this.#programme;
		if (programme === undefined) throw new RangeError('Nothing was scanned.');
		const { count, first, last } = this.#times;
		const size = this.#base - (this.#base % PACKET_SIZE);
		return {
			programme,
			pictures: count,
			shown: count === 0 ? undefined : { first, last },
			headSize: this.#secondPicture ?? size,
			windows: this.#windows.finish(size),
			sequenceSets: this.#sequenceSets,
			pictureSets: this.#pictureSets,
			soundPids: programme.audio.map(({ pid }) => pid).filter((pid) => this.#lastSound.has(pid)),
			hasFields: this.#hasFields,
			fault: this.#fault ?? this.#times.fault,
		};
	}

	#picture(bytes: Buffer, { pts, dts, access, at }: IndexedPicture, programme: Programme): void {
		this.#times.add(pts, dts);
		if (this.#times.count === 2) this.#secondPicture = this.#base + at;
		let isJoin = false;
		if (access !== 'none') {
			const sets = sequenceSetsAt(bytes, at, programme);
			isJoin = this.#setsInForce !== '' && sets !== this.#setsInForce;
			this.#setsInForce = sets;
		}
		this.#windows.add({ pts, access, at: this.#base + at, isJoin });
	}

	#note(known: Buffer[], sets: readonly Buffer[]): void {
		for (const set of sets) {
			const key = set.toString('latin1');
			if (!this.#seen.has(key)) known.push(set);
			this.#seen.add(key);
		}
	}

	/** Looks at the sound of the bytes that are done, and leaves them behind. */
	#done(bytes: Buffer, used: number, programme: Programme): void {
		const sounds = new Set(programme.audio.map(({ pid }) => pid));
		for (let at = 0; at + PACKET_SIZE <= used; at += PACKET_SIZE) {
			if (!startsUnit(bytes, at) || !sounds.has(pidOf(bytes, at)) || !hasPayload(bytes, at)) continue;
			const pid = pidOf(bytes, at);
			const { pts } = readPesHeader(bytes, payloadStart(bytes, at), at + PACKET_SIZE) ?? {};
			const before = this.#lastSound.get(pid) ?? Number.NEGATIVE_INFINITY;
			if (pts === undefined) continue;
			if (pts <= before) this.#fault ??= `has sound whose times do not rise: ${pts} after ${before}`;
			this.#lastSound.set(pid, pts);
		}
		this.#base += used;
	}
}

/** Whether a PES packet of the PID begins anywhere in whole transport packets. */
export function holdsUnit(bytes: Buffer, pid: number | undefined): boolean {
	for (let at = 0; pid !== undefined && at + PACKET_SIZE <= bytes.length; at += PACKET_SIZE)
		if (pidOf(bytes, at) === pid && startsUnit(bytes, at)) return true;
	return false;
}

/** A picture's parameter sets come within so many packets. */
const HEAD_PACKETS = 16;

/** The sequence parameter sets that come with the picture whose first packet is at `at`, as a key to compare. */
function sequenceSetsAt(bytes: Buffer, at: number, { video }: Programme): string {
	const payloads: Buffer[] = [];
	for (let next = at; next + PACKET_SIZE <= bytes.length && payloads.length < HEAD_PACKETS; ) {
		if (pidOf(bytes, next) === video?.pid && hasPayload(bytes, next)) {
			if (next !== at && startsUnit(bytes, next)) break;
			const header =
				next === at ? readPesHeader(bytes, payloadStart(bytes, at), at + PACKET_SIZE) : undefined;
			payloads.push(bytes.subarray(header?.payload ?? payloadStart(bytes, next), next + PACKET_SIZE));
		}
		next += PACKET_SIZE;
	}
	const head = Buffer.concat(payloads);
	const isHevc = video?.codec === 'hevc';
	const sets: string[] = [];
	for (const { start, end } of nalUnits(head)) {
		const nal = head.subarray(start, end);
		const type = isHevc ? hevcNalType(nal) : nal[0]! & 0x1f;
		const isSlice = isHevc ? type <= HEVC_NAL.lastSlice : type >= H264_NAL.slice && type <= H264_NAL.idr;
		if (isSlice) break;
		const isSequenceSet = isHevc ? type === HEVC_NAL.vps || type === HEVC_NAL.sps : type === H264_NAL.sps;
		if (isSequenceSet) sets.push(nal.toString('latin1'));
	}
	return sets.join('|');
}
