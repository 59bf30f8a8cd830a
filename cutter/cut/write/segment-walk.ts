import type { EncodedPicture } from '../encode/edge-codec.ts';
import { unwrap, wrap } from '../mpegts/clock.ts';
import {
	clearDiscontinuity,
	continuityCounter,
	hasPayload,
	hasPcr,
	PACKET_SIZE,
	PAT_PID,
	payloadStart,
	pidOf,
	readPcr,
	setContinuityCounter,
	setPid,
	startsUnit,
	writePcr,
} from '../mpegts/packet.ts';
import { readPesHeader, retimePes } from '../mpegts/pes.ts';
import type { IndexedPicture, SegmentIndex, SoundMove } from '../mpegts/segment-index.ts';
import type { AudioInput, AudioMoment } from './audio-input.ts';
import type { OutputStream } from './output-stream.ts';

/** What becomes of a picture of the source. */
export type Fate = 'before' | 'replaced' | 'copied' | 'after';

/** A re-encoded picture and its PTS on the output's clock. */
export interface Replacement {
	picture: EncodedPicture;
	pts: number;
}

/** One segment's part of a run. */
export interface SegmentPart {
	bytes: Buffer;
	index: SegmentIndex;
	/** What to add to the segment's times to be on the output's clock. */
	delta: number;
	/** What becomes of the n-th picture in decoding order. */
	fate: (picture: number) => Fate;
	/** For the replaced pictures, in order. */
	replacements: Iterator<Replacement>;
	/** By the PID in this segment. */
	audio: ReadonlyMap<number, AudioInput>;
	out: OutputStream;
	/** What becomes of packets that go on with a picture of the segment before. */
	carried: Fate;
}

/** A PCR that is further than this from its picture's DTS (10 s) is none. */
const CLOCK_SANITY = 900_000;

/**
 * Walks once through the packets of a segment and puts those that are wanted into the output, in the order of the
 * source. Copied packets are changed where they lie (PTS, DTS, PCR, PID, continuity counter), so `bytes` must not be
 * used again before the output is flushed. Returns the fate of the last picture.
 */
export function walkSegment(part: SegmentPart): Fate {
	const { bytes, index, out, delta } = part;
	const videoPid = index.programme.video?.pid ?? -1;
	const outputPid = out.pcrPid;
	const { duplicates, continuations, pictures, stops } = index;
	const end = bytes.length - index.trailingBytes;
	let fate = part.carried;
	let number = -1;
	let picture: IndexedPicture | undefined;
	let started = videoPid === -1 || fate === 'copied' || fate === 'replaced' || part.fate(0) !== 'before';
	/** Where the packets begin that go into the output together; -1 when the last one did not. */
	let keptFrom = -1;
	const put = (at: number) => {
		if (keptFrom !== -1) out.keep(bytes.subarray(keptFrom, at));
		keptFrom = -1;
	};
	/** The plain packets of [from, to) go on with the picture. */
	const goOn = (from: number, to: number) => {
		if (from === to) return;
		if (fate !== 'copied') put(from);
		else {
			renumberPlain(part, from, to);
			if (keptFrom === -1) keptFrom = from;
		}
	};
	let audio = part.audio;
	let moves = 0;
	const moment: AudioMoment = { near: index.smallestPts, delta, put: 'now', before: put };
	for (const input of audio.values()) input.beginSegment();

	let looked = 0;
	for (let stop = 0; stop < stops.length; stop++) {
		const at = stops[stop]!;
		goOn(looked, at);
		looked = at + PACKET_SIZE;
		const pid = pidOf(bytes, at);
		if (pid !== videoPid) {
			for (; index.soundMoves[moves]?.at === at; moves++) audio = moved(audio, index.soundMoves[moves]!);
			const input = audio.get(pid);
			if (input !== undefined) {
				if (!hasPayload(bytes, at) || duplicates.has(at)) {
					put(at);
					continue;
				}
				moment.put = fate === 'after' ? { at: arrivalOf(picture, delta) } : 'now';
				if (!input.packet(part, stop, moment)) put(at);
				else if (keptFrom === -1) keptFrom = at;
			} else if (started && fate !== 'after' && startsUnit(bytes, at) && isTable(pid, index)) {
				out.writeTable(pid === PAT_PID ? 'pat' : 'pmt', bytes.subarray(at, at + PACKET_SIZE));
				if (keptFrom === -1) keptFrom = at;
			} else put(at);
			continue;
		}
		const payload = hasPayload(bytes, at);
		const begins = payload && startsUnit(bytes, at);
		if (begins && !continuations.has(at) && pictures[number + 1]?.at === at) {
			number++;
			picture = pictures[number]!;
			fate = part.fate(number);
			if (fate === 'copied' || fate === 'replaced') {
				started = true;
				const arrival = arrivalOf(picture, delta);
				if (out.hasDeferred) {
					put(at);
					out.releaseUpTo(arrival);
				}
				if (fate === 'replaced') {
					put(at);
					putReplacement(part, picture, arrival);
				} else if (!hasPcr(bytes, at) && out.needsClock(arrival)) {
					put(at);
					out.keep(out.makeClock(arrival));
				}
			}
		}
		if (fate !== 'copied' || (duplicates.size > 0 && duplicates.has(at))) {
			put(at);
			continue;
		}
		if (begins) {
			const header = payloadStart(bytes, at);
			if (picture !== undefined && picture.at === at)
				retimePes(bytes, header, picture.pts + delta, out.risingDts(picture.dts + delta));
			else shiftPes(bytes, header, at + PACKET_SIZE, delta);
		}
		if (hasPcr(bytes, at)) {
			const near = (picture?.dts ?? index.smallestPts) + delta;
			const pcr = unwrap(readPcr(bytes, at) + delta, near);
			const sane = Math.abs(pcr - near) < CLOCK_SANITY;
			writePcr(bytes, at, wrap(out.risingPcr(sane ? pcr : arrivalOf(picture, delta))));
		}
		clearDiscontinuity(bytes, at);
		setContinuityCounter(bytes, at, payload ? out.nextCounter(outputPid) : out.lastCounter(outputPid));
		if (outputPid !== videoPid) setPid(bytes, at, outputPid);
		if (keptFrom === -1) keptFrom = at;
	}
	goOn(looked, end);
	put(end);
	return fate;
}

/** Gives the plain video packets of [from, to), which are copied, the counters that are due and the output's PID. */
function renumberPlain({ bytes, index, out }: SegmentPart, from: number, to: number): void {
	const outputPid = out.pcrPid;
	const last = out.lastCounter(outputPid);
	out.skipCounters(outputPid, (to - from) / PACKET_SIZE);
	if (outputPid !== index.programme.video?.pid)
		for (let at = from; at < to; at += PACKET_SIZE) setPid(bytes, at, outputPid);
	if (continuityCounter(bytes, from) === ((last + 1) & 15)) return;
	// A plain packet has payload and no adaptation field, and the source's counters rise by one.
	let counter = last;
	for (let at = from + 3; at < to; at += PACKET_SIZE) {
		counter = (counter + 1) & 15;
		bytes[at] = 0x10 | counter;
	}
}

/** The inputs by their PID after a move. */
function moved(inputs: SegmentPart['audio'], { from, to }: SoundMove): SegmentPart['audio'] {
	const input = inputs.get(from);
	if (input === undefined) return inputs;
	input.movePid();
	return new Map([...[...inputs].filter(([, other]) => other !== input), [to, input]]);
}

/** When the picture's first packet is to arrive, on the output's clock: its PCR. */
function arrivalOf(picture: IndexedPicture | undefined, delta: number): number {
	return picture === undefined ? Number.NEGATIVE_INFINITY : picture.dts - picture.lead + delta;
}

function isTable(pid: number, index: SegmentIndex): boolean {
	return pid === PAT_PID || pid === index.programme.pmtPid;
}

/** Writes the next re-encoded picture in the place of `picture`. */
function putReplacement(
	{ out, replacements, delta }: SegmentPart,
	picture: IndexedPicture,
	arrival: number,
): void {
	const next = replacements.next();
	if (next.done === true) throw new RangeError('There are fewer re-encoded pictures than places for them.');
	const { picture: encoded, pts } = next.value;
	const packets = out.makePes({
		pid: out.pcrPid,
		streamId: 0xe0,
		pts,
		dts: out.risingDts(picture.dts + delta),
		payload: encoded.bytes,
		unbounded: true,
		pcr: wrap(out.risingPcr(arrival)),
		randomAccess: encoded.isKey,
	});
	out.keep(packets);
}

/** Moves the times of a PES packet that begins no picture, such as a second field's. */
function shiftPes(bytes: Buffer, at: number, end: number, delta: number): void {
	const header = readPesHeader(bytes, at, end);
	if (header?.pts !== undefined) retimePes(bytes, at, header.pts + delta, (header.dts ?? header.pts) + delta);
}
