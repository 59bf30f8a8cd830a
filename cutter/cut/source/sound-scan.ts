import type { SequenceSegment } from '../../segments/best-sequence.ts';
import { type AudioFrame, AudioSplitter } from '../codec/audio-splitter.ts';
import { unwrap } from '../mpegts/clock.ts';
import { hasPayload, PACKET_SIZE, payloadStart, pidOf, startsUnit } from '../mpegts/packet.ts';
import { readPesHeader } from '../mpegts/pes.ts';
import { type CollectedPes, PesCollector } from '../mpegts/pes-collector.ts';
import type { AudioCodec } from '../mpegts/tables.ts';
import type { PlannedRun } from '../plan/planned-run.ts';
import { readRun } from './read-run.ts';
import { isOfKind, soundKind } from './sound-format.ts';

/** The frames of one audio stream. */
export interface ScannedSound {
	codec: AudioCodec;
	descriptors: Buffer;
	frames: AudioFrame[];
}

/**
 * The frames of each audio stream that begin in the segments [from, to] of a run, in the order of the PMT. Times in ticks, on
 * the clock of the segment `from`.
 */
export async function scanSound(
	segments: readonly SequenceSegment[],
	from: number,
	to: number,
	signal?: AbortSignal,
): Promise<ScannedSound[]> {
	const last = Math.min(to, segments.length - 1);
	let sounds: (ScannedSound & { reader: SoundReader })[] | undefined;
	for await (const { bytes, index, shift } of readRun(segments.slice(0, last + 1), from, {
		until: last,
		signal,
	})) {
		sounds ??= index.programme.audio.map(({ codec, descriptors }) => ({
			...{ codec, descriptors, frames: [] },
			reader: new SoundReader(codec),
		}));
		for (const [n, { pid, codec }] of index.programme.audio.entries()) {
			const sound = sounds[n];
			if (sound?.codec === codec)
				sound.frames.push(...sound.reader.read(bytes, pid, index.smallestPts, shift));
		}
	}
	return (sounds ?? []).map(({ codec, descriptors, frames }) => ({ codec, descriptors, frames }));
}

/**
 * Of each of the first `sounds` audio streams of a run, whether it has no frame beneath the run's pictures. Reads no more than
 * it takes to find one of each.
 */
export async function silentSounds(
	{ segments, walkFrom, end, startPts, endPts, soundKinds }: PlannedRun,
	sounds: number,
	signal?: AbortSignal,
): Promise<boolean[]> {
	const silent = Array.from({ length: sounds }, () => true);
	let readers: { codec: AudioCodec; reader: SoundReader }[] | undefined;
	if (sounds === 0) return silent;
	for await (const { number, bytes, index, shift } of readRun(segments, walkFrom, {
		until: walkFrom,
		signal,
	})) {
		const { audio } = index.programme;
		readers ??= audio.map(({ codec }) => ({ codec, reader: new SoundReader(codec) }));
		for (const [n, { pid, codec, descriptors }] of audio.slice(0, sounds).entries()) {
			const own = readers[n];
			if (own?.codec !== codec || !silent[n]) continue;
			const frames = own.reader.read(bytes, pid, index.smallestPts, shift);
			silent[n] = !frames.some(
				(frame) =>
					frame.end > startPts &&
					frame.start < endPts &&
					isOfKind(soundKinds[n], soundKind(codec, frame.bytes, descriptors)),
			);
		}
		if (number > end.segment || !silent.includes(true)) break;
	}
	return silent;
}

/** Reads the audio frames of one PID out of transport streams that follow each other. */
export class SoundReader {
	readonly #splitter: AudioSplitter;
	readonly #collector = new PesCollector();

	constructor(codec: AudioCodec) {
		this.#splitter = new AudioSplitter(codec);
	}

	/** The frames that are whole by the end of `bytes`. `near`: a time near theirs; `shift` is added to all. */
	read(bytes: Uint8Array, pid: number, near: number, shift: number): AudioFrame[] {
		const frames: AudioFrame[] = [];
		const take = (pes: CollectedPes | undefined) => {
			if (pes === undefined) return;
			const pts = pes.pts === undefined ? undefined : unwrap(pes.pts, near) + shift;
			frames.push(...this.#splitter.push(pes.payload, pts));
		};
		for (let at = 0; at + PACKET_SIZE <= bytes.length; at += PACKET_SIZE) {
			if (pidOf(bytes, at) !== pid || !hasPayload(bytes, at)) continue;
			const from = payloadStart(bytes, at);
			const end = at + PACKET_SIZE;
			if (!startsUnit(bytes, at)) {
				take(this.#collector.add(bytes.subarray(from, end)));
				continue;
			}
			take(this.#collector.finish());
			const header = readPesHeader(bytes, from, end);
			if (header !== undefined)
				take(this.#collector.begin(header, from, bytes.subarray(header.payload, end)));
		}
		return frames;
	}

	/** What is left at the end. */
	end(near: number, shift: number): AudioFrame[] {
		const pes = this.#collector.finish();
		if (pes === undefined) return [];
		const pts = pes.pts === undefined ? undefined : unwrap(pes.pts, near) + shift;
		return this.#splitter.push(pes.payload, pts);
	}
}
