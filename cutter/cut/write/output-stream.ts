import { wrap } from '../mpegts/clock.ts';
import { PACKET_SIZE, PAT_PID, PID_COUNT, pcrPacket, setContinuityCounter } from '../mpegts/packet.ts';
import { type PesToWrite, packetCount, writePes } from '../mpegts/pes.ts';
import { type Programme, writeTables } from '../mpegts/tables.ts';

/** Takes bytes in order; resolves when they may be overwritten. */
export type Sink = (chunks: readonly Uint8Array[]) => Promise<void>;

/** A place in the output that is filled in later: a PES packet whose end has not come yet. */
export interface Slot {
	packets: Uint8Array | undefined;
}

/** A PCR at least so often (ticks): ISO/IEC 13818-1, 2.7.2 allows 100 ms. */
const PCR_INTERVAL = 8_000;

/**
 * Collects the packets of the output and keeps what must hold over the whole stream: one programme, continuity
 * counters that run through, a DTS and a PCR that rise strictly.
 */
export class OutputStream {
	/** PID that carries the PCR: the video's, else that of the first sound. */
	readonly pcrPid: number;
	readonly #sink: Sink;
	readonly #pat: Buffer;
	readonly #pmt: Buffer;
	readonly #pmtPid: number;
	/** The last continuity counter of each PID: a table, since every packet needs it. */
	readonly #counters = new Uint8Array(PID_COUNT).fill(15);
	#pieces: (Uint8Array | Slot)[] = [];
	/** Late sound of a finished run, by the time at which it is to arrive. */
	#deferred: { at: number; packets: Uint8Array }[] = [];
	#lastDts = Number.NEGATIVE_INFINITY;
	#lastPcr = Number.NEGATIVE_INFINITY;
	/** Resolves when the sink is done with all that it got. */
	#flushed: Promise<void> = Promise.resolve();
	/** Bytes handed to the sink. */
	written = 0;

	constructor(programme: Programme, sink: Sink) {
		this.#sink = sink;
		this.#pmtPid = programme.pmtPid;
		this.pcrPid = programme.video?.pid ?? programme.audio[0]?.pid ?? 0;
		const { pat, pmt } = writeTables(programme, this.pcrPid);
		this.#pat = pat;
		this.#pmt = pmt;
		const tables = Buffer.alloc(2 * PACKET_SIZE);
		this.writeTable('pat', tables.subarray(0, PACKET_SIZE));
		this.writeTable('pmt', tables.subarray(PACKET_SIZE));
		this.keep(tables);
	}

	/** Turns the 188 bytes of `packet` into our PAT or PMT. */
	writeTable(table: 'pat' | 'pmt', packet: Uint8Array): void {
		packet.set(table === 'pat' ? this.#pat : this.#pmt);
		setContinuityCounter(packet, 0, this.nextCounter(table === 'pat' ? PAT_PID : this.#pmtPid));
	}

	/** The continuity counter for the next packet of a PID that has payload. */
	nextCounter(pid: number): number {
		const counter = (this.#counters[pid]! + 1) & 15;
		this.#counters[pid] = counter;
		return counter;
	}

	/** Counts `count` packets of a PID that carry the counters which are due. */
	skipCounters(pid: number, count: number): void {
		this.#counters[pid] = (this.#counters[pid]! + count) & 15;
	}

	lastCounter(pid: number): number {
		return this.#counters[pid]!;
	}

	/** Adds packets as they are. They must not change until the next `flush` is over. */
	keep(packets: Uint8Array): void {
		if (packets.length > 0) this.#pieces.push(packets);
	}

	/** Holds a place for packets that are not complete. */
	reserve(): Slot {
		const slot: Slot = { packets: undefined };
		this.#pieces.push(slot);
		return slot;
	}

	/** Makes one PES packet's transport packets, with the counters that follow on the PID's last ones. */
	makePes(pes: Omit<PesToWrite, 'lastCounter'>): Buffer {
		const packets = writePes({ ...pes, lastCounter: this.lastCounter(pes.pid) });
		this.skipCounters(pes.pid, packetCount(packets));
		return packets;
	}

	/** Keeps packets back until the output has come to the time `at` (a PCR). */
	defer(at: number, packets: Uint8Array): void {
		this.#deferred.push({ at, packets });
	}

	get hasDeferred(): boolean {
		return this.#deferred.length > 0;
	}

	/** Adds what was kept back for times up to `at`. */
	releaseUpTo(at: number): void {
		while (this.#deferred.length > 0 && this.#deferred[0]!.at <= at)
			this.keep(this.#deferred.shift()!.packets);
	}

	/** A DTS for the next picture: `dts`, moved just behind the last one if it is not after it. */
	risingDts(dts: number): number {
		this.#lastDts = Math.max(dts, this.#lastDts + 1);
		return this.#lastDts;
	}

	/** A PCR for the next packet that carries one: `pcr`, moved just behind the last one if it is not after it. */
	risingPcr(pcr: number): number {
		this.#lastPcr = Math.max(pcr, this.#lastPcr + 1);
		return this.#lastPcr;
	}

	/** Whether no PCR has been written for so long that `pcr` should be. */
	needsClock(pcr: number): boolean {
		return pcr - this.#lastPcr >= PCR_INTERVAL;
	}

	/** A packet with nothing but the PCR `pcr`. */
	makeClock(pcr: number): Buffer {
		return pcrPacket(this.pcrPid, wrap(this.risingPcr(pcr)), this.lastCounter(this.pcrPid));
	}

	/**
	 * Hands everything to the sink, up to a slot at the very end that is still open, when the sink is done with what it
	 * got before. Resolves when the bytes may be overwritten.
	 */
	flush(): Promise<void> {
		const chunks: Uint8Array[] = [];
		const open: Slot[] = [];
		for (const piece of this.#pieces) {
			if (piece instanceof Uint8Array) chunks.push(piece);
			else if (piece.packets !== undefined) chunks.push(piece.packets);
			else open.push(piece);
		}
		this.#pieces = open;
		if (chunks.length === 0) return this.#flushed;
		this.written += chunks.reduce((sum, chunk) => sum + chunk.length, 0);
		this.#flushed = this.#flushed.then(() => this.#sink(chunks));
		// Whoever awaits it sees the failure; until then it must not count as unhandled.
		this.#flushed.catch(() => {});
		return this.#flushed;
	}

	/** Ends the stream: what was kept back, then everything. Slots that were never filled stay empty. */
	async end(): Promise<void> {
		this.releaseUpTo(Number.POSITIVE_INFINITY);
		await this.flush();
	}
}
