import { unwrap } from '../mpegts/clock.ts';
import {
	adaptationFlags,
	continuityCounter,
	hasPayload,
	isDiscontinuity,
	PACKET_SIZE,
	payloadStart,
	pidOf,
	setContinuityCounter,
	setPid,
	startsUnit,
} from '../mpegts/packet.ts';
import { type PesHeader, readPesHeader, retimePes } from '../mpegts/pes.ts';
import { type CollectedPes, PesCollector } from '../mpegts/pes-collector.ts';
import { DEFAULT_LEAD, type SegmentIndex } from '../mpegts/segment-index.ts';
import type { AudioPiece, AudioTrack } from './audio-track.ts';
import type { OutputStream, Slot } from './output-stream.ts';

/** Where in the run, and in the output, the walk through the packets is. */
export interface AudioMoment {
	/** A time near the packet's, on the segment's clock: undoes the wrap of its PTS. */
	near: number;
	/** What to add to the segment's times to be on the output's clock. */
	delta: number;
	/**
	 * How sound is put into the output: `now`, at its own place among the pictures; or, when the pictures of the run are
	 * over, kept back until the output's clock reaches `at`, among the pictures of the next run.
	 */
	put: 'now' | { at: number };
	/** To be called before anything goes into the output: adds what is wanted of the packets before this offset. */
	before: (at: number) => void;
}

/** A segment's packets, and where to stop at them. */
interface SegmentBytes {
	bytes: Buffer;
	index: Pick<SegmentIndex, 'stops' | 'duplicates'>;
}

/** A PES packet whose transport packets all lie in one segment. */
interface WholePes {
	header: PesHeader;
	/** Lent until the next one is asked for. */
	payload: Buffer;
	/** Offsets of its transport packets. */
	places: number[];
	/** Whether its headers hold nothing but a PTS and what can stay as it is. */
	isPlain: boolean;
}

/** Adaptation field: a discontinuity, a clock, a splice, private data or an extension; all but the random access flag and priority. */
const ADAPTATION_EXTRAS = 0x9f;
/** PES header: ESCR, rate, trick mode, copy info, CRC or an extension, and a DTS. */
const PES_EXTRAS = 0x7f;

/** One audio stream on its way from the packets of segments through an `AudioTrack` into the output. */
export class AudioInput {
	readonly #track: AudioTrack;
	readonly #pid: number;
	readonly #out: OutputStream;
	readonly #collector = new PesCollector();
	#slot: Slot | undefined;
	/** A PES packet's length has 16 bits. */
	readonly #scratch = Buffer.allocUnsafeSlow(0x10000);
	/** Up to this offset in the segment all is done, and what of it belongs to this stream stays where it lies, or goes. */
	#wholeTo = -1;
	#wholeStays = false;
	/** Of the segment's last packet of this stream; -1 before the first. */
	#counter = -1;

	constructor(track: AudioTrack, pid: number, out: OutputStream) {
		this.#track = track;
		this.#pid = pid;
		this.#out = out;
	}

	/** Forgets the PES packet that has not ended: what comes next is from elsewhere. */
	reset(): void {
		this.#collector.reset();
		this.#slot = undefined;
	}

	/** The packets of another segment follow. */
	beginSegment(): void {
		this.#wholeTo = -1;
		this.#counter = -1;
	}

	/** What follows comes on another PID, with counters of its own. */
	movePid(): void {
		this.#counter = -1;
	}

	/**
	 * Takes the transport packet at the n-th stop of a segment, which has payload. Returns whether it stays where it lies,
	 * as a part of the output, and is changed there as it has to be. Sound that is taken as it is, which is nearly
	 * all, costs little so.
	 */
	packet({ bytes, index }: SegmentBytes, stop: number, moment: AudioMoment): boolean {
		const at = index.stops[stop]!;
		if (at <= this.#wholeTo) {
			if (this.#wholeStays) setPid(bytes, at, this.#pid);
			return this.#wholeStays;
		}
		const from = payloadStart(bytes, at);
		const end = at + PACKET_SIZE;
		if (!this.#goesOn(bytes, at)) this.#loseFrames(at, moment);
		if (!startsUnit(bytes, at)) {
			moment.before(at);
			this.#complete(this.#collector.add(bytes.subarray(from, end)), moment);
			return false;
		}
		const open = this.#collector.finish();
		if (open !== undefined || this.#out.hasDeferred) moment.before(at);
		this.#complete(open, moment);
		const header = readPesHeader(bytes, from, end);
		if (header === undefined) return false;
		if (moment.put === 'now') {
			this.#out.releaseUpTo(Number.POSITIVE_INFINITY);
			const pes = header.pts === undefined ? undefined : this.#wholePes({ bytes, index }, stop, header);
			if (pes !== undefined) return this.#takeWhole(bytes, from, pes, moment);
			moment.before(at);
			this.#slot = this.#out.reserve();
		} else moment.before(at);
		this.#complete(this.#collector.begin(header, from, bytes.subarray(header.payload, end)), moment);
		return false;
	}

	/** Whether the packet is the one that its counter says is due. */
	#goesOn(bytes: Buffer, at: number): boolean {
		const before = this.#counter;
		this.#counter = continuityCounter(bytes, at);
		return before === -1 || this.#counter === ((before + 1) & 15) || isDiscontinuity(bytes, at);
	}

	/** Packets are missing: the frame that they were part of would be heard as noise. */
	#loseFrames(at: number, moment: AudioMoment): void {
		moment.before(at);
		this.#complete(this.#collector.finish(), moment);
		this.#track.loseFrames();
	}

	/** Puts a PES packet together of which all transport packets lie in the segment; undefined when they do not. */
	#wholePes({ bytes, index }: SegmentBytes, stop: number, header: PesHeader): WholePes | undefined {
		const { stops, duplicates } = index;
		const first = stops[stop]!;
		const pid = pidOf(bytes, first);
		const length = header.length - (header.payload - payloadStart(bytes, first) - 6);
		if (header.length === 0 || length <= 0) return undefined;
		const places: number[] = [];
		let isPlain = (bytes[payloadStart(bytes, first) + 7]! & PES_EXTRAS) === 0;
		let gathered = 0;
		let counter = this.#counter;
		for (let next = stop; next < stops.length && gathered < length; next++) {
			const at = stops[next]!;
			if (pidOf(bytes, at) !== pid || !hasPayload(bytes, at) || duplicates.has(at)) continue;
			if (at !== first) {
				counter = (counter + 1) & 15;
				if (startsUnit(bytes, at) || continuityCounter(bytes, at) !== counter) return undefined;
			}
			const from = at === first ? header.payload : payloadStart(bytes, at);
			if ((adaptationFlags(bytes, at) & ADAPTATION_EXTRAS) !== 0) isPlain = false;
			bytes.copy(this.#scratch, gathered, from, Math.min(at + PACKET_SIZE, from + length - gathered));
			gathered += at + PACKET_SIZE - from;
			places.push(at);
		}
		if (gathered < length) return undefined;
		return {
			header,
			payload: this.#scratch.subarray(0, length),
			places,
			isPlain: isPlain && gathered === length,
		};
	}

	/** Takes such a PES packet: it stays where it lies when all of it is wanted as it is. */
	#takeWhole(
		bytes: Buffer,
		headerAt: number,
		{ header, payload, places, isPlain }: WholePes,
		{ near, delta, before }: AudioMoment,
	): boolean {
		this.#wholeTo = places.at(-1)!;
		this.#counter = continuityCounter(bytes, this.#wholeTo);
		const piece = this.#track.take(payload, unwrap(header.pts!, near) + delta);
		// Sound that carries the clock gets more than new times.
		this.#wholeStays = piece?.payload === payload && isPlain && this.#pid !== this.#out.pcrPid;
		if (piece === undefined) return false;
		if (!this.#wholeStays) {
			before(places[0]!);
			this.#out.keep(this.#packets(piece, header.streamId));
			return false;
		}
		retimePes(bytes, headerAt, piece.pts, piece.pts);
		// Each of the others gets its PID when it is come to: in the source that may be the PID of another sound.
		setPid(bytes, places[0]!, this.#pid);
		for (const at of places) setContinuityCounter(bytes, at, this.#out.nextCounter(this.#pid));
		return true;
	}

	#complete(pes: CollectedPes | undefined, moment: AudioMoment): void {
		if (pes === undefined) return;
		const slot = this.#slot;
		this.#slot = undefined;
		const pts = pes.pts === undefined ? undefined : unwrap(pes.pts, moment.near) + moment.delta;
		const piece = this.#track.take(pes.payload, pts);
		const packets = piece === undefined ? NOTHING : this.#packets(piece, pes.streamId);
		if (slot !== undefined) slot.packets = packets;
		else if (piece === undefined) return;
		else if (moment.put === 'now') this.#out.keep(packets);
		else this.#out.defer(moment.put.at, packets);
	}

	/** Where there are no pictures, the clock goes with the sound. */
	#packets({ pts, payload }: AudioPiece, streamId: number): Buffer {
		const arrival = pts - DEFAULT_LEAD;
		const carriesClock = this.#pid === this.#out.pcrPid && this.#out.needsClock(arrival);
		const clock = carriesClock ? this.#out.makeClock(arrival) : NOTHING;
		return Buffer.concat([clock, this.#out.makePes({ pid: this.#pid, streamId, pts, payload })]);
	}
}

const NOTHING = Buffer.alloc(0);
