import type { Writable } from 'node:stream';
import type { SequenceSegment } from '../../segments/best-sequence.ts';
import type { IndexedPicture, SegmentIndex } from '../mpegts/segment-index.ts';
import { fateIn, type Place } from '../plan/planned-run.ts';
import { readRun } from '../source/read-run.ts';
import { isOfKind, soundKind } from '../source/sound-format.ts';
import { sameCodecs, sameStreams } from '../source/stream-format.ts';
import { AudioInput } from './audio-input.ts';
import { AudioTrack, type Silence } from './audio-track.ts';
import { OutputStream, type Sink } from './output-stream.ts';
import { type Fate, walkSegment } from './segment-walk.ts';

/** A sink that writes to a pipe and waits while it is full. A reader that closes it early has had enough. */
export function pipeSink(pipe: Writable): Sink {
	return async (chunks) => {
		for (const chunk of chunks) {
			if (pipe.destroyed || pipe.writableEnded) return;
			// A copy: the pipe keeps what it was given after it says that there is room for more.
			if (!pipe.write(Buffer.from(chunk))) await hasRoom(pipe);
		}
	};
}

/** Waits until a full pipe takes more, or is closed. */
function hasRoom(pipe: Writable): Promise<void> {
	return new Promise((resolve) => {
		const done = () => {
			pipe.off('drain', done).off('close', done);
			resolve();
		};
		pipe.on('drain', done).on('close', done);
	});
}

/** What is written to a decoder. */
export interface Feed {
	segments: readonly SequenceSegment[];
	/** The pictures of these places. */
	decodeFrom: Place;
	decodeTo: Place;
	/** The segment to begin to read with, if that is one before the pictures: sound may come earlier than they. */
	readFrom?: number;
	/** Added to all times, which are on the clock of the first segment that is read. */
	base: number;
	/**
	 * Of the pictures only those from `from` to `to` (on the decoder's clock) are to be seen: of the others, those that
	 * nothing refers to are left out.
	 */
	shown?: { from: number; to: number };
	/** Ends with the stream that the pictures are of: where another follows, a decoder's filters would begin anew. */
	oneFormat?: boolean;
	/**
	 * The sound between these times on the decoder's clock; without it, there is none. Of each stream only the frames of
	 * its kind are taken, if that is told: filters of others would begin anew.
	 */
	sound?: { from: number; to: number; kinds?: readonly (string | undefined)[] };
}

/** Sound is looked for in this many segments after the one with the last picture. */
const SEGMENTS_FOR_SOUND = 1;

/**
 * Writes a transport stream of what `feed` says into `pipe`, and ends it. Returns for each audio stream where it has none,
 * in ticks after `sound.from`.
 */
export async function writeFeed(
	feed: Feed,
	pipe: Writable,
	signal?: AbortSignal,
): Promise<(readonly Silence[])[]> {
	const { segments, decodeFrom, decodeTo, readFrom = decodeFrom.segment, base, sound } = feed;
	const { shown = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY } } = feed;
	let out: OutputStream | undefined;
	let inputs: AudioInput[] = [];
	let tracks: AudioTrack[] = [];
	let carried: Fate = 'before';
	let own: SegmentIndex | undefined;
	for await (const { number, bytes, index, shift, jumped } of readRun(segments, readFrom, {
		until: decodeTo.segment,
		signal,
	})) {
		if (number <= decodeFrom.segment) own = index;
		else if (feed.oneFormat && own !== undefined) {
			if (!(sound?.kinds === undefined ? sameStreams(own, index) : sameCodecs(own, index))) break;
			own = index;
		}
		if (out === undefined) {
			const programme = sound === undefined ? { ...index.programme, audio: [] } : index.programme;
			const output = new OutputStream(programme, pipeSink(pipe));
			out = output;
			tracks = programme.audio.map(({ codec, descriptors }, n) => {
				const kind = sound?.kinds?.[n];
				return new AudioTrack(codec, (frame) => isOfKind(kind, kind && soundKind(codec, frame, descriptors)));
			});
			inputs = tracks.map((track, n) => new AudioInput(track, programme.audio[n]!.pid, output));
			for (const track of tracks) {
				track.beginRun(sound?.from ?? 0);
				track.endRun(sound?.to ?? 0);
			}
		} else if (jumped) {
			for (const input of inputs) input.reset();
			for (const track of tracks) track.rejoin();
		}
		const delta = shift + base;
		const fate = fateIn(number, [
			['before', decodeFrom],
			['copied', decodeTo],
		]);
		// A set that does not say how long pictures wait leaves a decoder to find out by all that come.
		const tellsOrder = index.sps?.reordering !== undefined;
		const isNeedless = ({ disposable, pts }: IndexedPicture) =>
			disposable && tellsOrder && (pts + delta < shown.from || pts + delta > shown.to);
		carried = walkSegment({
			...{ bytes, index, out, carried, delta },
			fate: (picture) =>
				fate(picture) === 'copied' && isNeedless(index.pictures[picture]!) ? 'before' : fate(picture),
			replacements: [].values(),
			audio: new Map(index.programme.audio.slice(0, inputs.length).map(({ pid }, n) => [pid, inputs[n]!])),
		});
		await out.flush();
		const pastPictures = carried === 'after' || number > decodeTo.segment;
		if (pipe.destroyed || number > decodeTo.segment + SEGMENTS_FOR_SOUND) break;
		if (pastPictures && tracks.every((track) => track.done)) break;
	}
	await out?.end();
	pipe.end();
	return tracks.map((track) => track.silences());
}
