import type { EdgePictures } from '../encode/edge-pictures.ts';
import { DEFAULT_LEAD } from '../mpegts/segment-index.ts';
import type { Programme } from '../mpegts/tables.ts';
import { sameParameters } from '../plan/parameters.ts';
import { type EdgeToEncode, fateIn, type Place, type PlannedRun } from '../plan/planned-run.ts';
import { type LoadedSegment, readRun } from '../source/read-run.ts';
import { soundChanges } from '../source/stream-format.ts';
import { AudioInput } from './audio-input.ts';
import { AudioTrack, type Silence } from './audio-track.ts';
import { OutputStream, type Sink } from './output-stream.ts';
import { type Fate, type Replacement, walkSegment } from './segment-walk.ts';

/** The re-encoded edges of a run: each is started when it is first asked for. */
export interface RunEdges {
	head: () => PictureSource | undefined;
	tail: () => PictureSource | undefined;
	/** Makes the sound of the run, instead of that which it has; for each audio stream, by its number. */
	sound?: (number: number, moment: SoundMoment) => Promise<MadeSound | undefined>;
}

/** Where re-encoded pictures come from. */
export type PictureSource = Pick<EdgePictures, 'take' | 'end'>;

/** Where sound is to be made; ticks on the output's clock. */
export interface SoundMoment {
	/** Of the pictures. */
	start: number;
	end: number;
	/** Where the sound before ends, if there is any, and what was added to the source's times there. */
	soundEnd: number | undefined;
	shift: number;
}

/** Frames of sound that follow each other. */
export interface MadeSound {
	start: number;
	/** Of one frame. */
	length: number;
	frames: Uint8Array[];
	streamId: number;
}

/** What has been written of one run. */
export interface WrittenRun {
	pictures: number;
	/** Ticks. */
	duration: number;
	/** Of each audio stream that was copied: where there is none. */
	silences: (readonly Silence[])[];
}

/** In the middle of a run the streams or their parameter sets change, so that copied pictures cannot follow each other. */
export class ChangedStreamError extends Error {
	override name = 'ChangedStreamError';
	/** Number of the segment in its run. */
	readonly number: number;

	constructor(number: number, message: string) {
		super(message);
		this.number = number;
	}
}

/** In the middle of a run the sound becomes of another kind, so that one copied stream cannot hold it. */
export class ChangedSoundError extends Error {
	override name = 'ChangedSoundError';
	/** From when on: wall time, ticks. */
	readonly wall: number;

	constructor(wall: number) {
		super('The sound becomes of another kind.');
		this.wall = wall;
	}
}

/** Leaves room for sound that begins up to half a frame before the first picture: no time may be negative (ticks). */
const SOUND_BEFORE = 9_000;

/** Writes the runs of a cut, one after the other, as one transport stream. */
export class Assembler {
	readonly #programme: Programme;
	readonly #out: OutputStream;
	readonly #tracks: AudioTrack[];
	readonly #signal: AbortSignal | undefined;
	/** Where the next run's pictures begin; undefined before the first. */
	#next: number | undefined;

	constructor(programme: Programme, sink: Sink, signal?: AbortSignal) {
		this.#programme = programme;
		this.#out = new OutputStream(programme, sink);
		this.#tracks = programme.audio.map(({ codec }) => new AudioTrack(codec));
		this.#signal = signal;
	}

	/** Writes one run. `onSegment` is told how many of its segments are done. */
	async writeRun(plan: PlannedRun, edges: RunEdges, onSegment: (done: number) => void): Promise<WrittenRun> {
		const offset = this.#next === undefined ? firstOffset(plan) : this.#next - plan.startPts;
		const start = plan.startPts + offset;
		const inputs = edges.sound === undefined ? this.#beginSound(start) : [];
		let carried: Fate = 'before';
		let pictures = 0;
		let end: number | undefined;
		const head = new Replacements(edges.head, plan.head, offset);
		let tail: Replacements | undefined;
		let written: Promise<void> | undefined;
		const mustBeSound = (number: number) => isCopiedFrom(plan, number);
		// Both are encoded at once. But copying waits for the head: where there is much to copy, the head gets all cores,
		// and there is time for the tail behind it.
		edges.head();
		if (copiedLength(plan) < TAIL_CAN_WAIT) edges.tail();
		if (edges.sound !== undefined)
			await this.#putSound(edges.sound, start, start + plan.endPts - plan.startPts);
		for await (const loaded of readRun(plan.segments, plan.walkFrom, {
			until: plan.end.segment,
			signal: this.#signal,
			mustBeSound,
		})) {
			const { number, bytes, index, shift } = loaded;
			if (loaded.jumped) {
				for (const input of inputs) input.reset();
				for (const track of this.#tracks) track.rejoin();
			}
			if (number === plan.endClock) {
				end = plan.endPts + shift + offset;
				for (const track of this.#tracks) track.endRun(end);
				tail = new Replacements(edges.tail, plan.tail, shift + offset);
			}
			const fate = fateIn(number, [
				['before', plan.first],
				['replaced', plan.copyFrom],
				['copied', plan.copyTo],
				['replaced', plan.end],
			]);
			const count = countIn(number, index.pictures.length);
			const replacements = [
				...(await head.take(count(plan.first, plan.copyFrom))),
				...((await tail?.take(count(plan.copyTo, plan.end))) ?? []),
			];
			if (edges.sound === undefined && count(plan.first, plan.end) > 0) refuseSoundChange(loaded, plan);
			if (count(plan.copyFrom, plan.copyTo) > 0) {
				edges.tail();
				refuseChange(loaded, plan);
			}
			// Nothing spread: an object of always the same shape, or the walk is compiled anew (5 % of a copy of 20 minutes).
			carried = walkSegment({
				bytes,
				index,
				delta: shift + offset,
				fate,
				replacements: replacements.values(),
				audio: this.#audioOf(loaded, inputs),
				out: this.#out,
				carried,
			});
			pictures += count(plan.first, plan.end);
			// The next segment is read and changed while this one is written. Several at a time would leave the cores'
			// caches: a write of 4 MB was measured to take three times as long per byte as one of 1.5 MB.
			await written;
			written = this.#out.flush();
			written.then(loaded.keep(), () => {});
			onSegment(number - plan.walkFrom + 1);
			const pastEnd =
				carried === 'after' || (this.#programme.video === undefined && number >= plan.end.segment);
			if (pastEnd && (this.#tracks.every((track) => track.done) || number > plan.end.segment)) break;
		}
		await edges.head()?.end();
		await edges.tail()?.end();
		if (end === undefined) throw new RangeError('A run ended before its last segment was read.');
		this.#next = end;
		const silences = edges.sound === undefined ? this.#tracks.map((track) => track.silences()) : [];
		return { pictures, duration: end - start, silences };
	}

	/** Ends the stream. */
	async end(): Promise<void> {
		await this.#out.end();
	}

	#beginSound(start: number): AudioInput[] {
		for (const track of this.#tracks) track.beginRun(start);
		return this.#tracks.map((track, n) => new AudioInput(track, this.#programme.audio[n]!.pid, this.#out));
	}

	/** Puts sound that is made between the pictures of the run from `start` to `end`. */
	async #putSound(make: NonNullable<RunEdges['sound']>, start: number, end: number): Promise<void> {
		const made = await Promise.all(
			this.#tracks.map(({ end: soundEnd, shift }, n) => make(n, { start, end, soundEnd, shift })),
		);
		const pieces = made.flatMap((sound, n) => {
			const { pid } = this.#programme.audio[n]!;
			this.#tracks[n]!.replaceRun(sound && sound.start + sound.frames.length * sound.length);
			if (sound === undefined) return [];
			return sound.frames.map((payload, frame) => ({
				...{ pid, streamId: sound.streamId, payload },
				// Rounded up: a tick too late is no overlap.
				pts: Math.ceil(sound.start + frame * sound.length - 1e-6),
			}));
		});
		for (const piece of pieces.toSorted((a, b) => a.pts - b.pts))
			this.#out.defer(piece.pts - DEFAULT_LEAD, this.#out.makePes(piece));
	}

	/** Where the segment's audio packets go: the n-th sound of one is the n-th of the other, if of the same kind. */
	#audioOf({ index }: LoadedSegment, inputs: readonly AudioInput[]): Map<number, AudioInput> {
		const pairs = index.programme.audio.map(({ pid, codec }, n): [number, AudioInput | undefined] => [
			pid,
			this.#programme.audio[n]?.codec === codec ? inputs[n] : undefined,
		]);
		return new Map(pairs.filter((pair): pair is [number, AudioInput] => pair[1] !== undefined));
	}
}

function refuseChange({ number, segment, index }: LoadedSegment, { sample }: PlannedRun): void {
	if (!sameParameters(sample, index))
		throw new ChangedStreamError(number, `The video's parameters change at the segment ${segment.path}.`);
}

function refuseSoundChange({ segment, index }: LoadedSegment, { sample }: PlannedRun): void {
	if (soundChanges(sample, index)) throw new ChangedSoundError(segment.start + (index.soundChange ?? 0));
}

/** What to add to the run's clock so that the output's first PCR is 0. */
function firstOffset({ startPts, startDts, startLead }: PlannedRun): number {
	const offset = startLead - startDts;
	return offset + Math.max(0, SOUND_BEFORE - (startPts + offset));
}

/** To copy so much (ticks; ten minutes) takes about as long as to encode an edge. */
const TAIL_CAN_WAIT = 600 * 90_000;

/** About how much of the run is copied (ticks). */
function copiedLength({ segments, copyFrom, copyTo }: PlannedRun): number {
	const startOf = ({ segment }: Place) => segments[segment]?.start ?? 0;
	return startOf(copyTo) - startOf(copyFrom);
}

/** Whether pictures of the segment `number` are copied. */
function isCopiedFrom({ copyFrom, copyTo }: PlannedRun, number: number): boolean {
	const isEmpty = copyFrom.segment === copyTo.segment && copyFrom.picture === copyTo.picture;
	return !isEmpty && number >= copyFrom.segment && number <= copyTo.segment - (copyTo.picture === 0 ? 1 : 0);
}

/** Counts the pictures of the segment `number`, which has `length`, between two places of the run. */
function countIn(number: number, length: number): (from: Place, to: Place) => number {
	const clamp = ({ segment, picture }: Place) =>
		segment < number ? 0 : segment > number ? length : Math.min(picture, length);
	return (from, to) => clamp(to) - clamp(from);
}

/** The re-encoded pictures of an edge with their times on the output's clock. */
class Replacements {
	readonly #pictures: () => PictureSource | undefined;
	readonly #times: ArrayLike<number>;
	readonly #toOutput: number;
	#taken = 0;

	constructor(pictures: () => PictureSource | undefined, edge: EdgeToEncode | undefined, offset: number) {
		this.#pictures = pictures;
		this.#times = edge?.pts ?? [];
		this.#toOutput = (edge?.toRunClock ?? 0) + offset;
	}

	async take(count: number): Promise<Replacement[]> {
		const source = count === 0 ? undefined : this.#pictures();
		if (source === undefined) return [];
		const pictures = await source.take(count);
		return pictures.map((picture) => ({ picture, pts: this.#times[this.#taken++]! + this.#toOutput }));
	}
}
