import type { AudioPiece, AudioTrack } from './audio-track.ts';
import { unwrap } from './mpegts/clock.ts';
import { PACKET_SIZE, payloadStart, startsUnit } from './mpegts/packet.ts';
import { readPesHeader } from './mpegts/pes.ts';
import { type CollectedPes, PesCollector } from './mpegts/pes-collector.ts';
import { DEFAULT_LEAD } from './mpegts/segment-index.ts';
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
}

/** One audio stream on its way from the packets of segments through an `AudioTrack` into the output. */
export class AudioInput {
	readonly #track: AudioTrack;
	readonly #pid: number;
	readonly #out: OutputStream;
	readonly #collector = new PesCollector();
	#slot: Slot | undefined;

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

	/** Takes the transport packet at `at`, which has payload. */
	packet(bytes: Uint8Array, at: number, moment: AudioMoment): void {
		const from = payloadStart(bytes, at);
		const end = at + PACKET_SIZE;
		if (!startsUnit(bytes, at)) {
			this.#complete(this.#collector.add(bytes.subarray(from, end)), moment);
			return;
		}
		this.#complete(this.#collector.finish(), moment);
		const header = readPesHeader(bytes, from, end);
		if (header === undefined) return;
		if (moment.put === 'now') {
			this.#out.releaseUpTo(Number.POSITIVE_INFINITY);
			this.#slot = this.#out.reserve();
		}
		this.#complete(this.#collector.begin(header, from, bytes.subarray(header.payload, end)), moment);
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
